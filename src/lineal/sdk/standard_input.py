"""Standard input of a program that is recorded: it is heard when the program reads it, and nothing else changes."""

from __future__ import annotations

import io
import sys
from typing import Any, Protocol

from lineal.capture.program import is_own_code
from lineal.capture.reached import IS_TERMINAL, hear
from lineal.integrations.reaching import BY_READING, hear_input, kind_of_input
from lineal.model.capture_items import STANDARD_INPUT


class Noting(Protocol):
    """Whoever is told what the program reads."""

    def took(self, data: bytes | memoryview) -> None:
        """Hear what the program just read."""


class _Heard(io.FileIO):
    """File descriptor 0, which says when it is read, and when the program's own code asks whether it is a terminal."""

    given: Noting

    def readinto(self, buffer: Any, /) -> int | None:
        """Read as ever."""
        hear_input(BY_READING)
        count = super().readinto(buffer)
        if count:
            self.given.took(memoryview(buffer).cast("B")[:count])
        return count

    def readall(self) -> bytes:
        """Read as ever."""
        hear_input(BY_READING)
        return self._taken(super().readall()) or b""

    def read(self, size: int | None = -1, /) -> bytes | None:  # type: ignore[override]
        """Read as ever."""
        hear_input(BY_READING)
        return self.readall() if size is None or size < 0 else self._taken(super().read(size))

    def _taken(self, data: bytes | None) -> bytes | None:
        if data:
            self.given.took(data)
        return data

    def isatty(self) -> bool:
        """Answer as ever."""
        is_one = super().isatty()
        if is_one and is_own_code(sys._getframe(1).f_code.co_filename):  # noqa: SLF001  whoever asks
            hear(IS_TERMINAL, "sys.stdin.isatty()")
        return is_one


def hear_standard_input(note: Noting) -> None:
    """Put a standard input that is heard into the place of the interpreter's own, if that is as it made it.

    What the program reads of it is told to `note`.
    """
    given = sys.stdin
    if kind_of_input() is None or type(given) is not io.TextIOWrapper or type(given.buffer) is not io.BufferedReader:
        return
    if type(given.buffer.raw) is not io.FileIO or given.fileno() != 0:
        return
    raw = _Heard(0, "r", closefd=False)
    raw.name = STANDARD_INPUT
    raw.given = note
    heard = io.TextIOWrapper(
        io.BufferedReader(raw),  # type: ignore[type-var]
        encoding=given.encoding,
        errors=given.errors,
        newline="\n",
        line_buffering=given.line_buffering,
    )
    heard.mode = "r"  # type: ignore[misc]
    sys.stdin = sys.__stdin__ = heard  # type: ignore[misc]
