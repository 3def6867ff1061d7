"""The schema is written four times, for four readers; all agree: SQLAlchemy, the hot tables, migrations, snapshot."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from lineal.store.location import of_database
from lineal.store.migrations import head
from lineal.store.migrations.snapshot import FILE, schema_text
from lineal.store.migrations.upgrade import run, sqlite_engine, upgrade
from lineal.store.open import open_store
from lineal.store.schema import metadata
from lineal.store.tables import BOUND


def objects(path):
    """Return every table, index and trigger of a database, white space aside."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(kind, name): normal(sql) for kind, name, sql in rows}


def normal(sql):
    return re.sub(r"\s+", " ", sql).strip().rstrip(";")


def created(tmp_path):
    path = tmp_path / "new.db"
    open_store(of_database(path)).close()
    return path


def test_the_snapshot_is_what_the_migrations_lead_to():
    assert FILE.read_text(encoding="utf-8") == schema_text(), "run `make schema`"


def test_a_new_store_is_what_the_migrations_make(tmp_path):
    migrated = tmp_path / "migrated.db"
    sqlite3.connect(migrated).close()
    upgrade(migrated)
    assert objects(created(tmp_path)) == objects(migrated)


def test_the_migrations_lead_to_what_sqlalchemy_declares(tmp_path):
    engine = create_engine("sqlite://")
    declared = {}
    for table in metadata.sorted_tables:
        declared["table", table.name] = normal(str(CreateTable(table).compile(engine)))
        for index in table.indexes:
            declared["index", index.name] = normal(str(CreateIndex(index).compile(engine)))
    made = objects(created(tmp_path))
    made.pop(("table", "alembic_version"))
    assert {key: parts(sql) for key, sql in made.items() if key[0] in {"table", "index"}} == {
        key: parts(sql) for key, sql in declared.items()
    }


def parts(sql):
    """Return what a statement declares; the order of constraints does not count."""
    opening, _, rest = sql.partition("(")
    body, _, ending = rest.rpartition(")")
    return opening, sorted(part.strip() for part in re.split(r",(?![^(]*\))", body)), ending


@pytest.mark.parametrize("table", BOUND, ids=lambda table: table.name)
def test_a_bound_table_has_the_columns_that_are_digested(tmp_path, table):
    declared = metadata.tables[table.name]
    assert tuple(declared.columns.keys()) == table.columns
    assert (table.columns[0], table.columns[-1]) == ("id", "entry")
    kinds = {column.type.python_type for column in declared.columns}
    assert kinds <= {int, str, float, bytes}
    assert table.typed == bool(kinds & {float, bytes})
    with closing(sqlite3.connect(created(tmp_path))) as connection:
        assert tuple(row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")) == table.columns


def test_the_head_is_the_last_of_the_known_migrations():
    versions = sorted(path.stem.split("_")[0] for path in (FILE.parent / "versions").glob("[0-9]*.py"))
    assert versions == sorted(head.KNOWN)
    assert head.KNOWN[-1] == head.HEAD


def test_a_downgrade_or_a_second_upgrade_changes_nothing(tmp_path):
    path = created(tmp_path)
    before = objects(path)
    engine = sqlite_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        run(connection)
    engine.dispose()
    assert objects(path) == before
