"""Fingerprints of large files from one process to the next: one small file in the user's cache, only ever appended to.

A record is the digest of path and stamp, the fingerprint, and a check of both. It is found by its bytes wherever it
lies and believed only if its check agrees, so writers need no lock, and what a crash or a full disk left in between is
passed over. Nothing here raises: what cannot be read or written is hashed again.
"""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

from lineal.capture.cache_directory import cache_directory, is_ours

LEAST_SIZE = 1 << 20
"""Smaller files are hashed as fast as they are looked up."""

LIMIT = 1 << 20
"""Bytes of the file: some 16,000 records. Beyond it the older half is dropped."""

_NAME = "fingerprints-1"
_KEY, _DIGEST, _CHECK = 16, 32, 16
_RECORD = _KEY + _DIGEST + _CHECK
_ALGORITHM = "sha256:"


class ReadBefore:
    """The records in `directory`, by default the user's cache. Safe in threads, processes and after a fork."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._loaded: tuple[tuple[int, int], bytes] = ((0, 0), b"")

    def get(self, path: str, stamp: tuple[int, ...]) -> str | None:
        """Return the fingerprint that was read under exactly this path and stamp, or None."""
        try:
            records = self._records()
        except (OSError, RuntimeError):
            return None  # nothing was kept yet, or there is no home directory
        key = _key(path, stamp)
        at = records.rfind(key)
        while at >= 0:
            digest = records[at + _KEY : at + _KEY + _DIGEST]
            if records[at + _KEY + _DIGEST : at + _RECORD] == _check(key, digest):
                return _ALGORITHM + digest.hex()
            at = records.rfind(key, 0, at + _KEY - 1)
        return None

    def put(self, path: str, stamp: tuple[int, ...], fingerprint: str) -> None:
        """Keep a fingerprint; the caller has seen that the file is settled."""
        key, digest = _key(path, stamp), bytes.fromhex(fingerprint.removeprefix(_ALGORITHM))
        try:
            place = self._place()
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            try:
                os.write(handle, key + digest + _check(key, digest))
                is_full = os.fstat(handle).st_size > LIMIT
            finally:
                os.close(handle)
            if is_full:
                _drop_older_half(place)
        except (OSError, RuntimeError):
            return  # it is hashed again next time

    def _place(self) -> Path:
        return (self._directory or cache_directory()) / _NAME

    def _records(self) -> bytes:
        """Return all records, read again where another process has written since."""
        place = self._place()
        about = place.stat()
        seen = (about.st_ino, about.st_size)
        if self._loaded[0] != seen:
            records = place.read_bytes() if is_ours(about) and about.st_size <= 2 * LIMIT else b""
            self._loaded = (seen, records)
        return self._loaded[1]


def _drop_older_half(place: Path) -> None:
    """Write the newer half anew. What another process appends meanwhile may be lost, and is hashed again."""
    newer = place.read_bytes()[-(LIMIT // 2) :]
    part = place.with_name(f"{_NAME}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        part.touch(mode=0o600)
        part.write_bytes(newer)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _key(path: str, stamp: tuple[int, ...]) -> bytes:
    text = b"\0".join([os.fsencode(path), *(struct.pack("<q", number & ((1 << 63) - 1)) for number in stamp)])
    return hashlib.blake2b(text, digest_size=_KEY, person=b"lineal files 1").digest()


def _check(key: bytes, digest: bytes) -> bytes:
    return hashlib.blake2b(key + digest, digest_size=_CHECK, person=b"lineal check 1").digest()
