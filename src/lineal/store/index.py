"""The property index: every scalar property in one typed table, so that no filter reads JSON.

Derived from the node rows and written with them. NaN has no place in an order and is left out; structs and
protos are not indexed. `map` says which map of which kind of node, and in its higher bits which block of nodes: what is
written together lies together (decision 23).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isnan

from lineal.model.ids import NodeKind
from lineal.model.values import Value
from lineal.store.connections import Cursor
from lineal.store.tables import KIND_NUMBERS, MAP_BITS

PREFIX = 200
"""Characters of a text that stand in the index key; what follows stands beside it."""

IndexRow = tuple[str, tuple[int | float | str, ...]]
"""A row of an index table: which table, and its cells: map, name, value, node id (, rest)."""

_INSERT = {
    "property_int": "INSERT INTO property_int (map, name, value, node_id) VALUES (?, ?, ?, ?)",
    "property_double": "INSERT INTO property_double (map, name, value, node_id) VALUES (?, ?, ?, ?)",
    "property_bool": "INSERT INTO property_bool (map, name, value, node_id) VALUES (?, ?, ?, ?)",
    "property_string": "INSERT INTO property_string (map, name, value, node_id, rest) VALUES (?, ?, ?, ?, ?)",
}
_DELETE = {
    "property_int": "DELETE FROM property_int WHERE map = ? AND name = ? AND value = ? AND node_id = ?",
    "property_double": "DELETE FROM property_double WHERE map = ? AND name = ? AND value = ? AND node_id = ?",
    "property_bool": "DELETE FROM property_bool WHERE map = ? AND name = ? AND value = ? AND node_id = ?",
    "property_string": """
DELETE FROM property_string
WHERE map = ? AND name = ? AND value = ? AND node_id = ? AND rest = ?
""",
}

_COLUMNS = "map, name, value, node_id"
COLUMNS = dict.fromkeys(_INSERT, _COLUMNS) | {"property_string": f"{_COLUMNS}, rest"}
"""The columns of each index table, in the order of the cells."""

TABLES = tuple(COLUMNS)


def index_rows(
    kind: NodeKind, node_id: int, declared: Mapping[str, Value], custom: Mapping[str, Value], *, block_bits: int
) -> Iterator[IndexRow]:
    """Yield the index rows of a node; `block_bits` is the dialect's."""
    number = (node_id >> block_bits << MAP_BITS) + 2 * KIND_NUMBERS[kind]
    for map_, properties in ((number, declared), (number + 1, custom)):
        for name, value in properties.items():
            if isinstance(value, str):
                yield "property_string", (map_, name, value[:PREFIX], node_id, value[PREFIX:])
            elif isinstance(value, bool):
                yield "property_bool", (map_, name, int(value), node_id)
            elif isinstance(value, int):
                yield "property_int", (map_, name, value, node_id)
            elif isinstance(value, float) and not isnan(value):
                # -0.0 equals 0.0 in every comparison, so the index knows one zero.
                yield "property_double", (map_, name, value + 0.0, node_id)


def write(cursor: Cursor, rows: Iterable[IndexRow]) -> None:
    """Insert index rows."""
    _execute(cursor, _INSERT, rows)


def remove(cursor: Cursor, rows: Iterable[IndexRow]) -> None:
    """Delete index rows of a node's former properties."""
    _execute(cursor, _DELETE, rows)


def _execute(cursor: Cursor, statements: Mapping[str, str], rows: Iterable[IndexRow]) -> None:
    grouped: dict[str, list[tuple[int | float | str, ...]]] = {}
    for table, cells in rows:
        if table in grouped:
            grouped[table].append(cells)
        else:
            grouped[table] = [cells]
    for table, several in grouped.items():
        if len(several) == 1:
            cursor.execute(statements[table], several[0])
        else:
            cursor.executemany(statements[table], several)
