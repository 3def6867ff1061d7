"""Files on a local disk, each under its own fingerprint: `ROOT/sha256/ab/cdef…`.

Written whole or not at all, never changed, kept once. Nothing given by a user becomes part of a path.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from lineal.errors import (
    FileCorrupt,
    InvalidArgument,
    LinealError,
    NotFound,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
)
from lineal.files.sync import sync_directory

ALGORITHM = "sha256"
CHUNK = 1 << 20
_DIGITS = 64
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}


class Files:
    """A content-addressed store of bytes below `root`, which is made when first needed.

    Safe for several threads and processes: two writers of one content end with one file.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def put_bytes(self, data: bytes) -> str:
        """Keep `data` and return its fingerprint; content that is there already is not written again."""
        fingerprint = f"{ALGORITHM}:{hashlib.sha256(data).hexdigest()}"
        if not self._is_there(fingerprint, len(data)):
            self._write([data])
        return fingerprint

    def put_file(self, path: str | os.PathLike[str]) -> str:
        """Keep the content of one file and return its fingerprint, which is what `sha256sum` prints.

        What is kept is what was read: a file that changes meanwhile cannot get a wrong fingerprint.
        Raises NotFound, or InvalidArgument for a directory.
        """
        source = Path(path)
        if source.is_dir():
            raise InvalidArgument(f"{source} is a directory", hint="give one file, or pack the directory first")
        try:
            handle = source.open("rb")
        except FileNotFoundError as error:
            raise NotFound(f"there is no file {source}") from error
        except OSError as error:
            raise StoreUnavailable(f"{source} cannot be read: {error.strerror}") from error
        with handle:
            return self._write(iter(lambda: handle.read(CHUNK), b""))

    def get(self, fingerprint: str) -> bytes:
        """Return the bytes of this fingerprint; NotFound, or FileCorrupt where they are not what they were."""
        with self._opened(fingerprint) as handle:
            content = handle.read()
        self._verify(fingerprint, hashlib.sha256(content).hexdigest())
        return content

    def open(self, fingerprint: str) -> BinaryIO:
        """Return the file opened for reading, its whole content verified first; raises what `get` raises."""
        handle = self._opened(fingerprint)
        try:
            self._verify(fingerprint, hashlib.file_digest(handle, ALGORITHM).hexdigest())
            handle.seek(0)
        except BaseException:
            handle.close()
            raise
        return handle

    def _opened(self, fingerprint: str) -> BufferedReader:
        path = self.path(fingerprint)
        try:
            return path.open("rb")
        except FileNotFoundError as error:
            raise NotFound(
                f"the content {fingerprint} is not kept in {self.root}",
                hint="it was logged without its bytes, in another workspace, or its file was removed",
            ) from error
        except OSError as error:
            raise StoreUnavailable(f"{path} cannot be read: {error.strerror}") from error

    def _verify(self, fingerprint: str, digits: str) -> None:
        if f"{ALGORITHM}:{digits}" != fingerprint:
            raise FileCorrupt(
                f"{self.path(fingerprint)} should hold {fingerprint}, but its content is {ALGORITHM}:{digits}",
                hint="restore it from a backup, or remove it and log the same content again",
            )

    def path(self, fingerprint: str) -> Path:
        """Return where this content is or would be; it is not looked at. Raises InvalidArgument for any other text."""
        algorithm, _, digits = fingerprint.partition(":")
        if algorithm != ALGORITHM or len(digits) != _DIGITS or not set(digits) <= set("0123456789abcdef"):
            raise InvalidArgument(
                f"{fingerprint!r} is not a fingerprint", hint=f"it is `{ALGORITHM}:` and {_DIGITS} hex digits"
            )
        return self.root / ALGORITHM / digits[:2] / digits[2:]

    def has(self, fingerprint: str) -> bool:
        """Return whether this content is kept here (its bytes are verified when they are read)."""
        return self.path(fingerprint).is_file()

    def _is_there(self, fingerprint: str, size: int) -> bool:
        # A file of another size was cut off by somebody else: it is written again, which mends it.
        try:
            return self.path(fingerprint).stat().st_size == size
        except OSError:
            return False

    def _write(self, chunks: Iterable[bytes]) -> str:
        part: Path | None = None
        try:
            part, fingerprint, size = self._write_part(chunks)
            if self._is_there(fingerprint, size):
                part.unlink()
                return fingerprint
            target = self.path(fingerprint)
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
            sync_directory(target.parent)
        except OSError as error:
            if part is not None:
                part.unlink(missing_ok=True)
            raise _translated(error, self.root) from error
        return fingerprint

    def _write_part(self, chunks: Iterable[bytes]) -> tuple[Path, str, int]:
        directory = self.root / "part"
        directory.mkdir(parents=True, exist_ok=True)
        part = directory / f"{os.getpid()}-{os.urandom(8).hex()}"
        digest = hashlib.sha256()
        size = 0
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444), "wb") as handle:
                for chunk in chunks:
                    handle.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                handle.flush()
                os.fsync(handle.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return part, f"{ALGORITHM}:{digest.hexdigest()}", size


def _translated(error: OSError, root: Path) -> LinealError:
    if error.errno in _FULL:
        return StoreFull(f"the disk of {root} is full; nothing was kept", hint="free some space and log it again")
    if error.errno in _DENIED:
        return StoreReadOnly(f"{root} cannot be written: {error.strerror}", hint="check who owns the directory")
    return StoreUnavailable(f"{root} cannot be written: {error.strerror or error}")
