"""The byte rules of fingerprints: domains, framing, plain values. Pure, standard library only.

A rule never changes: a better one gets the next number, and fingerprints written under the old one stay.
What reads files, frames and models lies in `capture`; it feeds these rules.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from lineal.errors import InvalidArgument

ALGORITHM = "sha256"
RULE = 1
MAX_DEPTH = 200
_DIGITS = 64
_NAN = struct.pack("<Q", 0x7FF8000000000000)


class Kind(Enum):
    """What was fingerprinted; the value is the word stored beside the fingerprint."""

    FILE = "file"
    DIR = "dir"
    FRAME = "frame"
    MODEL = "model"
    VALUE = "value"


OF_BYTES = (None, Kind.FILE.value)
"""What stands beside the fingerprint of plain bytes as its kind: nothing, or that it is a file's."""


@dataclass(frozen=True, slots=True)
class Fingerprinted:
    """One fingerprint and what is known about the content it names.

    `schema` and `column_fingerprints` belong to frames, keyed by column name in column order; a repeated name
    gets ` #2`. `row_set` is the same for the same rows in another order: it explains, it is no identity. `notes` say
    what the fingerprint does not see: fields left out, names that collide elsewhere. `row_marks` are a few digits for
    each row of a small table or text, in order: they explain as well.
    """

    fingerprint: str
    kind: str
    rule: int = RULE
    bytes: int | None = None
    rows: int | None = None
    columns: int | None = None
    schema: Mapping[str, str] | None = None
    column_fingerprints: Mapping[str, str] = field(default_factory=dict)
    row_set: str | None = None
    notes: tuple[str, ...] = ()
    row_marks: str = ""


def of_bytes(data: bytes) -> str:
    """Return the fingerprint of plain bytes: what `sha256sum` prints, with its algorithm in front."""
    return text(hashlib.sha256(data).digest())


def of_parts(kind: Kind, parts: Iterable[bytes]) -> str:
    """Return the fingerprint of a domain line followed by `parts`, which must be framed by the caller."""
    digest = hashlib.sha256(domain(kind.value))
    for part in parts:
        digest.update(part)
    return text(digest.digest())


def of_value(value: object) -> str:
    """Return the fingerprint of None, bool, int, float, str, bytes and lists and mappings of them.

    The order of a mapping's keys does not count; 1, 1.0, True and "1" are four values.
    Raises InvalidArgument for anything else.
    """
    return of_parts(Kind.VALUE, [value_bytes(value)])


def text(digest: bytes) -> str:
    """Return a digest as a fingerprint: `sha256:` and 64 hex digits."""
    return f"{ALGORITHM}:{digest.hex()}"


def is_fingerprint(candidate: str) -> bool:
    """Return whether `candidate` has the form `sha256:` and 64 lower-case hex digits."""
    algorithm, _, digits = candidate.partition(":")
    return algorithm == ALGORITHM and len(digits) == _DIGITS and set(digits) <= set("0123456789abcdef")


def domain(kind: str, rule: int = RULE) -> bytes:
    """Return the line every kind but `file` starts with, so that two kinds never share a fingerprint."""
    return f"lineal {kind} {rule}\n".encode()


def framed(data: bytes) -> bytes:
    """Return `data` behind its length, so that neighbours cannot run into each other."""
    return struct.pack("<q", len(data)) + data


def value_bytes(value: object) -> bytes:
    """Return the one byte string of a plain value: a tag, a length, the content."""
    out: list[bytes] = []
    _encode(value, out, 0)
    return b"".join(out)


def float_bytes(value: float) -> bytes:
    """Return a double's eight bytes; all NaNs become one, and -0.0 differs from 0.0."""
    return _NAN if value != value else struct.pack("<d", value)  # noqa: PLR0124 — only NaN differs from itself


def int_bytes(value: int) -> bytes:
    """Return an integer of any size as little-endian two's complement."""
    return value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)


def _encode(value: object, out: list[bytes], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise InvalidArgument(f"the value is nested more than {MAX_DEPTH} levels deep, or holds itself")
    if isinstance(value, Mapping):
        out.append(b"m" + struct.pack("<q", len(value)))
        for key, item in _sorted_items(value):
            out.append(key)
            _encode(item, out, depth + 1)
    elif isinstance(value, list | tuple):
        out.append(b"l" + struct.pack("<q", len(value)))
        for item in value:
            _encode(item, out, depth + 1)
    else:
        out.append(_scalar(value))


def _sorted_items(value: Mapping[object, object]) -> list[tuple[bytes, object]]:
    return sorted(((_scalar(key), item) for key, item in value.items()), key=lambda pair: pair[0])


def _scalar(value: object) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int):
        return b"i" + framed(int_bytes(value))
    if isinstance(value, float):
        return b"d" + float_bytes(value)
    if isinstance(value, str):
        # A lone surrogate (an undecodable file name) is still one definite value.
        return b"s" + framed(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes | bytearray | memoryview):
        return b"b" + framed(bytes(value))
    raise InvalidArgument(
        f"a {type(value).__name__} has no fingerprint",
        hint="give a path, a frame, an array, a model, bytes, or JSON values",
    )
