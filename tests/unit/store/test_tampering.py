"""The audit names every row that is changed, removed or added behind the store's back, in every table."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from lineal.ledger.entry import entry_leaf
from lineal.store import index
from lineal.store.audit import verify
from lineal.store.dialects.sqlite import SqliteDialect
from lineal.store.schema import metadata
from lineal.store.tables import BOUND, EXEMPT

KEYS = {"ledger_entry": "seq"}
NODES = {2: "artifact", 3: "execution", 4: "context"}
COLUMNS = [
    (table.name, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if table.name != "alembic_version"
]
TABLES = sorted({table for table, _ in COLUMNS})
VALUES = {
    "another number": 7_777_777,
    "another text": "'tampered'",
    "bytes": "x'ff00'",
    "no UTF-8": "CAST(x'ff6162' AS TEXT)",
    "a double": 0.125,
    "beyond": -9_223_372_036_854_775_808,
}


def findings(connection):
    """Return what the audit says about a store as this connection sees it."""
    return verify(connection.cursor(), SqliteDialect(Path("store.db")), None).findings


def names(finding, table, row):
    return finding.table == table and finding.row == row


def expected_row(table, cells):
    """Return how the audit names a row, given as a mapping."""
    if table in index.TABLES:
        return f"{cells['name']} of node {cells['node_id']}"
    if table == "revision":
        return f"{NODES[cells['table_number']]} {cells['node_id']}"
    return str(cells[KEYS.get(table, "id")])


def first(connection, table):
    """Return the first row of a table as a mapping, and a condition that names it."""
    keys = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5]]
    names_ = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    cells = connection.execute(f"SELECT * FROM {table} ORDER BY {', '.join(keys)} LIMIT 1").fetchone()
    row = dict(zip(names_, cells, strict=True))
    shown = {key: row[key] if isinstance(row[key], int | float) else f"'{row[key]}'" for key in keys}
    return row, " AND ".join(f"{key} = {value}" for key, value in shown.items())


def test_every_table_is_bound_or_exempt_with_a_reason(behind):
    tables = {name for (name,) in behind.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    bound = {table.name for table in BOUND}
    assert bound | set(EXEMPT) == tables
    assert not bound & set(EXEMPT)
    assert all(len(reason) > 20 for reason in EXEMPT.values())
    assert len({table.number for table in BOUND}) == len(BOUND)
    assert {table.name for table in BOUND if not behind.execute(f"SELECT 1 FROM {table.name}").fetchone()} == set()


def test_a_store_nobody_touched_is_clean(behind):
    assert findings(behind) == []


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda name: name)
def test_any_changed_cell_is_found_and_its_row_named(behind, table, column):
    before, where = first(behind, table)
    wanted = expected_row(table, before)
    for what, value in VALUES.items():
        behind.execute("SAVEPOINT change")
        try:
            behind.execute(f"UPDATE {table} SET {column} = {value} WHERE {where}")
        except sqlite3.IntegrityError:
            continue  # An integer key holds nothing else: the database itself refuses.
        found = findings(behind)
        behind.execute("ROLLBACK TO change")

        # A key that was changed shows as a row that is gone.
        gone = any(finding.kind in {"removed", "missing"} and wanted.split()[-1] == finding.row for finding in found)
        assert gone or any(names(finding, table, wanted) for finding in found), (what, found)
        assert all(finding.message for finding in found)


@pytest.mark.parametrize("table", TABLES)
def test_a_removed_row_is_found_and_named(behind, table):
    before, where = first(behind, table)
    behind.execute(f"DELETE FROM {table} WHERE {where}")
    found = findings(behind)

    if table == "ledger_entry":
        assert any(finding.kind == "missing" and finding.row == "1" for finding in found)
        assert any(finding.kind == "added" for finding in found)
        return
    wanted = expected_row(table, before)
    if table == "revision":
        assert [(finding.kind, finding.table, finding.row) for finding in found if finding.kind == "removed"] == [
            ("removed", *wanted.split())
        ]
        return
    assert next((finding.kind, finding.table, finding.row) for finding in found) == ("removed", table, wanted)


@pytest.mark.parametrize("table", TABLES)
def test_an_added_row_is_found_and_named(behind, table):
    row, _ = first(behind, table)
    if table in index.TABLES:
        row |= {"name": "added"}
    elif table == "revision":
        row |= {"node_id": 99}
    elif table == "ledger_entry":
        row |= {"seq": 99}
    else:
        row |= {"id": 99}
        unique = {"name", "external_id", "execution_id", "artifact_id", "child_id", "trace_id", "sequence"}
        row |= {column: 99 if column != "trace_id" else b"9" * 16 for column in row if column in unique}
    marks = ", ".join("?" * len(row))
    behind.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    found = findings(behind)

    wanted = expected_row(table, row)
    kind = "changed" if table == "ledger_entry" else "added"
    assert (kind, table, wanted) in {(finding.kind, finding.table, finding.row) for finding in found}
    # What the added row says of itself is missing in the index, and an added entry lists rows of another.
    assert table == "ledger_entry" or {finding.table for finding in found} <= {table, *index.TABLES}


def test_the_last_entry_cannot_vanish_without_its_rows(behind):
    behind.execute("DELETE FROM ledger_entry WHERE seq = (SELECT max(seq) FROM ledger_entry)")
    assert {(finding.kind, finding.table) for finding in findings(behind)} == {("added", "prediction")}


def test_swapped_entries_are_found(behind):
    behind.execute("UPDATE ledger_entry SET seq = -seq WHERE seq IN (1, 2)")
    behind.execute("UPDATE ledger_entry SET seq = 3 + seq WHERE seq < 0")
    found = {(finding.table, finding.row) for finding in findings(behind)}
    assert {("ledger_entry", "1"), ("ledger_entry", "2")} <= found


def test_entries_whose_time_goes_back_are_found_even_with_a_leaf_that_fits(behind):
    columns = "time, actor, action, reason, request_id, reported_at, findings, row_count, rows_root"
    cells = list(behind.execute(f"SELECT {columns} FROM ledger_entry WHERE seq = 3").fetchone())
    cells[0] = 1
    fields = dict(zip(columns.replace("row_count", "rows").split(", "), cells, strict=True))
    behind.execute("UPDATE ledger_entry SET time = 1, leaf = ? WHERE seq = 3", (entry_leaf(seq=3, **fields),))
    assert [(item.table, item.row, item.message) for item in findings(behind)] == [
        ("ledger_entry", "3", "its time lies before the entry before it")
    ]


@pytest.mark.parametrize("records", ["x'00'", "zeroblob(41)", "zeroblob(40)", "x''", "'text'", "7", "records || x'00'"])
def test_damaged_records_are_found(behind, records):
    behind.execute(f"UPDATE ledger_entry SET records = {records} WHERE seq = 1")
    assert ("changed", "ledger_entry", "1") in {(item.kind, item.table, item.row) for item in findings(behind)}


def test_a_former_row_given_to_another_moment_is_found(behind):
    # A second former state of the row in force, and a successor that was none.
    behind.execute(
        "INSERT INTO revision SELECT 2, id, entry, entry + 5, '[]' FROM artifact WHERE id = 1",
    )
    behind.execute("UPDATE revision SET replaced_by = replaced_by + 1 WHERE table_number = 3 AND node_id = 1")
    found = {(item.table, item.row) for item in findings(behind)}
    assert found == {("revision", "artifact 1"), ("revision", "execution 1")}


def test_an_update_rolled_back_behind_our_back_is_found(behind):
    """The most tempting fraud: put the former state back and drop the trace of the later one."""
    (entry, body) = behind.execute(
        "SELECT entry, body FROM revision WHERE table_number = 2 ORDER BY entry DESC LIMIT 1"
    ).fetchone()
    behind.execute("DELETE FROM revision WHERE table_number = 2 AND entry = ?", (entry,))
    behind.execute("UPDATE artifact SET uri = 'u1', entry = ? WHERE id = 2", (entry,))
    found = findings(behind)
    assert ("removed", "artifact", "2") in {(item.kind, item.table, item.row) for item in found}
    assert body


def test_a_damaged_property_map_is_named_once_as_changed(behind):
    for damage in ("'['", "'[]'", "'5'", """'{"a":{"$double":[1]}}'""", """'{"a":{"$proto":5}}'""", """'{"a":{}}'"""):
        behind.execute(f"UPDATE artifact SET custom_properties = {damage} WHERE id = 2")
        found = findings(behind)
        assert [(item.kind, item.row) for item in found if item.table == "artifact"] == [("changed", "2")]


def test_the_check_itself_changes_nothing(behind):
    before = list(behind.iterdump())
    findings(behind)
    assert list(behind.iterdump()) == before
