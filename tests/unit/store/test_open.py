"""Opening: creation, foreign and damaged files, newer schemas, durability; never a change to what is not ours."""

from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
from contextlib import closing

import pytest

from lineal.errors import (
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    LinealError,
    NotALinealStore,
    NotFound,
    SchemaVersionMismatch,
    StoreReadOnly,
    StoreUnavailable,
)
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.store.location import locate, of_database
from lineal.store.migrations.head import HEAD
from lineal.store.open import open_store, schema_version, upgrade_store

BY = Origin(actor="ada", action="test")


def test_a_store_is_created_where_there_is_none(tmp_path):
    location = of_database(tmp_path / "deep" / "er" / "store.db")
    assert schema_version(location) is None
    store = open_store(location)
    assert schema_version(location) == HEAD
    facts = store.facts()
    assert (facts["journal_mode"], facts["synchronous"], facts["schema"]) == ("wal", "2", HEAD)
    assert facts["application_id"] == str(int.from_bytes(b"LNEA", "big"))
    assert facts["page_size"] == "2048"
    store.close()
    assert stat.S_IMODE(location.database.stat().st_mode) == 0o600


def test_a_store_of_another_page_size_is_read_and_written(tmp_path):
    path = tmp_path / "store.db"
    open_store(of_database(path)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # Only without a write-ahead log a file changes its pages.
        for statement in ("PRAGMA journal_mode = DELETE", "PRAGMA page_size = 4096", "VACUUM"):
            connection.execute(statement)
    with closing(open_store(of_database(path))) as store:
        (key,) = store.put([Artifact(type="Dataset", name="flights@v1")], by=BY)
        assert store.facts()["page_size"] == "4096"
        assert store.get(Artifact, [key.id])[0].name == "flights@v1"
        assert store.verify().findings == []


def test_an_empty_file_becomes_a_store(tmp_path):
    (tmp_path / "store.db").touch()
    store = open_store(of_database(tmp_path / "store.db"))
    store.put([Artifact(type="Model")], by=BY)
    assert store.verify().ok
    store.close()


def test_without_create_nothing_is_made(tmp_path):
    location = of_database(tmp_path / "deep" / "store.db")
    with pytest.raises(NotFound, match="there is no Lineal store"):
        open_store(location, create=False)
    with pytest.raises(NotFound, match="there is no Lineal store"):
        upgrade_store(location)
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_there_when_opened_again(tmp_path):
    location = of_database(tmp_path / "store.db")
    store = open_store(location)
    keys = store.put([Artifact(type="Model", name="m")], by=BY)
    store.close()
    store = open_store(location, create=False)
    assert store.get(Artifact, [keys[0].id])[0].name == "m"
    store.close()


@pytest.mark.parametrize("asked", ["NORMAL", "FULL", "normal"])
def test_durability_is_chosen_in_the_url_and_checked(tmp_path, asked):
    store = open_store(locate(f"sqlite:///{tmp_path}/store.db?synchronous={asked}"))
    assert store.facts()["synchronous"] == {"NORMAL": "1", "FULL": "2"}[asked.upper()]
    store.close()


def test_an_unknown_durability_is_refused(tmp_path):
    with pytest.raises(InvalidArgument, match="synchronous=OFF is not offered"):
        open_store(locate(f"sqlite:///{tmp_path}/store.db?synchronous=OFF"))
    assert list(tmp_path.iterdir()) == []


FOREIGN = {
    "a short text": b"hello",
    "a long text": b"hello, world\n" * 1000,
    "zeros": bytes(8192),
    "something like a database": b"SQLite format 3\0" + b"\xff" * 5000,
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_file_that_is_no_database_is_refused_and_unchanged(tmp_path, content):
    path = tmp_path / "store.db"
    path.write_bytes(content)
    for open_ in (open_store, upgrade_store, schema_version):
        with pytest.raises(LinealError, match=re.escape(str(path))):
            open_(of_database(path))
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["store.db"]


def test_another_programs_database_is_refused_and_unchanged(tmp_path):
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE artifact (id); CREATE TABLE users (name); INSERT INTO users VALUES ('x');"
        )
    before = path.read_bytes()
    with pytest.raises(NotALinealStore, match=r"not Lineal's \(it has the tables artifact, users") as caught:
        open_store(of_database(path))
    assert "nothing was changed" in caught.value.hint
    assert path.read_bytes() == before


def test_a_directory_is_refused(tmp_path):
    (tmp_path / "store.db").mkdir()
    with pytest.raises(NotALinealStore, match="is a directory"):
        open_store(of_database(tmp_path / "store.db"))


def test_a_file_in_the_way_of_the_directory_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreReadOnly, match="cannot be created"):
        open_store(of_database(tmp_path / "file" / "store.db"))


def test_a_newer_schema_is_refused_and_unchanged(database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = database.read_bytes()
    for open_ in (open_store, upgrade_store):
        with pytest.raises(SchemaVersionMismatch, match=f"has schema 9999, this Lineal speaks {HEAD}") as caught:
            open_(of_database(database))
        assert (caught.value.found, caught.value.wanted) == ("9999", HEAD)
        assert "nothing was changed" in caught.value.hint
    assert database.read_bytes() == before


def test_a_store_that_was_upgraded_meanwhile_is_not_written_any_more(database):
    with closing(open_store(of_database(database))) as store:
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        before = database.read_bytes(), len(store.entries())
        with pytest.raises(
            SchemaVersionMismatch, match="brought to schema 9999 since this process opened it"
        ) as caught:
            store.put([Artifact(type="Model")], by=BY)
        assert "nothing was written" in caught.value.hint
        assert (database.read_bytes(), len(store.entries())) == before


def test_an_upgrade_of_the_newest_schema_does_nothing(database):
    before = database.read_bytes()
    assert upgrade_store(of_database(database)) == (HEAD, HEAD)
    assert database.read_bytes() == before


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_database_is_told_as_damage_and_never_written(database, original, share):
    database.write_bytes(original[: int(len(original) * share)])
    with pytest.raises((DataLoss, NotALinealStore, StoreUnavailable), match=re.escape(str(database))):
        check(database)


def check(database):
    store = open_store(of_database(database))
    try:
        store.verify()
    finally:
        store.close()


def test_a_closed_store_says_so_and_closes_twice(database):
    store = open_store(of_database(database))
    store.close()
    store.close()
    for act in (lambda: store.list(Artifact), lambda: store.put([Artifact(type="Model")], by=BY)):
        with pytest.raises(FailedPrecondition, match="closed"):
            act()


@pytest.fixture
def read_only(database):
    """Mount the store's directory read-only over itself: root may write in spite of any mode."""
    directory = database.parent
    done = subprocess.run(["mount", "--bind", directory, directory], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("platform: a directory can be mounted read-only only by root on Linux")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", directory], check=True, capture_output=True)
        yield database
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True, capture_output=True)


def test_a_read_only_store_is_read_but_not_written(read_only):
    store = open_store(of_database(read_only))
    assert store.get(Artifact, [1])[0].name == "d@1"
    assert store.verify().ok
    with pytest.raises(StoreReadOnly, match="cannot be written") as caught:
        store.put([Artifact(type="Model")], by=BY)
    assert "permissions" in caught.value.hint
    assert store.get(Artifact, [1])[0].name == "d@1"
    store.close()


def test_no_store_is_created_on_a_read_only_disk(read_only):
    for path in (read_only.with_name("new.db"), read_only.parent / "deep" / "new.db"):
        with pytest.raises(StoreReadOnly, match=re.escape(str(path))):
            open_store(of_database(path))
