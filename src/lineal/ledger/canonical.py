"""Canonical bytes: one byte sequence for one row or entry, and its digest.

Rule 1: JSON without white space, UTF-8; a row is the array of its table's number and its columns. Integers stay
below 2^53; doubles are their shortest decimal text and bytes their hex text, as strings. Inside this profile the output
equals RFC 8785 and `json.dumps(…, separators=(",", ":"), ensure_ascii=False)`, so a verifier needs only
the standard library. A rule never changes: a better one gets the next number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import orjson

RULE = 1

Cell = int | float | str | bytes | None


def row_bytes(table: int, cells: Sequence[Cell]) -> bytes:
    """Return the canonical bytes of a row: the number of its table, then its columns in order."""
    return orjson.dumps([table, *map(_plain, cells)])


def text_row_bytes(table: int, cells: Sequence[int | str | None]) -> bytes:
    """Return what `row_bytes` returns, faster, for a row without doubles and bytes."""
    return orjson.dumps([table, *cells])


def object_bytes(fields: Mapping[str, int | str | None]) -> bytes:
    """Return the canonical bytes of a record with named fields, names sorted."""
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)


def digest(data: bytes) -> bytes:
    """Return the 32-byte SHA-256 of canonical bytes."""
    return sha256(data).digest()


def _plain(cell: Cell) -> int | str | None:
    if isinstance(cell, float):
        return repr(cell)
    if isinstance(cell, bytes):
        return cell.hex()
    return cell
