"""Files of Git LFS: the repository holds pointers to them, which say the fingerprint of the content."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, unknown
from lineal.capture.git import ask
from lineal.files import Files
from lineal.model.values import Json

_MOST = 1000
_POINTER = re.compile(rb"oid sha256:([0-9a-f]{64})\nsize (\d+)")
_NAMED = 5


def lfs_item(files: Files, root: Path) -> Captured:
    """Return fingerprint and size of each file in LFS, and whether its content is here or only its pointer."""
    if not _is_used(root):
        return not_applicable("no file is kept in Git LFS")
    listed, cut = ask(root, "ls-files", "--stage", "-z", "--", ":(attr:filter=lfs)")
    entries = [entry.split(b"\t", 1) for entry in listed.split(b"\0") if b"\t" in entry]
    if not entries:
        return not_applicable("no file is kept in Git LFS")
    found: dict[str, Json] = {}
    absent: list[str] = []
    blobs = [about.split(b" ")[1] for about, _ in entries[:_MOST]]
    for (_, name), pointer in zip(entries, _contents(root, blobs), strict=False):
        text = name.decode("utf-8", "backslashreplace")
        said = _POINTER.search(pointer)
        if said is None:
            found[text] = {"withheld": "it is no pointer: the file was committed without LFS"}
            continue
        size = int(said[2])
        here = _size(root / os.fsdecode(name)) == size
        found[text] = {"fingerprint": f"sha256:{said[1].decode()}", "bytes": size, "present": here}
        if not here:
            absent.append(text)
    if cut or len(entries) > _MOST:
        listing = files.put_bytes(listed)
        return unknown(f"only the first {_MOST} files were looked at", {"files": found, "fingerprint": listing})
    reason = f"only the pointer is here, or other content, of: {', '.join(absent[:_NAMED])}" if absent else None
    return captured({"number": len(found), "files": found}, reason)


def _is_used(root: Path) -> bool:
    for name in (".gitattributes", ".git/info/attributes"):
        try:
            if b"filter=lfs" in (root / name).read_bytes():
                return True
        except OSError:
            continue
    return (root / ".git" / "lfs").is_dir()


def _contents(root: Path, blobs: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the contents of these blobs: each is announced by one line that says its size."""
    out, _ = ask(root, "cat-file", "--batch", given=b"\n".join(blobs) + b"\n")
    while out:
        line, _, out = out.partition(b"\n")
        size = int(line.rpartition(b" ")[2])
        yield out[:size]
        out = out[size + 1 :]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
