"""git-annex: the key of a file, which its symbolic link points at, or which stands in a pointer file."""

from __future__ import annotations

from pathlib import Path

from lineal.capture.pins.pin import Pin

_OBJECTS = "annex/objects/"
_MOST = 32_768


def of_path(path: Path) -> Pin | None:
    """Return the key of a file in git-annex."""
    if path.is_symlink():
        target = path.readlink().as_posix()
        return Pin("git-annex", target.rpartition("/")[2]) if f".git/{_OBJECTS}" in target else None
    if not path.is_file() or path.stat().st_size > _MOST:
        return None
    with path.open("rb") as file:
        start = file.read(_MOST)
    if not start.startswith(f"/{_OBJECTS}".encode()):
        return None
    key = start.splitlines()[0].decode("utf-8", "replace").rpartition("/")[2]
    return Pin("git-annex", key)
