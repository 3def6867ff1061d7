"""The journal: files that a process of a command opens, written down at once, one line each.

For processes that do not record themselves (a second one, a forked worker), and for one that is killed before it could.
A line is written with one call, so that what is there is whole.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lineal.integrations.files import FileListener

_PREFIX = "files-"


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a journal, and when it was (`at`).

    `target` is a new name, or the fingerprint of a state; `stamp` size and time of a file that was read.
    """

    event: str
    path: str
    target: str | None = None
    stamp: tuple[int, int] | None = None
    at: int = 0


class Journal(FileListener):
    """Writes the journal of this process into a directory; a forked child goes on in one of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file: int | None = None
        self._pid = 0
        self._seen: set[tuple[str, str]] = set()

    def opened(self, path: str, *, reads: bool, writes: bool, keeps: bool = False) -> bool:  # noqa: ARG002  as told
        """Write down the first time that a file is read, and that it is written."""
        if reads and not writes:
            self._put("read", path, stamp=stamp_of(path))
        elif writes:
            self._put("change" if reads else "write", path)
        return True

    def connected(self, path: str, *, is_new: bool) -> bool:
        """Write down a database in a file."""
        return self.opened(path, reads=not is_new, writes=is_new)

    def listed(self, directory: str) -> None:
        """Leave it: what another process asks for is not noted."""

    def named(self, path: str) -> None:
        """Write down a file that another program may read."""
        self._put("named", path, stamp=stamp_of(path))

    def renamed(self, source: str, target: str) -> None:
        """Write down that a file got another name."""
        self._put("rename", source, target=target)

    def removed(self, path: str) -> None:
        """Write down that a file was removed."""
        self._put("remove", path)

    def stated(self, path: str, canonical: str) -> None:
        """Write down the fitted state of the model that was written to a file."""
        self._put("state", path, target=canonical)

    def _put(self, event: str, path: str, *, target: str | None = None, stamp: tuple[int, int] | None = None) -> None:
        self._check_process()
        if event in {"read", "named", "write", "change"}:
            if (event, path) in self._seen:
                return
            self._seen.add((event, path))
        elif event != "state":
            self._seen.clear()  # a name that is free again may be written anew
        line = json.dumps([event, path, target, stamp, time.time_ns()]) + "\n"
        with suppress(OSError):  # a directory that is gone: the run is over, and this process goes on
            if self._file is None:
                name = self._directory / f"{_PREFIX}{self._pid}"
                self._file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            os.write(self._file, line.encode("utf-8", "surrogateescape"))

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            self._pid, self._file = os.getpid(), None
            self._seen = set(self._seen)  # what the parent wrote down need not be told twice


def stamp_of(path: str) -> tuple[int, int] | None:
    """Return size and time of a file, None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  a text path, as the hook gives it
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def read_journals(directory: Path, *, leave_out: frozenset[int] = frozenset()) -> Iterator[Line]:
    """Yield the lines of all processes but those left out, in order of time; a line that was cut off is passed over."""
    lines: list[Line] = []
    for path in directory.glob(f"{_PREFIX}*"):
        process, _, is_replaced = path.name.removeprefix(_PREFIX).partition("-")
        if int(process) in leave_out and not is_replaced:
            continue
        texts = path.read_bytes().decode("utf-8", "surrogateescape").splitlines()
        lines += [line for line in map(_parsed, texts) if line is not None]
    yield from sorted(lines, key=lambda line: line.at)  # what one process wrote may be what the next one read


def put_aside(directory: Path) -> None:
    """Give the journal of the program that was this process before (`exec`) another name: it records itself no more."""
    journal = directory / f"{_PREFIX}{os.getpid()}"
    with suppress(OSError):
        if journal.exists():
            journal.rename(directory / f"{journal.name}-{time.time_ns()}")


def _parsed(text: str) -> Line | None:
    try:
        event, path, target, stamp, at = json.loads(text)
    except ValueError:
        return None
    return Line(event, path, target, None if stamp is None else (stamp[0], stamp[1]), at)


def first_writes(lines: Iterator[Line]) -> dict[str, int]:
    """Return the files that were written and the time when that was first told."""
    found: dict[str, int] = {}
    for line in lines:
        path = line.target if line.event == "rename" else line.path
        if path is not None and line.event in {"write", "change", "rename"}:
            found.setdefault(path, line.at)
    return found
