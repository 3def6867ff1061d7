"""The workspace's secret key, and the keyed digests made with it.

A plain SHA-256 of a phone number is reversed in seconds; a keyed one only by whoever holds the key. The key is 32
random bytes in a file that only its owner can read; a key per purpose is derived from it, so that digests of inputs
never equal digests of anything else. Keep the file out of backups of the data.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
from contextlib import suppress
from pathlib import Path

from lineal.errors import FileCorrupt, PermissionDenied, ResourceExhausted
from lineal.store.location import Location

_FILE = "root.key"
_KEY_BYTES = 32
_DIGEST_BYTES = 16


class InputKey:
    """Makes `h1:` digests: HMAC-SHA-256 over raw bytes, cut to 16 bytes."""

    def __init__(self, root: bytes) -> None:
        key = hmac.digest(root, b"lineal/input/1", "sha256")
        # Copied for each digest: setting a key up costs several times the digest of a small input.
        self._keyed = hmac.new(key, digestmod=hashlib.sha256)
        # One way: the id says which key was used and nothing about the key.
        self.key_id = hmac.digest(root, b"lineal/input/1/id", "sha256")[:8].hex()

    def digest(self, data: bytes) -> bytes:
        """Return the 16 bytes of the digest; `text_of` writes them as `h1:…`."""
        mac = self._keyed.copy()
        mac.update(data)
        return mac.digest()[:_DIGEST_BYTES]

    def start(self) -> InputDigest:
        """Return a digest to be fed piece by piece; it gives what `digest` of the whole gives."""
        return InputDigest(self._keyed.copy())


class InputDigest:
    """A digest under way."""

    def __init__(self, mac: hmac.HMAC) -> None:
        self._mac = mac

    def update(self, data: bytes) -> None:
        """Add the next piece."""
        self._mac.update(data)

    def digest(self) -> bytes:
        """Return the 16 bytes of what was added so far."""
        return self._mac.digest()[:_DIGEST_BYTES]


def text_of(digest: bytes) -> str:
    """Return a digest as it is written in a prediction: `h1:` and 32 hex digits."""
    return f"h1:{digest.hex()}"


def input_key(location: Location) -> InputKey:
    """Return the workspace's key for inputs; the first caller makes the secret, racing callers get the same one."""
    path = location.keys / _FILE
    try:
        root = _read(path) or _create(path)
    except PermissionError as error:
        raise PermissionDenied(
            f"the key file {path} cannot be read or made: {error.strerror}",
            hint="run as the workspace's owner; digests under another key would not compare",
        ) from error
    except OSError as error:
        raise ResourceExhausted(f"the key file {path} cannot be made: {error.strerror}") from error
    if len(root) != _KEY_BYTES:
        raise FileCorrupt(
            f"{path} holds {len(root)} bytes instead of {_KEY_BYTES}",
            hint="put the right file back; with a new key, digests no longer compare with older ones",
        )
    return InputKey(root)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _create(path: Path) -> bytes:
    """Write the key under another name, then link it: the name appears once and whole, or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{_FILE}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            if os.write(descriptor, os.urandom(_KEY_BYTES)) != _KEY_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with suppress(FileExistsError):  # another process was first; its key is the key
            os.link(draft, path)
    finally:
        draft.unlink()
    _sync_directory(path.parent)
    return path.read_bytes()


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
