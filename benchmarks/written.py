"""What a store wrote, as the statements a program without a ledger would send: the same rows into the same tables."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence

from lineal.model.ids import NodeKind
from lineal.store.codec import decode
from lineal.store.index import index_rows
from lineal.store.rows import PROPERTIES
from lineal.store.tables import BLOCK_BITS, BOUND, NODE_TABLES

Cells = tuple[int | float | str | bytes | None, ...]
Statement = tuple[str, list[Cells]]

_KINDS = {table.name: kind for kind, table in NODE_TABLES.items()}
_PROPERTY = {
    "property_int": "INSERT INTO property_int VALUES (?, ?, ?, ?)",
    "property_double": "INSERT INTO property_double VALUES (?, ?, ?, ?)",
    "property_bool": "INSERT INTO property_bool VALUES (?, ?, ?, ?)",
    "property_string": "INSERT INTO property_string VALUES (?, ?, ?, ?, ?)",
}


class Written:
    """Reads, after each round, what was added to a store since the last look."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._entry = self._newest()

    def transactions(self) -> list[list[Statement]]:
        """Return the statements of each new ledger entry, in order. The entry's own row is the last."""
        found: dict[int, list[Statement]] = defaultdict(list)
        for table in BOUND:
            query = f"SELECT * FROM {table.name} WHERE entry > ? ORDER BY entry, id"
            rows: dict[int, list[Cells]] = defaultdict(list)
            for row in self._connection.execute(query, (self._entry,)):
                rows[row[-1]].append(row)
            for entry, new in rows.items():
                found[entry].append((table.insert, new))
                if table.name in _KINDS:
                    found[entry].extend(_properties(_KINDS[table.name], new))
        for row in self._connection.execute("SELECT * FROM ledger_entry WHERE seq > ?", (self._entry,)):
            found[row[0]].append((f"INSERT INTO ledger_entry VALUES ({', '.join('?' * len(row))})", [row]))
        self._entry = self._newest()
        return [found[entry] for entry in sorted(found)]

    def _newest(self) -> int:
        return int(self._connection.execute("SELECT max(seq) FROM ledger_entry").fetchone()[0])


def _properties(kind: NodeKind, rows: Sequence[Cells]) -> Iterator[Statement]:
    at = PROPERTIES[kind]
    found: dict[str, list[Cells]] = defaultdict(list)
    for row in rows:
        maps = decode(str(row[at])), decode(str(row[at + 1]))
        for table, cells in index_rows(kind, int(str(row[0])), *maps, block_bits=BLOCK_BITS):
            found[table].append(cells)
    for table, several in found.items():
        yield _PROPERTY[table], several


def write(connection: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    """Send the statements of one transaction, which is begun and ended by the caller."""
    for statement, rows in statements:
        if len(rows) == 1:
            connection.execute(statement, rows[0])
        else:
            connection.executemany(statement, rows)


def commit_each(connection: sqlite3.Connection, transactions: Sequence[Sequence[Statement]]) -> None:
    """Write each transaction durably, one after the other."""
    for statements in transactions:
        connection.execute("BEGIN IMMEDIATE")
        write(connection, statements)
        connection.execute("COMMIT")


def commit_together(connection: sqlite3.Connection, transactions: Sequence[Sequence[Statement]]) -> None:
    """Write all transactions as one group that becomes durable at its end."""
    connection.execute("BEGIN IMMEDIATE")
    for statements in transactions:
        write(connection, statements)
    connection.execute("COMMIT")
