"""Packed: what lies in gzip, bzip2, xz, ZIP and tar, by its members; when it was packed is no content."""

from __future__ import annotations

import bz2
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import Protocol

from lineal.rebuild.within.part import MOST_BYTES, Inner, Opaque, Part

_MOST_MEMBERS = 2_000
"""Of archives, and of streams one after the other: at each the rest of the bytes is copied."""

_MOST_ENTRIES = 20_000
_ENTRY = b"PK\x01\x02"
"""How an entry of a ZIP's list begins: they are counted before the list is read, those of archives within as well."""
_ZLIB = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
_GZIP_OR_ZLIB = 47
_MEMORY = 128 << 20
_OFFICE = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]{0,100}</dcterms:\1>")
_BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)
_BROKEN_MEMBER = (*_BROKEN, NotImplementedError, RuntimeError, KeyError, OverflowError, MemoryError)


class _Stream(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def stream_parts(name: PurePath, data: bytes, inner: Inner) -> Iterator[Part]:
    """Yield the parts of what is packed by gzip, bzip2 or xz; of gzip the time in its header apart."""
    if data.startswith(b"\x1f\x8b"):
        yield Part("gzip's header", data[4:8], {}, "the time in gzip's header")
    yield from inner(name.with_suffix("") if name.suffix else name, _unpacked(data))


def is_stream(data: bytes) -> bool:
    """Return whether these bytes begin like gzip, zlib (as joblib packs), bzip2 or xz."""
    return data.startswith((b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", *_ZLIB))


def is_zip(data: bytes) -> bool:
    """Return whether these bytes begin like a ZIP with members."""
    return data.startswith(b"PK\x03\x04")


def zip_parts(_name: PurePath, data: bytes, inner: Inner) -> Iterator[Part]:
    """Yield the parts of the members of a ZIP; when each was packed apart."""
    if data.count(_ENTRY) > _MOST_ENTRIES:
        raise Opaque("these are too many members")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            yield from _names(member.filename for member in members)
            yield Part("its dates", repr([member.date_time for member in members]), {}, "the dates of members")
            left = MOST_BYTES
            for member in members:
                with archive.open(member) as file:
                    content = file.read(left + 1)
                left -= _counted(content, left)
                yield from _member(member.filename, content, inner)
    except _BROKEN_MEMBER as error:
        raise Opaque(f"this is no ZIP: {error}") from error


def is_tar(data: bytes) -> bool:
    """Return whether these bytes begin like a tar."""
    return data[257:262] == b"ustar"


def tar_parts(_name: PurePath, data: bytes, inner: Inner) -> Iterator[Part]:
    """Yield the parts of the members of a tar; their times and owners apart."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            members = archive.getmembers()
            yield from _names(f"{member.name} {member.type!r} {member.linkname}" for member in members)
            owners = [(one.mtime, one.uid, one.gid, one.uname, one.gname) for one in members]
            yield Part("its dates", repr(owners), {}, "the dates and owners of members")
            left = MOST_BYTES
            for member in members:
                file = archive.extractfile(member) if member.isreg() else None
                if file is not None:
                    content = file.read(left + 1)  # a sparse one may hold more than the archive
                    left -= _counted(content, left)
                    yield from _member(member.name, content, inner)
    except _BROKEN_MEMBER as error:
        raise Opaque(f"this is no tar: {error}") from error


def _names(found: Iterator[str]) -> Iterator[Part]:
    names = list(found)
    if len(names) > _MOST_MEMBERS:
        raise Opaque("these are too many members")
    yield Part("the names of its members", "\n".join(names))


def _member(name: str, content: bytes, inner: Inner) -> Iterator[Part]:
    if name == "docProps/core.xml":
        dates = b" ".join(match.group() for match in _OFFICE.finditer(content))
        yield Part("the document's dates", dates, {}, "the dates of the document")
        content = _OFFICE.sub(b"", content)
    for part in inner(PurePath(name), content):
        yield replace(part, place=f"{part.place} of member {name}", where={"member": name, **part.where})


def _unpacked(data: bytes) -> bytes:
    """Return what is packed, one stream after the other; Opaque where it is broken or too much."""
    found: list[bytes] = []
    left = MOST_BYTES
    try:
        while data:
            if len(found) == _MOST_MEMBERS:
                raise Opaque("these are too many streams")
            stream = _stream_of(data)
            content = stream.decompress(data, left + 1)
            left -= _counted(content, left)
            if not stream.eof:
                raise Opaque("this breaks off")
            found.append(content)
            data = stream.unused_data.lstrip(b"\0")
    except _BROKEN as error:
        raise Opaque(f"this cannot be unpacked: {error}") from error
    return b"".join(found)


def _counted(content: bytes, left: int) -> int:
    if len(content) > left:
        raise Opaque("this unpacks to too much")
    return len(content)


def _stream_of(data: bytes) -> _Stream:
    if data.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    if data.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor(memlimit=_MEMORY)
    return zlib.decompressobj(_GZIP_OR_ZLIB)
