"""What was given on standard input: noted as the program reads it, for a rebuild is to be given the same.

A pipe is noted byte by byte where the program itself takes it from: nothing stands between, nothing is read ahead, and
nobody waits. A file is fingerprinted where it lies. What fails here is a line on stderr and an input that is not known.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lineal.capture.reached import STANDARD_INPUT, hear
from lineal.capture.worker import Answer
from lineal.integrations.hooks import telling
from lineal.integrations.reaching import kind_of_input
from lineal.model.capture_items import BY_ANOTHER, FILE, IN_PART, PIPE
from lineal.model.fingerprint import Fingerprinted, Kind, text
from lineal.sdk.background import Fingerprints
from lineal.sdk.keeping import INPUT, most_kept


class Given:
    """Standard input of this process. `note` is told of it once something is read; False: it is not ours to record.

    `is_direct` says that nobody else can have read a part of it before.
    """

    def __init__(self, directory: Path, *, is_direct: bool) -> None:
        self.path = _file_from_its_beginning()
        self.note: Callable[[Given], bool] | None = None
        self._is_direct = is_direct
        self._process = os.getpid()
        self._spool = directory / "standard-input"
        self._file: int | None = None
        self._is_whole = True
        self._digest = hashlib.sha256()
        self._bytes = 0

    def took(self, data: bytes | memoryview) -> None:
        """Note what the program just read."""
        if self.note is not None and kind_of_input() in (PIPE, FILE):
            with telling("the noting of standard input"):
                self._take(data)

    def answer(self, fingerprints: Fingerprints) -> Answer[Fingerprinted]:
        """Return the fingerprint of what was read so far; the bytes are kept within the limits of other inputs."""
        if self._is_whole and self._bytes:
            return fingerprints.of_input(str(self._spool))
        found = Fingerprinted(text(self._digest.digest()), Kind.FILE.value, bytes=self._bytes)
        answer: Answer[Fingerprinted] = Answer(value=found)
        answer.is_there.set()
        return answer

    def _take(self, data: bytes | memoryview) -> None:
        assert self.note is not None
        if os.getpid() != self._process or not self.note(self):
            hear(STANDARD_INPUT, BY_ANOTHER)
        elif self.path is None:
            if not self._is_direct:
                hear(STANDARD_INPUT, IN_PART)
            if self._bytes == 0:
                self._go_on()
            self._digest.update(data)
            self._bytes += len(data)
            self._put(data)

    def _go_on(self) -> None:
        """Begin with what a program of the same command read before this one."""
        if not self._spool.exists():
            return
        before = self._spool.read_bytes()
        self._digest.update(before)
        self._bytes = len(before)
        if not before:  # it was too much to be kept, and what it was is not known here
            hear(STANDARD_INPUT, BY_ANOTHER)

    def _put(self, data: bytes | memoryview) -> None:
        """Write what is to be kept into the directory of the run, which is removed with it."""
        if not self._is_whole:
            return
        try:
            if self._file is None:
                self._file = os.open(self._spool, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._is_whole = self._bytes <= most_kept(INPUT)
            rest = memoryview(data if self._is_whole else b"")
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            self._is_whole = False  # a full disk: known all the same, only not kept
        if not self._is_whole:
            with suppress(OSError):
                os.truncate(self._spool, 0)


def _file_from_its_beginning() -> str | None:
    """Return the file that standard input is, if nothing of it was read yet; None for a pipe, and if that is open."""
    with suppress(OSError):
        if kind_of_input() == FILE and os.lseek(0, 0, os.SEEK_CUR) == 0:
            path = os.readlink("/proc/self/fd/0")  # noqa: PTH115
            return path if os.path.samestat(os.stat(path), os.fstat(0)) else None  # noqa: PTH116
    return None
