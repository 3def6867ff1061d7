"""The spool: where a prediction is written before its answer leaves. One per process.

Each record is one `write(2)`: the kernel has it when `append` returns, so killing the process loses none. `sync`,
called ten times a second, bounds what a power loss can take. Nothing here ever reads; the shipper does.
"""

from __future__ import annotations

import errno
import json
import os
import threading
import weakref
from contextlib import suppress
from enum import Enum
from pathlib import Path

from lineal.errors import InvalidArgument, LinealError, StoreFull, StoreUnavailable
from lineal.files.locks import try_lock
from lineal.serving.frames import MAX_BODY, encode

SUFFIX = ".spool"
SEGMENT_BYTES = 16 << 20
HEADER_START = b"{"
"""How the body of a segment's first frame begins; no record's does."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Durability(Enum):
    """What an acknowledged record survives: the death of the process, or of the machine too."""

    PROCESS = "process"
    POWER = "power"


class Spool:
    """Writes the records of one process. Safe in threads; after a fork the child writes a spool of its own.

    Sequences rise by one from 1; one that is missing when read is a loss.
    """

    def __init__(
        self,
        directory: Path,
        *,
        endpoint: str,
        key_id: str | None,
        durability: Durability = Durability.PROCESS,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self._directory = directory
        self._header = {"endpoint": endpoint, "key_id": key_id}
        self._durability = durability
        self._segment_bytes = segment_bytes
        self._descriptor: int | None = None
        self._renew()
        _SPOOLS.add(self)

    def append(self, body: bytes) -> int:
        """Write one record and return its sequence.

        Raises StoreFull or StoreUnavailable; then nothing of the record is in the spool, and the next call tries anew.
        """
        if len(body) > MAX_BODY:
            raise InvalidArgument(f"a record of {len(body)} bytes is over the limit of {MAX_BODY}")
        with self._lock:
            frame = encode(self._sequence + 1, body)
            try:
                descriptor = self._segment(len(frame))
                self._write(descriptor, frame)
                self._sequence += 1
                self._size += len(frame)
                self._unsynced = True
                if self._durability is Durability.POWER:
                    os.fdatasync(descriptor)
            except OSError as error:
                raise _translated(error, self._directory) from error
            return self._sequence

    def skip(self) -> None:
        """Leave a sequence out: an answer left without its record, and readers shall see that one is missing."""
        with self._lock:
            self._sequence += 1

    def sync(self) -> None:
        """Make what was appended survive a power loss. Does not hold up `append`."""
        with self._lock:
            if not self._unsynced or self._descriptor is None:
                return
            self._unsynced = False
            descriptor = os.dup(self._descriptor)
        try:
            os.fdatasync(descriptor)
        except OSError as error:
            raise _translated(error, self._directory) from error
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Give the segment to the shipper. A later `append` starts a new one."""
        with self._lock:
            self._release()

    def _renew(self) -> None:
        """Begin a new spool: at the start, and in a forked child, whose parent goes on with the old one."""
        self._release()
        self._lock = threading.Lock()
        self.name = f"{_boot()}-{os.getpid()}-{os.urandom(4).hex()}"
        self._index = self._sequence = self._size = 0
        self._unsynced = False

    def _release(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with suppress(OSError):
                os.close(descriptor)

    def _segment(self, needed: int) -> int:
        if self._descriptor is not None and self._size + needed <= self._segment_bytes:
            return self._descriptor
        descriptor, size = self._open(self._index + 1)
        # The old segment closes only now: a shipper never sees this spool without a segment.
        self._release()
        self._descriptor, self._size = descriptor, size
        self._index += 1
        return descriptor

    def _open(self, index: int) -> tuple[int, int]:
        """Open a segment under a draft name, locked and with its header, then give it its real name."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._directory / f"{self.name}.{index:08d}{SUFFIX}"
        draft = path.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            try_lock(descriptor)
            size = _write_header(descriptor, encode(self._sequence + 1, json.dumps(self._header).encode()))
            draft.rename(path)
        except BaseException:
            os.close(descriptor)
            draft.unlink(missing_ok=True)
            raise
        return descriptor, size

    def _write(self, descriptor: int, frame: bytes) -> None:
        """Write a frame whole, or leave the segment as it was."""
        written = 0
        try:
            while written < len(frame):
                written += os.write(descriptor, frame[written:] if written else frame)
        except OSError:
            if written:
                try:
                    os.ftruncate(descriptor, self._size)
                except OSError:  # readers step over the torn frame; nothing may follow it in this segment
                    self._release()
            raise


_SPOOLS: weakref.WeakSet[Spool] = weakref.WeakSet()


def _after_fork() -> None:
    for spool in list(_SPOOLS):
        spool._renew()  # noqa: SLF001  # the same module


os.register_at_fork(after_in_child=_after_fork)


def _write_header(descriptor: int, frame: bytes) -> int:
    if os.write(descriptor, frame) != len(frame):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return len(frame)


def _boot() -> str:
    """Return a short name of this start of the machine: process ids repeat after it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return "00000000"


def _translated(error: OSError, directory: Path) -> LinealError:
    if error.errno in _FULL:
        return StoreFull(
            f"the prediction could not be written to {directory}: {error.strerror}",
            hint="free some space; the spool goes on by itself",
        )
    return StoreUnavailable(f"the prediction could not be written to {directory}: {error.strerror}")
