"""Started: other programs that the program starts. What they do nobody tells; their words may name what they read."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from types import FrameType

from lineal.capture.program import is_own_code
from lineal.capture.programs import started_by
from lineal.capture.reached import hear, hear_made
from lineal.integrations.reaching import is_asked_by_the_program
from lineal.model.capture_items import PROGRAMS

STARTS = {"subprocess.Popen": 1, "os.posix_spawn": 1, "os.exec": 1, "os.spawn": 2, "os.system": 0}
"""Audit events, and which of their arguments is the command."""

_MOST_FILES = 100
_IMPORTS = "<frozen importlib._bootstrap>"


def hear_started(event: str, args: Sequence[object], base: str) -> list[str]:
    """Keep which programs the program's own code starts, and return the files that their words name.

    `base` is the directory where the program began.
    """
    command = args[STARTS[event]]
    if event == "os.system":
        words = ["sh", "-c", _text(command)]
    else:
        words = [_text(command)] if isinstance(command, str | bytes) else list(map(_text, _each(command)))
    place = _text(args[2]) if event == "subprocess.Popen" and args[2] is not None else ""
    if not words or not is_asked_by_the_program() or _is_of_an_import():
        return []
    started = started_by(words)
    for name in started.programs:
        hear(PROGRAMS, name)
    for directory in started.made:
        hear_made(os.path.abspath(os.path.join(place, directory)), base)  # noqa: PTH100, PTH118
    return list(files_named(started.words, place))


def files_named(words: Iterable[str], place: str) -> Iterator[str]:
    """Yield the files that words name, seen from a directory: also as `name=file` and as a pattern."""
    for word in words:
        for named in dict.fromkeys((word, word.partition("=")[2])):
            path = os.path.abspath(os.path.join(place, named))  # noqa: PTH100, PTH118
            if named and "\0" not in named and os.path.isfile(path):  # noqa: PTH113
                yield path
            elif any(sign in named for sign in "*?["):
                found = sorted(glob.glob(path))[:_MOST_FILES]  # noqa: PTH207
                yield from (one for one in found if os.path.isfile(one))  # noqa: PTH113


def _is_of_an_import() -> bool:
    """Whether a library starts it as it is imported: it looks at the machine (its fonts), for it was asked nothing."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  the documented way to one's caller
    while frame is not None and not is_own_code(frame.f_code.co_filename):
        if frame.f_code.co_filename == _IMPORTS:
            return True
        frame = frame.f_back
    return False


def _each(command: object) -> Iterable[object]:
    return command if isinstance(command, list | tuple) else ()


def _text(word: object) -> str:
    return os.fsdecode(word) if isinstance(word, str | bytes | os.PathLike) else str(word)
