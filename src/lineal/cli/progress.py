"""Progress: what a long command has done so far, on stderr, where a person looks at it or a log keeps it."""

from __future__ import annotations

import sys
import time

from lineal.cli.output import on_terminal

_DRAWN = 0.1
_LOGGED = 10.0


class Progress:
    """Tells on one line that is drawn anew on a terminal, and as a line every ten seconds elsewhere."""

    def __init__(self, doing: str = "") -> None:
        self._doing = doing
        self._drawn = on_terminal(sys.stderr)
        self._next = time.monotonic() + (0 if self._drawn else _LOGGED)
        self._dirty = False

    def rows(self, table: str, done: int) -> None:
        """Tell how many rows of a table are done."""
        self._tell(f"{self._doing} {table}: {done:,}")

    def of(self, doing: str, table: str, done: int, total: int) -> None:
        """Tell how many rows of a table are done, and of how many."""
        self._tell(f"{doing} {table}: {done:,} of {total:,}")

    def end(self) -> None:
        """Clear the line."""
        if self._dirty:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._dirty = False

    def _tell(self, text: str) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_DRAWN if self._drawn else _LOGGED)
        sys.stderr.write(f"\r\x1b[K{text}" if self._drawn else f"{text}\n")
        sys.stderr.flush()
        self._dirty = self._drawn
