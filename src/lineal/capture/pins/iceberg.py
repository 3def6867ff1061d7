"""Iceberg tables: the current snapshot's id, from the newest metadata file of a table in a directory."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

from lineal.capture.pins.pin import Pin

_NAME = re.compile(r"v?(\d+)(?:-[0-9a-fA-F-]+)?(?:\.gz)?\.metadata\.json(?:\.gz)?")
_MOST = 64 << 20


def in_directory(path: Path) -> Pin | None:
    """Return the snapshot of the Iceberg table in this directory."""
    metadata = path / "metadata"
    if not metadata.is_dir():
        return None
    found = [(match, entry) for entry in metadata.iterdir() if (match := _NAME.fullmatch(entry.name))]
    if not found:
        return None
    _, newest = max(found, key=lambda pair: int(pair[0][1]))
    if newest.stat().st_size > _MOST:
        return Pin("iceberg", None, f"{newest.name} is too large to be read")
    data = newest.read_bytes()
    table = json.loads(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)
    snapshot = table.get("current-snapshot-id") if isinstance(table, dict) else None
    if not isinstance(snapshot, int) or snapshot < 0:
        return Pin("iceberg", None, "the table has no snapshot yet")
    return Pin("iceberg", str(snapshot))
