"""Notes: what each process of a command hears of itself, written down at once, one line each, beside the journal.

The journal has files; these are facts of the record: code, seeds, variables. `lineal run` puts them together.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from lineal.capture.outlet import CODE
from lineal.capture.program import is_installed
from lineal.capture.told import Process
from lineal.integrations.loading import written_at
from lineal.model.values import Json

_PREFIX = "notes-"
_BEGAN, _ENDED = "began", "ended"
_MOST = 2_000
"""Facts of one process: one that seeds in each of a million tasks has told enough. Its end is told all the same."""


class Notes:
    """Writes the notes of this process into a directory; a forked child goes on in a file of its own.

    Nothing here raises: a directory that is gone says that the run is over.
    """

    def __init__(self, directory: Path, *, is_worker: bool) -> None:
        self._directory = directory
        self._is_worker = is_worker
        self._script: str | None = None
        self._process = os.getpid()
        self._writer = 0
        self._file: int | None = None
        self._told: set[str] = set()
        self._has_ended = False

    def begin(self) -> None:
        """Write down which program this is; once."""
        if self._writer:
            return
        name = sys.argv[0] if sys.argv else ""
        self._script = os.path.abspath(name) if os.path.isfile(name) else None  # noqa: PTH100, PTH113
        self._put([_BEGAN, self._script, os.path.abspath(""), self._is_worker])  # noqa: PTH100
        if self._script is not None and not is_installed(self._script):
            self.tell(CODE, [self._script, None, written_at(self._script)])

    def tell(self, kind: str, told: Sequence[Json]) -> None:
        """Write down one fact, once."""
        self._put([kind, *told])

    def end(self, *, records: bool) -> None:
        """Write down that this process ends by itself, and whether the record of the run is its own."""
        if not (self._has_ended and self._writer == os.getpid()):
            self._put([_ENDED, records, time.time_ns()], is_fact=False)
            self._has_ended = True

    def _put(self, line: Sequence[Json], *, is_fact: bool = True) -> None:
        process = os.getpid()
        if process != self._writer:
            self._open(process)
        text = json.dumps(line)
        if self._file is None or text in self._told or (is_fact and len(self._told) >= _MOST):
            return
        self._told.add(text)
        with suppress(OSError):
            os.write(self._file, f"{text}\n".encode("utf-8", "surrogateescape"))

    def _open(self, process: int) -> None:
        self._writer, self._file, self._has_ended = process, None, False
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._file = os.open(self._directory / f"{_PREFIX}{process}", flags, 0o600)
            if process != self._process:  # what the parent told need not be told twice
                begun = json.dumps([_BEGAN, self._script, os.path.abspath(""), True])  # noqa: PTH100
                os.write(self._file, f"{begun}\n".encode("utf-8", "surrogateescape"))


_mine: dict[tuple[int, Path], Notes] = {}


def notes_here(directory: Path, *, is_worker: bool) -> Notes:
    """Return the notes of this process, which has one, however it comes to write them."""
    return _mine.setdefault((os.getpid(), directory), Notes(directory, is_worker=is_worker))


def read_notes(directory: Path) -> list[Process]:
    """Return the programs and workers that wrote notes; one process is several, where one replaced another (`exec`)."""
    found: list[Process] = []
    for path in sorted(directory.glob(f"{_PREFIX}*")):
        lines = list(_lines(path))
        starts = [place for place, line in enumerate(lines) if line[0] == _BEGAN]
        ends = [*starts[1:], len(lines)] if starts else []  # killed as it began: there is no whole line yet
        for start, end in zip(starts, ends, strict=True):
            found.append(_process(lines[start:end], is_replaced=end < len(lines)))
    return found


def _lines(path: Path) -> Iterator[list[Json]]:
    for text in path.read_bytes().decode("utf-8", "surrogateescape").splitlines():
        with suppress(ValueError):  # cut off: its process was killed
            line = json.loads(text)
            if isinstance(line, list) and line:
                yield line


def _process(lines: Sequence[list[Json]], *, is_replaced: bool) -> Process:
    _, script, place, is_worker = lines[0]
    ended = next((line for line in lines if line[0] == _ENDED), None)
    told: dict[str, list[Sequence[Json]]] = {}
    for kind, *what in lines[1:]:
        told.setdefault(str(kind), []).append(what)
    return Process(
        script=None if script is None else str(script),
        place=str(place),
        is_worker=bool(is_worker),
        has_ended=is_replaced or ended is not None,
        recorded_at=int(str(ended[2])) if ended is not None and ended[1] else 0,
        told=told,
    )
