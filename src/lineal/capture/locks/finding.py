"""Finds the locks that may know what is installed: beside the script and above it, then beside the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

LARGEST = 20 << 20
_MOST_FILES = 20
_NAMES = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")


class LockFile(NamedTuple):
    """A lock on the disk, with the stamp under which it was seen."""

    path: Path
    size: int
    mtime_ns: int


def lock_files(places: Sequence[Path]) -> list[LockFile]:
    """Return the locks in these directories and above them, nearest first, each once."""
    found: dict[Path, LockFile] = {}
    for directory in dict.fromkeys(above for place in places for above in (place, *place.parents)):
        for path in _locks_in(directory):
            try:
                about = path.stat()
            except OSError:
                continue
            if about.st_size <= LARGEST:
                found.setdefault(path, LockFile(path, about.st_size, about.st_mtime_ns))
    return list(found.values())[:_MOST_FILES]


def _locks_in(directory: Path) -> Iterator[Path]:
    try:
        names = sorted(entry.name for entry in directory.iterdir())
    except OSError:
        return
    yield from (directory / name for name in names if re.fullmatch(r"pylock(\.[^.]+)?\.toml", name))
    yield from (directory / name for name in _NAMES if name in names)
    yield from (directory / name for name in names if re.fullmatch(r"requirements.*\.txt", name))
    if "requirements" in names:
        yield from sorted((directory / "requirements").glob("*.txt"))
