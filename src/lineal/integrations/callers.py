"""Callers: where in the program's own code a call comes from, and what the program calls the data it was given.

Locals of functions are not looked at: to ask for them would keep alive, up to Python 3.12, what the program deletes.
"""

from __future__ import annotations

import ast
import itertools
import linecache
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FrameType

from lineal.capture.program import is_own_code

Way = tuple[tuple[str, str, int, int], ...]
"""The calls that led somewhere, the innermost first: file, function, its line, and the place in it."""

_DEEPEST = 16
_FRAMES = 200
_PLAIN = (str, bytes, bool, int, float, type(None))


def own_frames() -> list[FrameType]:
    """Return the frames of the program's own code that led here, the innermost first."""
    return list(itertools.islice(_own(sys._getframe(1)), _DEEPEST))  # noqa: SLF001  the documented way to one's caller


def way_of(frames: list[FrameType]) -> Way:
    """Return the way of calls: the same one again is the same place of the program, in a loop for example."""
    codes = ((frame.f_code, frame.f_lasti) for frame in frames)
    return tuple((code.co_filename, code.co_qualname, code.co_firstlineno, at) for code, at in codes)


def called(frames: list[FrameType], thing: object) -> str | None:
    """Return what the program calls a thing: its variable, else the word it stands under in the call.

    A variable of the script is looked for first: `evaluate(y_test)` is told apart from `evaluate(y_train)` so.
    """
    if isinstance(thing, _PLAIN):
        return None
    for frame in reversed(frames):
        for name, value in list(frame.f_globals.items()):
            if value is thing and not name.startswith("_"):
                return name
    return _word(frames[0].f_code, frames[0].f_lasti) if frames else None


def _own(frame: FrameType | None) -> Iterator[FrameType]:
    for _ in range(_FRAMES):
        if frame is None:
            return
        if is_own_code(frame.f_code.co_filename):
            yield frame
        frame = frame.f_back


@lru_cache(maxsize=1024)
def _word(code: CodeType, at: int) -> str | None:
    """Return the name in the first argument of the call at this place of the code, by its source."""
    line, last, start, end = next(itertools.islice(code.co_positions(), at // 2, None), (None,) * 4)
    if line is None or last is None or start is None or end is None:
        return None
    lines = [text.encode() for text in linecache.getlines(code.co_filename)[line - 1 : last]]
    if not lines or len(lines) > _DEEPEST:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    try:
        call = ast.parse(b"".join(lines).decode(), mode="eval").body
    except (SyntaxError, ValueError):  # the file is another one by now
        return None
    if not isinstance(call, ast.Call):
        return None
    given = next(iter([*call.args, *(keyword.value for keyword in call.keywords)]), None)
    if isinstance(given, ast.Attribute):
        return given.attr
    return given.id if isinstance(given, ast.Name) else None
