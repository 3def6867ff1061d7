"""Whether the property index is what the nodes say: derived again and compared.

Neither side is ever held whole. A sum over the rows of each of many parts tells whether both have the same rows there;
only the parts that differ are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from math import copysign, isinf
from typing import Any

from lineal.model.audit import Finding
from lineal.store import index
from lineal.store.codec import decode
from lineal.store.rows import PROPERTIES
from lineal.store.tables import NODE_TABLES

PARTS = 4_096
"""A difference costs the memory of one row in so many."""

Stream = Callable[[str], Iterator[Any]]
"""Gives the rows of a statement without holding all of them."""

_Parts = dict[str, list[int]]
_Rows = dict[str, set[tuple[int | float | str, ...]]]


def differences(stream: Stream, *, infinity: float, block_bits: int) -> Iterator[Finding]:
    """Yield every row of the index that no node has, and every one that a node has and the index has not.

    `infinity` and `block_bits` are the dialect's.
    """
    expected = _sums(_derived(stream, infinity, block_bits))
    actual = _sums(_stored(stream))
    differing = {
        table: {part for part in range(PARTS) if expected[table][part] != actual[table][part]} for table in index.TABLES
    }
    if not any(differing.values()):
        return
    derived = _within(differing, _derived(stream, infinity, block_bits))
    stored = _within(differing, _stored(stream))
    for table in index.TABLES:
        for cells in sorted(stored[table] - derived[table], key=repr):
            yield Finding("added", table, _where(cells), None, "no node has this property")
        for cells in sorted(derived[table] - stored[table], key=repr):
            yield Finding("removed", table, _where(cells), None, "the node's property is not in the index")


def _stored(stream: Stream) -> Iterator[index.IndexRow]:
    for table, columns in index.COLUMNS.items():
        for row in stream(f"SELECT {columns} FROM {table}"):
            yield table, tuple(row)


def _derived(stream: Stream, infinity: float, block_bits: int) -> Iterator[index.IndexRow]:
    for kind, table in NODE_TABLES.items():
        at = PROPERTIES[kind]
        for row in stream(f"SELECT {table.column_list} FROM {table.name}"):
            try:
                maps = decode(row[at]), decode(row[at + 1])
                for name, cells in index.index_rows(kind, row[0], *maps, block_bits=block_bits):
                    yield name, cells if name != "property_double" else _as_stored(cells, infinity)
            except (ValueError, TypeError, AttributeError, KeyError):
                # A damaged property map is named by its row's digest already.
                continue


def _as_stored(cells: tuple[int | float | str, ...], infinity: float) -> tuple[int | float | str, ...]:
    """Return the cells of a double as this database can hold them."""
    map_, name, value, node_id = cells
    if not isinstance(value, float) or not isinf(value):
        return cells
    return map_, name, copysign(infinity, value), node_id


def _sums(rows: Iterable[index.IndexRow]) -> _Parts:
    """Return for each part of each index table a sum over its rows that no other set of rows has."""
    sums: _Parts = {table: [0] * PARTS for table in index.TABLES}
    for table, cells in rows:
        number = _number(cells)
        sums[table][number % PARTS] += number
    return sums


def _within(parts: dict[str, set[int]], rows: Iterable[index.IndexRow]) -> _Rows:
    """Return the rows that lie in these parts."""
    found: _Rows = {table: set() for table in index.TABLES}
    for table, cells in rows:
        if _number(cells) % PARTS in parts[table]:
            found[table].add(cells)
    return found


def _number(cells: tuple[int | float | str, ...]) -> int:
    text = repr(cells).encode(errors="surrogateescape")
    return int.from_bytes(blake2b(text, digest_size=16).digest(), "big")


def _where(cells: tuple[int | float | str, ...]) -> str:
    return f"{cells[1]} of node {cells[3]}"
