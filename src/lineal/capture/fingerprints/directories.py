"""Fingerprints of directories: names, sizes and contents of everything below, in one order.

Modes, times, owners and empty directories do not count, so a copy through an object store keeps its fingerprint.
A symbolic link below counts by its target text and is never followed.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from lineal.capture.fingerprints.files import file_steps, refused
from lineal.capture.steps import Steps, finished
from lineal.errors import InvalidArgument
from lineal.model.fingerprint import Fingerprinted, Kind, framed, int_bytes, of_parts


class _Entry(NamedTuple):
    name: bytes
    """The relative path, `/` between its parts, as the file system's bytes."""

    path: str
    is_link: bool


def of_directory(path: str | os.PathLike[str], *, leave_out: Sequence[str] = ()) -> Fingerprinted:
    """Return the fingerprint of everything below `path`; `rows` is the number of files and links.

    `leave_out` are patterns of relative paths (`*.tmp`, `cache/*`); they are part of the fingerprint.
    Raises NotFound, PermissionDenied, and InvalidArgument for a socket, pipe or device below.
    """
    return finished(directory_steps(path, leave_out=leave_out))


def directory_steps(path: str | os.PathLike[str], *, leave_out: Sequence[str] = ()) -> Steps[Fingerprinted]:
    """Return the same in steps of one file, or one chunk of a large one."""
    root = os.path.abspath(path)  # noqa: PTH100
    entries = sorted(_walk(root, "", leave_out), key=lambda entry: entry.name)
    patterns = sorted(leave_out)
    parts = [framed(b"leave out"), *(framed(os.fsencode(pattern)) for pattern in patterns), framed(b"entries")]
    total = 0
    for entry in entries:
        encoded, size = yield from _encoded(entry)
        yield
        parts.append(encoded)
        total += size
    return Fingerprinted(
        of_parts(Kind.DIR, parts),
        Kind.DIR.value,
        bytes=total,
        rows=len(entries),
        notes=(*(f"left out: {pattern}" for pattern in patterns), *_collisions(entries)),
    )


def _walk(directory: str, above: str, leave_out: Sequence[str]) -> Iterator[_Entry]:
    try:
        with os.scandir(directory) as found:
            children = list(found)
    except OSError as error:
        raise refused(directory, error) from error
    for child in children:
        relative = f"{above}{child.name}"
        if any(fnmatchcase(relative, pattern) for pattern in leave_out):
            continue
        if child.is_symlink():
            yield _Entry(os.fsencode(relative), child.path, is_link=True)
        elif child.is_dir(follow_symlinks=False):
            yield from _walk(child.path, f"{relative}/", leave_out)
        elif child.is_file(follow_symlinks=False):
            yield _Entry(os.fsencode(relative), child.path, is_link=False)
        else:
            raise InvalidArgument(f"{child.path} is neither a file, a directory nor a symbolic link")


def _encoded(entry: _Entry) -> Steps[tuple[bytes, int]]:
    if entry.is_link:
        try:
            target = os.fsencode(os.readlink(entry.path))  # noqa: PTH115 — bytes in, bytes out
        except OSError as error:
            raise refused(entry.path, error) from error
        return b"".join([framed(b"link"), framed(entry.name), framed(target)]), 0
    content = yield from file_steps(entry.path)
    size = content.bytes or 0
    return b"".join(
        [framed(b"file"), framed(entry.name), framed(int_bytes(size)), framed(content.fingerprint.encode())]
    ), size


def _collisions(entries: Sequence[_Entry]) -> Iterator[str]:
    """Name the paths that another file system would take for one."""
    seen: dict[str, bytes] = {}
    for entry in entries:
        folded = unicodedata.normalize("NFC", entry.name.decode("utf-8", "surrogateescape")).casefold()
        first = seen.setdefault(folded, entry.name)
        if first != entry.name:
            names = " and ".join(name.decode("utf-8", "backslashreplace") for name in (first, entry.name))
            yield f"one name on some file systems: {names}"
