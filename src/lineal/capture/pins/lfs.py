"""Git LFS: a pointer that lies where the content should be says which content that is."""

from __future__ import annotations

import re
from pathlib import Path

from lineal.capture.pins.pin import Pin

_POINTER = re.compile(rb"version [^\n]+/spec/v1\n(?:ext-[^\n]+\n)*oid (sha256:[0-9a-f]{64})\nsize \d+\n?")
_MOST = 1024


def of_path(path: Path) -> Pin | None:
    """Return the fingerprint of the content that a pointer stands for."""
    if not path.is_file() or path.stat().st_size > _MOST:
        return None
    match = _POINTER.fullmatch(path.read_bytes())
    return None if match is None else Pin("git-lfs", match[1].decode(), "only the pointer is here, not the content")
