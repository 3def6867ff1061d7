"""Which nodes have these ids, names or external ids: one statement for many; one each would cost more than the rest.

Used by everything that puts nodes or edges.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from lineal.model.ids import NodeKind
from lineal.store.connections import Cursor, id_list
from lineal.store.rows import NAME, TYPE_ID, Row
from lineal.store.tables import NODE_TABLES

T = TypeVar("T")

CHUNK = 256
"""Most names in one statement."""

CREATED_AT = {
    kind: f"SELECT node.id, node.created_at FROM json_each(?) AS wanted JOIN {table.name} AS node "
    "ON node.id = wanted.value"
    for kind, table in NODE_TABLES.items()
}

BY_NAME = {
    kind: f"SELECT {table.column_list} FROM {table.name} WHERE type_id = ? AND name IN "
    for kind, table in NODE_TABLES.items()
}
BY_EXTERNAL_ID = {
    kind: f"SELECT external_id, id FROM {table.name} WHERE external_id IN " for kind, table in NODE_TABLES.items()
}


def created(cursor: Cursor, kind: NodeKind, ids: Collection[int]) -> dict[int, int]:
    """Return when those of these nodes that exist were created."""
    return dict(cursor.execute(CREATED_AT[kind], (id_list(list(ids)),)).fetchall()) if ids else {}


def by_name(cursor: Cursor, kind: NodeKind, wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Row]:
    """Return the rows of those of these (type id, name) that are there."""
    names: dict[int, dict[str, None]] = {}
    for type_id, name in wanted:
        names.setdefault(type_id, {})[name] = None
    found: dict[tuple[int, str], Row] = {}
    for type_id, of_type in names.items():
        for some in chunks(of_type):
            rows = cursor.execute(BY_NAME[kind] + _marks(some), (type_id, *some)).fetchall()
            found.update({(row[TYPE_ID], row[NAME]): row for row in rows})
    return found


def by_external_id(cursor: Cursor, kind: NodeKind, wanted: Iterable[str]) -> dict[str, int]:
    """Return the ids of the nodes that have one of these external ids."""
    found: dict[str, int] = {}
    for some in chunks(dict.fromkeys(wanted)):
        found.update(cursor.execute(BY_EXTERNAL_ID[kind] + _marks(some), some).fetchall())
    return found


def chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    """Yield the values in parts of 1, 2, 4 … as many: the last is repeated, so that few statements differ."""
    rest = iter(values)
    while some := list(islice(rest, CHUNK)):
        size = 1 << (len(some) - 1).bit_length()
        yield some + some[-1:] * (size - len(some))


def _marks(some: Sequence[str]) -> str:
    return f"({', '.join('?' * len(some))})"
