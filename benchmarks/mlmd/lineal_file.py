"""A Lineal store's file seen from outside, for both ways to Lineal."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

TABLES = ("artifact", "execution", "context", "event", "attribution", "association")
PROPERTIES = ("property_int", "property_double", "property_string", "property_bool")


def durability(path: Path, facts: Mapping[str, str]) -> str:
    """Return how a commit is made durable; anything but WAL with FULL and a ledger is refused.

    `facts` are those of the store that is measured: the level belongs to its connections, not to the file.
    """
    found = [facts["journal_mode"], facts["synchronous"]]
    assert found == ["wal", "2"], found
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        (bound,) = connection.execute("SELECT sum(row_count) FROM ledger_entry").fetchone()
        rows = sum(_rows(connection, table) for table in TABLES)
    assert bound >= rows, f"the ledger binds {bound} of {rows} rows"
    return "WAL, synchronous=FULL, ledger on"


def counts(path: Path) -> dict[str, int]:
    """Return how many of each thing there are."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        counted = {table: _rows(connection, table) for table in TABLES}
        counted["property"] = sum(_rows(connection, table) for table in PROPERTIES)
    return counted


def size(path: Path) -> int:
    """Return the bytes of the file, its log moved into it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def _rows(connection: sqlite3.Connection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)
