"""Named places: temporary files and caches that are the program's own data, for its text or its command names them.

All others there are scratch of libraries and of Python's `tempfile`, which a rebuild makes anew elsewhere.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache

from lineal.capture.program import is_own_code, own_sources
from lineal.integrations.reaching import TEMPORARY, is_asked_by_the_program, is_made_by_tempfile

_HOOKS = os.path.dirname(os.path.abspath(__file__)) + os.sep  # noqa: PTH100, PTH120
_STANDARD = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120
_CACHE = f"{os.sep}.cache{os.sep}"
_MOST_FRAMES = 30
_MOST_KNOWN = 1000
_known: set[str] = set()


def is_named(path: str) -> bool:
    """Return whether an absolute path of a place for temporary files, or of the user's cache, is the program's own.

    So it is where its own code opens it and names that place, or where a library does and its text or command names
    what lies there.
    """
    is_cache = path.startswith(os.path.expanduser("~") + _CACHE)  # noqa: PTH111  that of a rebuild is a temporary one
    temporary = None if is_cache else next((place for place in TEMPORARY if path.startswith(place)), None)
    if temporary is None and not is_cache:
        return False
    if path not in _known and len(_known) < _MOST_KNOWN and _is_named(path, temporary):
        _known.add(path)
    return path in _known


def opens_itself() -> bool:
    """Return whether the program's own code opens something, and neither a library nor Lineal does for it."""
    frame = sys._getframe(1)  # noqa: SLF001  the documented way to one's caller
    for _ in range(_MOST_FRAMES):
        file = frame.f_code.co_filename
        if not file.startswith((_HOOKS, _STANDARD, "<frozen")) or os.sep + "site-packages" + os.sep in file:
            return is_own_code(file)
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return False


def _is_named(path: str, temporary: str | None) -> bool:
    if temporary is None:
        return opens_itself() and _names(_CACHE.strip(os.sep), len(sys.modules))
    if is_made_by_tempfile(path):
        return False
    if opens_itself():
        return _names(temporary, len(sys.modules))
    what = temporary + path.removeprefix(temporary).partition(os.sep)[0]
    return is_asked_by_the_program() and _names(what, len(sys.modules))


@lru_cache(maxsize=64)
def _names(what: str, _modules: int) -> bool:
    """Whether the command or the text of the program names something; asked anew when more of it is loaded."""
    return any(what in word for word in sys.argv) or any(what in text for text in own_sources())
