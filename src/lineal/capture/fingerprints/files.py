"""Fingerprints of files: the plain SHA-256 of the whole content, streamed, so that `sha256sum` agrees.

A file that was not touched is not read again, a large one not by the next process either; one that changes while it is
read has no fingerprint.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

from lineal.capture.fingerprints.read_before import LEAST_SIZE, ReadBefore
from lineal.capture.forks import ForkedLock
from lineal.capture.steps import Steps, finished
from lineal.errors import Aborted, InvalidArgument, LinealError, NotFound, PermissionDenied, Unavailable
from lineal.model.fingerprint import Fingerprinted, Kind, text

SETTLED_NS = 2_000_000_000
"""A write in the same tick of the file system's clock is invisible: younger files are always read again."""

CHUNK = 1 << 20
"""Bytes between two steps: read and hashed in about a millisecond."""

_CACHE_SIZE = 20_000


class _Stamp(NamedTuple):
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int


class StampCache:
    """Fingerprints of files already read, trusted while size, times and inode stay the same.

    Those of large files are kept in `before`, for the next process.
    """

    def __init__(self, size: int = _CACHE_SIZE, before: ReadBefore | None = None) -> None:
        self._size = size
        self._before = before
        self._known: dict[str, tuple[_Stamp, str]] = {}
        self._lock = ForkedLock()

    def get(self, path: str, stamp: _Stamp) -> str | None:
        """Return the fingerprint read under exactly this stamp, or None."""
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        if self._before is None or stamp.size < LEAST_SIZE:
            return None
        return self._before.get(path, stamp)

    def put(self, path: str, stamp: _Stamp, fingerprint: str, *, began: int | None = None) -> None:
        """Keep a fingerprint unless the file was so young that a second write could hide in the same tick.

        `began` is when its reading began, by default now: what is written during a long reading may hide as well.
        """
        if (time.time_ns() if began is None else began) - max(stamp.mtime_ns, stamp.ctime_ns) < SETTLED_NS:
            return
        with self._lock:
            if len(self._known) >= self._size:
                self._known.pop(next(iter(self._known)))
            self._known[path] = (stamp, fingerprint)
        if self._before is not None and stamp.size >= LEAST_SIZE:
            self._before.put(path, stamp, fingerprint)


_READ_BEFORE = StampCache(before=ReadBefore())


def of_file(path: str | os.PathLike[str], *, cache: StampCache | None = None) -> Fingerprinted:
    """Return the fingerprint and size of one regular file; a symbolic link is followed.

    Raises NotFound, PermissionDenied, InvalidArgument for what is not a file, and Aborted for one that keeps changing.
    """
    return finished(file_steps(path, cache=cache))


def file_steps(path: str | os.PathLike[str], *, cache: StampCache | None = None) -> Steps[Fingerprinted]:
    """Return the same in steps of one chunk."""
    place = os.path.abspath(path)  # noqa: PTH100
    fingerprint, size = yield from _read(place, _READ_BEFORE if cache is None else cache)
    return Fingerprinted(fingerprint, Kind.FILE.value, bytes=size)


def digest_steps(descriptor: int, size: int) -> Steps[bytes]:
    """Return the SHA-256 of what can be read from an open file, in steps; `size` is a guess at how much that is."""
    digest = hashlib.sha256()
    if size < CHUNK:
        # Most files are small, and a buffer for each would cost more than hashing it.
        while data := os.read(descriptor, size + 1):
            digest.update(data)
        return digest.digest()
    buffer = memoryview(bytearray(CHUNK))
    with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as handle:
        while length := handle.readinto(buffer):
            digest.update(buffer[:length])
            yield
    return digest.digest()


def refused(path: str | Path, error: OSError) -> LinealError:
    """Return the error that says why `path` cannot be read."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFound(f"there is no file or directory {path}")
    if isinstance(error, PermissionError):
        return PermissionDenied(f"{path} cannot be read: {error.strerror}", hint="check who owns it")
    return Unavailable(f"{path} cannot be read: {error.strerror or error}")


def _read(path: str, cache: StampCache) -> Steps[tuple[str, int]]:
    try:
        for _ in range(2):
            before = _stamp(os.stat(path), path)  # noqa: PTH116 — str paths, this is the hot call
            known = cache.get(path, before)
            if known is not None:
                return known, before.size
            began = time.time_ns()
            with open(path, "rb", buffering=0) as handle:  # noqa: PTH123
                digest = yield from digest_steps(handle.fileno(), before.size)
                after = _stamp(os.fstat(handle.fileno()), path)
            if after == before:
                fingerprint = text(digest)
                cache.put(path, before, fingerprint, began=began)
                return fingerprint, before.size
    except OSError as error:
        raise refused(path, error) from error
    raise Aborted(f"{path} changed while it was read, twice", hint="fingerprint it when its writer is done")


def _stamp(found: os.stat_result, path: str) -> _Stamp:
    if not stat.S_ISREG(found.st_mode):
        raise InvalidArgument(f"{path} is not a regular file", hint="give a file or a directory of files")
    return _Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)
