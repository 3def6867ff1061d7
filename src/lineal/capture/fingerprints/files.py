"""Fingerprints of files: the plain SHA-256 of the whole content, streamed, so that `sha256sum` agrees.

A file that was not touched is not read again; one that changes while it is read has no fingerprint.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

from lineal.capture.forks import ForkedLock
from lineal.errors import Aborted, InvalidArgument, LinealError, NotFound, PermissionDenied, Unavailable
from lineal.model.fingerprint import Fingerprinted, Kind, text

SETTLED_NS = 2_000_000_000
"""A write in the same tick of the file system's clock is invisible: younger files are always read again."""

_CACHE_SIZE = 20_000


class _Stamp(NamedTuple):
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int


class StampCache:
    """Fingerprints of files already read by this process, trusted while size, times and inode stay the same."""

    def __init__(self, size: int = _CACHE_SIZE) -> None:
        self._size = size
        self._known: dict[str, tuple[_Stamp, str]] = {}
        self._lock = ForkedLock()

    def get(self, path: str, stamp: _Stamp) -> str | None:
        """Return the fingerprint read under exactly this stamp, or None."""
        known = self._known.get(path)
        return known[1] if known is not None and known[0] == stamp else None

    def put(self, path: str, stamp: _Stamp, fingerprint: str) -> None:
        """Keep a fingerprint unless the file is so young that a second write could hide in the same tick."""
        if time.time_ns() - max(stamp.mtime_ns, stamp.ctime_ns) < SETTLED_NS:
            return
        with self._lock:
            if len(self._known) >= self._size:
                self._known.pop(next(iter(self._known)))
            self._known[path] = (stamp, fingerprint)


_READ_BEFORE = StampCache()


def of_file(path: str | os.PathLike[str], *, cache: StampCache | None = None) -> Fingerprinted:
    """Return the fingerprint and size of one regular file; a symbolic link is followed.

    Raises NotFound, PermissionDenied, InvalidArgument for what is not a file, and Aborted for one that keeps changing.
    """
    fingerprint, size = _read(os.path.abspath(path), _READ_BEFORE if cache is None else cache)  # noqa: PTH100
    return Fingerprinted(fingerprint, Kind.FILE.value, bytes=size)


def refused(path: str | Path, error: OSError) -> LinealError:
    """Return the error that says why `path` cannot be read."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFound(f"there is no file or directory {path}")
    if isinstance(error, PermissionError):
        return PermissionDenied(f"{path} cannot be read: {error.strerror}", hint="check who owns it")
    return Unavailable(f"{path} cannot be read: {error.strerror or error}")


def _read(path: str, cache: StampCache) -> tuple[str, int]:
    try:
        for _ in range(2):
            before = _stamp(os.stat(path), path)  # noqa: PTH116 — str paths, this is the hot call
            known = cache.get(path, before)
            if known is not None:
                return known, before.size
            with open(path, "rb", buffering=0) as handle:  # noqa: PTH123
                digest = hashlib.file_digest(handle, "sha256")
                after = _stamp(os.fstat(handle.fileno()), path)
            if after == before:
                fingerprint = text(digest.digest())
                cache.put(path, before, fingerprint)
                return fingerprint, before.size
    except OSError as error:
        raise refused(path, error) from error
    raise Aborted(f"{path} changed while it was read, twice", hint="fingerprint it when its writer is done")


def _stamp(found: os.stat_result, path: str) -> _Stamp:
    if not stat.S_ISREG(found.st_mode):
        raise InvalidArgument(f"{path} is not a regular file", hint="give a file or a directory of files")
    return _Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)
