"""Running: marks of the processes that have open runs in a workspace, each a file that its process holds locked.

The system gives such a lock back however its process ends. So whoever opens the workspace next sees which are gone; of
marks that another machine made nothing is known here, and they are left alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lineal.files.locks import try_lock

DIRECTORY = "running"
"""The directory of the marks, in the home of a workspace."""

_count = iter(range(1 << 62))


class Mark:
    """The mark of this process, which goes by a word that no other one has. Nothing here raises."""

    def __init__(self, home: Path, word: str) -> None:
        self._path = home / DIRECTORY / f"{word}-{next(_count)}.{_machine()}"
        self._part = self._path.with_name(f".{self._path.name}")
        self._process = os.getpid()
        self._held: int | None = None

    def put(self) -> None:
        """Make the mark, if it is not there; without locks there are none."""
        if self._held is not None:
            return
        # Held before it has its name: between the two somebody would take it for one that was left.
        with suppress(OSError, ImportError):
            self._path.parent.mkdir(exist_ok=True)
            self._held = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if try_lock(self._held):
                self._part.rename(self._path)

    def leave_for(self, run_id: str) -> None:
        """Leave a mark for a run whose end could not be written: whoever opens the workspace next ends it."""
        if self._held is None or self._process != os.getpid():
            return
        left = self._path.with_name(f"{run_id}-{next(_count)}.{_machine()}")
        with suppress(OSError):
            # A second name takes no space of a disk that is full. Its lock goes with the first one's.
            os.link(self._path, left)
            os.utime(left)

    def remove(self) -> None:
        """Remove the mark: what this process recorded is whole. A forked child leaves its parent's alone."""
        if self._held is None or self._process != os.getpid():
            return
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
            self._part.unlink(missing_ok=True)  # it has this name still where there are no locks
            os.close(self._held)
            self._path.parent.rmdir()  # unless others are there
        self._held = None


@dataclass(frozen=True, slots=True)
class Left:
    """A mark whose process is gone; its word or a run's id, and when it was made."""

    path: Path
    word: str
    made_ns: int

    def remove(self) -> None:
        """Remove it, once its runs are ended."""
        self.path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.parent.rmdir()


def left_marks(home: Path) -> Iterator[Left]:
    """Yield the marks that processes of this machine left, each held by us alone while it is looked at."""
    with suppress(OSError, ImportError):
        names = [entry.name for entry in os.scandir(home / DIRECTORY)]
        for name in names:
            word, _, machine = name.partition(".")
            plain = word.partition("-")[0]
            if plain.isalnum() and machine == _machine():
                yield from _if_left(home / DIRECTORY / name, plain)


def _if_left(path: Path, word: str) -> Iterator[Left]:
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            # One that was opened just before its process removed it was not left.
            if try_lock(descriptor) and path.exists():
                yield Left(path, word, os.fstat(descriptor).st_mtime_ns)
        finally:
            os.close(descriptor)


def _machine() -> str:
    """Return a short name of this machine: a container is one of its own."""
    return sha256(os.uname().nodename.encode()).hexdigest()[:12] if hasattr(os, "uname") else "here"
