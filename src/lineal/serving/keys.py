"""The workspace's secret key, and the keyed digests made with it.

A plain SHA-256 of a phone number is reversed in seconds; a keyed one only by whoever holds the key. The key is 32
random bytes in a file that only its owner can read; a key per purpose is derived from it, so that digests of inputs
never equal digests of anything else. Keep the file out of backups of the data.
"""

from __future__ import annotations

import hashlib
import hmac

from lineal.files.secret import secret_at
from lineal.store.location import Location

_FILE = "root.key"
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
    return InputKey(secret_at(location.keys / _FILE, lost="digests under another key do not compare with older ones"))
