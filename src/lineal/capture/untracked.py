"""Item 5: files git does not know yet; their bytes are kept, within limits and never with a secret in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, withheld
from lineal.capture.fingerprints.files import of_file
from lineal.capture.secrets import has_secret
from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json

FILE_LIMIT = 1 << 20
TOTAL_LIMIT = 10 << 20
NUMBER_LIMIT = 100
READ_LIMIT = 64 << 20
"""A file above this is named by its size alone: reading it would hold up the run."""

_CODE = (".py", ".pyi", ".pyx", ".ipynb", ".sh", ".sql", ".toml", ".yaml", ".yml", ".cfg", ".ini")
"""Endings of files a rebuild cannot do without; other files that are not kept are data, known by fingerprint."""

_NAMED = 5
_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite writes beside a database
_OWN = (".lineal", "__pycache__")


def untracked_item(files: Files, root: Path, names: Sequence[bytes], *, leave_out: Sequence[Path]) -> Captured:
    """Keep the untracked files `names` and return for each its fingerprint and size, or why its bytes are not kept."""
    wanted = [name for name in names if not _is_own(root, name, leave_out)]
    if not wanted:
        return not_applicable("there are no untracked files")
    described: dict[str, Json] = {}
    room = TOTAL_LIMIT
    for name in wanted[:NUMBER_LIMIT]:
        description, size = _kept(files, root / os.fsdecode(name), room)
        described[name.decode("utf-8", "backslashreplace")] = description
        room -= size
    value: dict[str, Json] = {"number": len(wanted), "files": described}
    if len(wanted) > NUMBER_LIMIT:
        return withheld(f"only the first {NUMBER_LIMIT} of {len(wanted)} untracked files were kept", value)
    lost = sorted(name for name, entry in described.items() if isinstance(entry, dict) and "withheld" in entry)
    if any(name.endswith(_CODE) for name in lost):
        return withheld(f"not kept, each with its reason: {', '.join(lost[:_NAMED])}", value)
    return captured(value, f"without the bytes of: {', '.join(lost[:_NAMED])}" if lost else None)


def _is_own(root: Path, name: bytes, leave_out: Sequence[Path]) -> bool:
    path = Path(os.fsdecode(name))
    if any(part in _OWN for part in path.parts):
        return True
    beside = [other.with_name(other.name + ending) for other in leave_out for ending in _BESIDE]
    return any((root / path).is_relative_to(other) for other in (*leave_out, *beside))


def _kept(files: Files, path: Path, room: int) -> tuple[dict[str, Json], int]:
    """Return what is recorded of one file, and how many bytes of it were kept."""
    try:
        if path.is_symlink():
            return {"target": os.fsencode(path.readlink()).decode("utf-8", "backslashreplace")}, 0
        if path.is_dir():
            return {"withheld": "a repository of its own"}, 0
        size = path.stat().st_size
        if size > READ_LIMIT:
            return {"bytes": size, "withheld": "too large to read"}, 0
        if size > min(FILE_LIMIT, room):
            return {"fingerprint": of_file(path).fingerprint, "bytes": size, "withheld": "too large"}, 0
        data = path.read_bytes()
        if has_secret(data, file=path.name):
            return {"fingerprint": of_bytes(data), "bytes": len(data), "withheld": "it holds a secret"}, 0
        kept: dict[str, Json] = {"fingerprint": files.put_bytes(data), "bytes": len(data)}
        return kept | ({"executable": True} if os.access(path, os.X_OK) else {}), len(data)
    except (OSError, LinealError) as error:
        return {"withheld": f"it cannot be read or kept: {error}"}, 0
