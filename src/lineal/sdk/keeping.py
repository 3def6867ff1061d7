"""Keeping: which files' bytes go into the workspace unasked, so that a run can be rebuilt from its record."""

from __future__ import annotations

import os
from pathlib import Path

from lineal.capture.secrets import has_secret
from lineal.model.fingerprint import Fingerprinted

INPUT = 64 << 20
OUTPUT = 256 << 20
"""Files above these are known by fingerprint only."""

KEEP = "LINEAL_KEEP"
"""Another limit in bytes for both; 0 keeps none."""

_SEARCHED = 1 << 20
_TEXTS = frozenset(
    ("", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".txt", ".xml", ".properties", ".pem", ".key")
) | {".ppk", ".env", ".tfvars", ".sql", ".sh", ".md", ".log"}
_KEYS = frozenset([".p12", ".pfx", ".jks", ".keystore", ".kdbx"])
"""What these hold is a secret whatever its bytes look like."""


def is_kept(path: Path, found: Fingerprinted, most: int) -> bool:
    """Return whether the bytes are kept: of a file, up to a limit, without anything that looks like a secret."""
    size = found.bytes or 0
    ending = path.suffix.lower()
    if not path.is_file() or size > most_kept(most) or ending in _KEYS:
        return False
    return ending not in _TEXTS or size > _SEARCHED or not has_secret(path.read_bytes(), file=path.name)


def most_kept(most: int) -> int:
    """Return the limit that holds here instead of `most`."""
    limit = os.environ.get(KEEP, "")
    return int(limit) if limit.isdecimal() else most
