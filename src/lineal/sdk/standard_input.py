"""Standard input of a program that is recorded: it is heard when the program reads it, and nothing else changes."""

from __future__ import annotations

import io
import sys
from typing import Any

from lineal.capture.program import is_own_code
from lineal.capture.reached import IS_TERMINAL, hear
from lineal.integrations.reaching import hear_input, kind_of_input


class _Heard(io.FileIO):
    """File descriptor 0, which says when it is read, and when the program's own code asks whether it is a terminal."""

    def readinto(self, buffer: Any, /) -> int | None:
        """Read as ever."""
        hear_input("sys.stdin")
        return super().readinto(buffer)

    def readall(self) -> bytes:
        """Read as ever."""
        hear_input("sys.stdin")
        return super().readall()

    def read(self, size: int | None = -1, /) -> bytes | None:  # type: ignore[override]
        """Read as ever."""
        hear_input("sys.stdin")
        return super().read(-1 if size is None else size)

    def isatty(self) -> bool:
        """Answer as ever."""
        is_one = super().isatty()
        if is_one and is_own_code(sys._getframe(1).f_code.co_filename):  # noqa: SLF001  whoever asks
            hear(IS_TERMINAL, "sys.stdin.isatty()")
        return is_one


def hear_standard_input() -> None:
    """Put a standard input that is heard into the place of the interpreter's own, if that is as it made it."""
    given = sys.stdin
    if kind_of_input() is None or type(given) is not io.TextIOWrapper or type(given.buffer) is not io.BufferedReader:
        return
    if type(given.buffer.raw) is not io.FileIO or given.fileno() != 0:
        return
    raw = _Heard(0, "r", closefd=False)
    raw.name = "<stdin>"
    heard = io.TextIOWrapper(
        io.BufferedReader(raw),  # type: ignore[type-var]
        encoding=given.encoding,
        errors=given.errors,
        newline="\n",
        line_buffering=given.line_buffering,
    )
    heard.mode = "r"  # type: ignore[misc]
    sys.stdin = sys.__stdin__ = heard  # type: ignore[misc]
