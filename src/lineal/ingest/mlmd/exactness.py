"""Exactness: which doubles of a database of ML Metadata are exact.

ML Metadata writes six decimals of each. An export of Lineal writes doubles in full and says so in two tables of its
own, at which ML Metadata does not look: up to which time the rows are Lineal's, and whose doubles were rounded before.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from lineal.ingest.mlmd.back import MILLISECOND
from lineal.ingest.mlmd.provenance import Provenance
from lineal.ingest.mlmd.rows import NodeRow
from lineal.model.ids import NodeKind
from lineal.model.nodes import Node
from lineal.model.values import INT64_MAX

Range = tuple[int, int]
"""The first and the last of some ids, all of one kind of node."""

EXPORT = "LinealExport"
ROUNDED = "LinealRounded"
MARK = {EXPORT: ("newest_since_epoch",), ROUNDED: ("kind", "first_id", "last_id")}
"""Tables of an export with their columns: its newest row's time in milliseconds, and ranges of nodes."""


class Exactness:
    """What a database says about its doubles; without a mark none is exact."""

    def __init__(self, newest: int | None = None, rounded: Mapping[str, Sequence[Range]] | None = None) -> None:
        self._newest = newest
        self._rounded = {kind: sorted(ranges) for kind, ranges in (rounded or {}).items()}

    @property
    def is_marked(self) -> bool:
        """Whether the database is an export of Lineal."""
        return self._newest is not None

    def holds(self, kind: NodeKind, row: NodeRow) -> bool:
        """Return whether the doubles of a node are exact: Lineal wrote them, and knew them exactly."""
        if self._newest is None or row.updated > self._newest:
            return False
        ranges = self._rounded.get(kind.value, [])
        at = bisect_right(ranges, (row.id, INT64_MAX))
        return at == 0 or ranges[at - 1][1] < row.id


class Mark:
    """Gathers, node by node in the order of ids, what an export says about its doubles."""

    def __init__(self, provenance: Provenance) -> None:
        self._provenance = provenance
        self._newest = 0
        self._ranges: dict[NodeKind, list[Range]] = {kind: [] for kind in NodeKind}
        self._within: set[NodeKind] = set()

    def add(self, kind: NodeKind, node: Node) -> None:
        """Take note of a node."""
        self._newest = max(self._newest, (node.updated_at or 0) // MILLISECOND)
        if not self._provenance.rounds or not _has_double(node):
            return
        id_ = node.id or 0
        if not self._is_rounded(node):
            self._within.discard(kind)
        elif kind in self._within:
            self._ranges[kind][-1] = (self._ranges[kind][-1][0], id_)
        else:
            self._ranges[kind].append((id_, id_))
            self._within.add(kind)

    def _is_rounded(self, node: Node) -> bool:
        rounds = self._provenance.rounds_of(node.entry)
        # Somebody may have changed a node that was imported, and left its doubles as they were: all imports have
        # whole milliseconds, and of the nodes that were made here one in a thousand.
        return (node.created_at or 0) % MILLISECOND == 0 if rounds is None else rounds

    def write(self, target: sqlite3.Connection) -> None:
        """Write the tables."""
        for table, columns in MARK.items():
            target.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        target.execute(f"INSERT INTO {EXPORT} VALUES (?)", (self._newest,))
        target.executemany(f"INSERT INTO {ROUNDED} VALUES (?, ?, ?)", self._rows())

    def _rows(self) -> Iterator[tuple[str, int, int]]:
        for kind, ranges in self._ranges.items():
            for first, last in ranges:
                yield kind.value, first, last


def _has_double(node: Node) -> bool:
    return any(isinstance(value, float) for value in chain(node.properties.values(), node.custom_properties.values()))
