"""Canonical rows: one line of bytes for one row of ML Metadata, whichever side it was read on.

A version that is NULL or empty, and a state that is NULL or 0, say the same. A property is the first of its values
that is set; a struct its names in order, not the bytes it was serialized to. Times are microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

import orjson

from lineal.ingest.mlmd.layout import STRUCT
from lineal.ingest.mlmd.losses import Key
from lineal.ingest.mlmd.rows import EventRow, NodeRow, PropertyRow, StepRow, TypeRow
from lineal.ingest.mlmd.values import NoValue, proto_of, struct_of
from lineal.store.codec import encode_json

Lines = dict[Key, bytes]

MODULUS = 1 << 256


def digest(lines: Iterable[bytes]) -> int:
    """Return the sum of the SHA-256 of these lines: equal for equal rows in any order. Sums of parts add up."""
    return sum(int.from_bytes(sha256(line).digest(), "big") for line in lines) % MODULUS


def type_lines(rows: Iterable[TypeRow]) -> Lines:
    """Return the lines of rows of `Type`."""
    return {(row.id,): _line((*row[:2], row.version or "", *row[3:])) for row in rows}


def plain_lines(rows: Iterable[tuple[int | str, ...]], key: int) -> Lines:
    """Return the lines of rows that say what they say; their first cells are the key."""
    return {row[:key]: _line(row) for row in rows}


def micros(milliseconds: object) -> object:
    """Return milliseconds as microseconds; what is no number stays what it is, and will be a loss."""
    return milliseconds * 1000 if isinstance(milliseconds, int) else milliseconds


def node_line(row: NodeRow, created: object, updated: object) -> bytes:
    """Return the line of a node, made and updated at these microseconds."""
    return _line((row.id, row.type_id, row.name, row.uri, row.state or 0, row.external_id, created, updated))


def property_lines(rows: Iterable[PropertyRow]) -> Lines:
    """Return the lines of properties."""
    return {(row.node_id, int(bool(row.custom)), row.name): _line(_said(row)) for row in rows}


def event_line(row: EventRow, time: object) -> bytes:
    """Return the line of an event at this microsecond."""
    return _line((row.id, row.artifact_id, row.execution_id, row.type, time))


def step_lines(rows: Iterable[StepRow]) -> Lines:
    """Return the lines of the steps of paths, each with its place."""
    places: dict[int, int] = {}
    lines: Lines = {}
    for row in rows:
        place = places[row.event_id] = places.get(row.event_id, -1) + 1
        step = ("index", row.number) if row.is_index else ("key", row.key)
        lines[row.event_id, place] = _line((row.event_id, place, *step))
    return lines


def _said(row: PropertyRow) -> tuple[object, ...]:
    node = (row.node_id, int(bool(row.custom)), row.name)
    values = (
        ("int", row.int_value),
        ("double", row.double_value),
        ("string", row.string_value),
        ("proto", row.proto_value),
        ("bool", row.bool_value),
    )
    kind, value = next(((kind, value) for kind, value in values if value is not None), ("none", None))
    if isinstance(value, float):
        return (*node, kind, repr(value))
    if kind == "string" and isinstance(value, str) and value.startswith(STRUCT):
        struct = struct_of(value)
        return (*node, kind, value) if struct is None else (*node, "struct", encode_json(struct))
    if kind == "proto" and isinstance(value, str | bytes | memoryview):
        return (*node, kind, *_message(value))
    return (*node, kind, int(value) if isinstance(value, bool) else value)


def _message(stored: str | bytes | memoryview) -> tuple[str, str]:
    try:
        proto = proto_of(stored)
    except NoValue:
        return "damaged", bytes(stored.encode() if isinstance(stored, str) else stored).hex()
    return proto.type_url, proto.data.hex()


def _line(cells: Sequence[object]) -> bytes:
    try:
        return orjson.dumps(cells)
    except TypeError:
        # Numbers beyond 64 bits, bytes, texts that are none: not to be kept, but to be told apart.
        return repr(tuple(cells)).encode(errors="backslashreplace")
