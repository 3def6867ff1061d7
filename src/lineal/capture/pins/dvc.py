"""DVC: the digest of a file or directory in the `.dvc` file beside it, or in a `dvc.lock` above."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from lineal.capture.pins.pin import Pin

_START = re.compile(r"( *)- (\w+): *(.*)")
_NEXT = re.compile(r"( +)(\w+): *(.*)")
_DIGESTS = ("md5", "etag", "checksum")
_MOST = 8 << 20
_HIGHEST = 20


def of_path(path: Path) -> Pin | None:
    """Return the digest that DVC has recorded for this path, which may be older than what lies there."""
    beside = path.with_name(path.name + ".dvc")
    if beside.is_file():
        found = _recorded(beside, path)
        if found is not None:
            return found
    for above in [*path.parents][:_HIGHEST]:
        lock = above / "dvc.lock"
        if lock.is_file():
            return _recorded(lock, path)
        if (above / ".git").exists():
            break
    return None


def _recorded(file: Path, path: Path) -> Pin | None:
    for output in _outputs(file):
        place = os.path.normpath(file.parent / output.get("path", ""))
        digest = next((name for name in _DIGESTS if name in output), None)
        if digest is not None and place == os.path.normpath(path):
            return Pin("dvc", f"{digest}:{output[digest]}")
    return None


def _outputs(file: Path) -> Iterator[dict[str, str]]:
    """Yield the entries of lists in DVC's YAML: each a dash, then plain names and values, one a line."""
    if file.stat().st_size > _MOST:
        return
    entry: dict[str, str] = {}
    depth = 0
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        start, following = _START.fullmatch(line), _NEXT.fullmatch(line)
        if start is not None:
            yield entry
            entry, depth = {start[2]: _plain(start[3])}, len(start[1]) + 2
        elif following is not None and len(following[1]) == depth:
            entry[following[2]] = _plain(following[3])
    yield entry


def _plain(value: str) -> str:
    return value.strip().strip("'\"")
