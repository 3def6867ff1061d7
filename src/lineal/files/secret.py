"""Secret keys: 32 random bytes in a file that only its owner can read, made once by whoever comes first."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from lineal.errors import FileCorrupt, PermissionDenied, ResourceExhausted
from lineal.files.sync import sync_directory

SIZE = 32


def secret_at(path: Path, *, lost: str) -> bytes:
    """Return the secret in this file; the first caller makes it, racing callers get the same one.

    `lost` says what another secret in its place would mean. Raises PermissionDenied, FileCorrupt, ResourceExhausted.
    """
    try:
        secret = _read(path) or _create(path)
    except PermissionError as error:
        raise PermissionDenied(
            f"the key file {path} cannot be read or made: {error.strerror}",
            hint=f"run as the workspace's owner; {lost}",
        ) from error
    except OSError as error:
        raise ResourceExhausted(f"the key file {path} cannot be made: {error.strerror}") from error
    if len(secret) != SIZE:
        raise FileCorrupt(
            f"{path} holds {len(secret)} bytes instead of {SIZE}", hint=f"put the right file back; {lost}"
        )
    return secret


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _create(path: Path) -> bytes:
    """Write the key under another name, then link it: the name appears once and whole, or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            if os.write(descriptor, os.urandom(SIZE)) != SIZE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with suppress(FileExistsError):  # another process was first; its key is the key
            os.link(draft, path)
    finally:
        draft.unlink()
    sync_directory(path.parent)
    return path.read_bytes()
