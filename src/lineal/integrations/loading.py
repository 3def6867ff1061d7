"""Loading: the files of code that the program loads, from the audit event of the loader that opens them.

Only where somebody is told (`capture/outlet`): the record of a process that records itself asks for loaded modules.
Called by the one audit hook of this process; must not raise, and must be quick.
"""

from __future__ import annotations

import os
import sys
from types import FrameType

from lineal.capture.outlet import CODE, has_outlet, pass_on
from lineal.capture.program import is_installed, is_ours

_CODE = (".py", ".pyc")
_CACHED = f"{os.sep}__pycache__{os.sep}"
_PLACES = tuple(os.sep + name + os.sep for name in ("site-packages", "dist-packages"))
_LOADERS = ("<frozen importlib._bootstrap_external>", "<frozen runpy>", f"{os.sep}runpy.py")
_MOST = 5_000

_told: set[str] = set()


def hear_code(path: object, frame: FrameType | None) -> None:
    """Pass on a file of code that a loader (in `frame`) opens; of a package its top only."""
    if type(path) is not str or not path.endswith(_CODE) or not has_outlet():
        return
    top = _top(path)
    if top in _told or len(_told) >= _MOST or frame is None or not frame.f_code.co_filename.endswith(_LOADERS):
        return
    _told.add(top)
    if top != path or not (is_installed(path) or is_ours(path)):
        source = os.path.abspath(_source(top))  # noqa: PTH100
        is_package = top != path
        pass_on(CODE, source, None if is_package else _name(source), 0 if is_package else written_at(source))


def written_at(path: str) -> int:
    """Return when a file was written last, 0 where it is gone."""
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116  a text path
    except OSError:
        return 0


def _top(path: str) -> str:
    """Return the directory or module directly in a directory of packages; the path itself outside of these."""
    for place in _PLACES:
        before, found, below = path.rpartition(place)
        if found:
            return f"{before}{found}{below.partition(os.sep)[0]}"
    return path


def _source(path: str) -> str:
    """Return the file that bytecode was made from."""
    directory, found, name = path.rpartition(_CACHED)
    return f"{directory}{os.sep}{name.partition('.')[0]}.py" if found else path


def _name(path: str) -> str | None:
    """Return the name under which a module is imported; None where nothing leads to it."""
    for place in sys.path:
        below = os.path.join(os.path.abspath(place), "")  # noqa: PTH100, PTH118
        if path.startswith(below):
            return path.removeprefix(below).removesuffix(".py").replace(os.sep, ".").removesuffix(".__init__")
    return None
