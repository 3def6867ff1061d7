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
_TEXTS = frozenset({"", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".txt", ".xml", ".properties"})


def is_kept(path: Path, found: Fingerprinted, most: int) -> bool:
    """Return whether the bytes are kept: of a file, up to a limit, without anything that looks like a secret."""
    limit = os.environ.get(KEEP, "")
    most = int(limit) if limit.isdecimal() else most
    size = found.bytes or 0
    if not path.is_file() or size > most:
        return False
    return path.suffix.lower() not in _TEXTS or size > _SEARCHED or not has_secret(path.read_bytes())
