"""Delta tables: the version is the number of the newest commit in `_delta_log`."""

from __future__ import annotations

import re
from pathlib import Path

from lineal.capture.pins.pin import Pin

_ENTRY = re.compile(r"(\d{20})\.(?:json|checkpoint.*\.parquet)")


def in_directory(path: Path) -> Pin | None:
    """Return the version of the Delta table in this directory."""
    log = path / "_delta_log"
    if not log.is_dir():
        return None
    found = [_ENTRY.fullmatch(entry.name) for entry in log.iterdir()]
    versions = [int(match[1]) for match in found if match is not None]
    return Pin("delta", str(max(versions))) if versions else Pin("delta", None, "its log has no commit")
