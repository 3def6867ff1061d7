"""Triggers refuse what is done to a store behind its back: UPDATE, DELETE, and both kinds of REPLACE."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from lineal.store import index
from lineal.store.schema import metadata

UNGUARDED = {*index.TABLES, "alembic_version"}
TABLES = sorted(table.name for table in metadata.sorted_tables if table.name not in UNGUARDED)
KEYS = sorted(  # the constraints of a table are a set
    (table.name, tuple(column.name for column in key.columns))
    for table in metadata.sorted_tables
    if table.name in TABLES
    for key in (*table.constraints, *(index for index in table.indexes if index.unique))
    if hasattr(key, "columns") and len(key.columns) > 0
)


@pytest.fixture
def connection(database):
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection


def refused(connection, statement, parameters=()):
    before = list(connection.iterdump())
    with pytest.raises(sqlite3.IntegrityError, match="lineal: "):
        connection.execute(statement, parameters)
    assert list(connection.iterdump()) == before


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_deleted(connection, table):
    refused(connection, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", TABLES)
def test_no_cell_is_changed(connection, table):
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    for column in columns:
        refused(connection, f"UPDATE {table} SET {column} = {column}")
        refused(connection, f"UPDATE OR REPLACE {table} SET {column} = 2")
        refused(connection, f"UPDATE OR IGNORE {table} SET {column} = 3")


@pytest.mark.parametrize(("table", "key"), KEYS, ids=str)
def test_no_row_is_replaced_by_any_of_its_keys(connection, table, key):
    """INSERT OR REPLACE deletes without firing the trigger on DELETE."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    own = [f"{column} IS NOT NULL" for column in key]
    row = dict(
        zip(columns, connection.execute(f"SELECT * FROM {table} WHERE {' AND '.join(own)}").fetchone(), strict=True)
    )
    if "id" in row and "id" not in key:
        row["id"] = 99
    statement = f"({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    refused(connection, f"INSERT OR REPLACE INTO {table} {statement}", tuple(row.values()))
    refused(connection, f"REPLACE INTO {table} {statement}", tuple(row.values()))
    refused(connection, f"INSERT INTO {table} {statement}", tuple(row.values()))
    changed = ", ".join(f"{column} = excluded.{column}" for column in row)
    upsert = f"INSERT INTO {table} {statement} ON CONFLICT DO UPDATE SET {changed}"
    refused(connection, upsert, tuple(row.values()))


@pytest.mark.parametrize(
    "fraud",
    [
        "UPDATE artifact SET uri = 'x' WHERE id = 2",
        "UPDATE artifact SET uri = 'x', entry = entry + 1 WHERE id = 2",
        "UPDATE artifact SET id = 99, entry = entry + 1 WHERE id = 2",
        "UPDATE OR REPLACE artifact SET id = 1, entry = entry + 1 WHERE id = 2",
        "UPDATE OR REPLACE artifact SET name = 'm@2', entry = entry + 1 WHERE id = 2",
    ],
)
def test_a_node_changes_only_after_its_former_row_was_kept(connection, fraud):
    refused(connection, fraud)
    # Even with a former row at hand, neither identity nor another row can be taken.
    connection.execute("INSERT INTO revision SELECT 2, id, entry, entry + 1, '[]' FROM artifact WHERE id = 2")
    if "uri" not in fraud or "entry" not in fraud:
        refused(connection, fraud)


def test_every_table_has_its_guards(connection):
    triggers = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    assert triggers == {f"{table}_{guard}" for table in TABLES for guard in ("no_delete", "no_update", "no_overwrite")}
