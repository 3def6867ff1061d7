"""What can be read: ML Metadata's databases of schema versions 7 to 10, and nothing else."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing

import pytest

from lineal.errors import (
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    SchemaVersionMismatch,
    Unavailable,
)
from lineal.ingest.mlmd.readers import open_reader
from lineal.ingest.mlmd.source import Source
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Origin
from tests.unit.ingest.mlmd.conftest import Database

BY = Origin(actor="grace", action="test")


def read(path):
    with closing(Source.at(str(path))) as source:
        return source.counts()


@pytest.mark.parametrize("version", [7, 8, 9])
def test_older_versions_lack_columns_and_are_read_all_the_same(tmp_path, store, bring, version):
    with closing(Database(tmp_path / "old.db", version)) as old:
        old.insert("Type", id=10, name="T", type_kind=1)
        old.node("Artifact", 1, 10, name="a")
        old.property("Artifact", 1, "p", custom=True, int_value=1)
        report = bring(old)

    assert report.equal
    assert (store.get(Artifact, [1])[0].custom_properties, report.version) == ({"p": 1}, version)


def test_below_version_8_a_repeated_event_is_left_out(tmp_path, store, bring):
    with closing(Database(tmp_path / "old.db", 7)) as old:
        old.execute("DROP TABLE Event")
        old.execute(
            "CREATE TABLE Event (id INTEGER PRIMARY KEY, artifact_id, execution_id, type, milliseconds_since_epoch)"
        )
        old.insert("Type", id=10, name="T", type_kind=1)
        old.insert("Type", id=11, name="T", type_kind=0)
        old.node("Artifact", 1, 10)
        old.node("Execution", 1, 11)
        for id_ in (5, 6):
            old.insert("Event", id=id_, artifact_id=1, execution_id=1, type=3, milliseconds_since_epoch=id_)
        report = bring(old)

    assert report.equal
    assert [(loss.key, loss.message) for loss in report.losses] == [((6,), "event 5 says the same")]
    assert [event.id for event in store.events(executions=[1])] == [5]


@pytest.mark.parametrize(("version", "hint"), [(6, "enable_upgrade_migration"), (1, "a copy"), (11, "upgrade Lineal")])
def test_other_versions_are_refused_with_what_to_do(mlmd, version, hint):
    mlmd.execute("UPDATE MLMDEnv SET schema_version = ?", version)

    with pytest.raises(SchemaVersionMismatch, match=f"schema version {version}") as caught:
        read(mlmd.path)
    assert hint in caught.value.hint
    assert caught.value.found == str(version)


def test_a_database_before_versions_is_named_as_such(mlmd):
    mlmd.execute("DROP TABLE MLMDEnv")

    with pytest.raises(SchemaVersionMismatch, match="before ML Metadata counted"):
        read(mlmd.path)


@pytest.mark.parametrize("rows", [[], [9, 10]])
def test_a_version_that_is_not_one_number_is_refused(mlmd, rows):
    mlmd.execute("DELETE FROM MLMDEnv")
    for version in rows:
        mlmd.insert("MLMDEnv", schema_version=version)

    with pytest.raises(FailedPrecondition, match="one schema version"):
        read(mlmd.path)


def test_a_missing_table_or_column_is_named(full):
    full.execute("ALTER TABLE Artifact DROP COLUMN state")
    with pytest.raises(FailedPrecondition, match="Artifact has no column state"):
        read(full.path)
    full.execute("DROP TABLE EventPath")
    full.execute("DROP TABLE Artifact")
    with pytest.raises(FailedPrecondition, match="has no table Artifact"):
        read(full.path)


def test_other_peoples_databases_are_refused_with_what_was_found(tmp_path):
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customer (id)")
    with pytest.raises(FailedPrecondition, match="no database of ML Metadata; its tables are: customer"):
        read(path)


def test_an_empty_file_a_text_and_a_lineal_store_are_told_apart(tmp_path, store):
    (tmp_path / "empty.db").touch()
    with pytest.raises(FailedPrecondition, match="none at all"):
        read(tmp_path / "empty.db")
    (tmp_path / "text.db").write_text("hello " * 1000, encoding="utf-8")
    with pytest.raises(FailedPrecondition, match="no SQLite database"):
        read(tmp_path / "text.db")
    with pytest.raises(FailedPrecondition, match="is a Lineal store"):
        read(tmp_path / "lineal.db")
    with pytest.raises(NotFound, match="there is no file"):
        read(tmp_path / "nothing.db")
    with pytest.raises(InvalidArgument, match="is a directory"):
        read(tmp_path)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_refused_before_anything_is_written(full, store, bring, keep):
    for number in range(2_000):
        full.property("Artifact", 3, f"p{number}", custom=True, string_value="x" * 200)
    data = full.path.read_bytes()
    full.close()
    full.path.write_bytes(data[: int(len(data) * keep)])

    with pytest.raises(DataLoss, match="damaged or cut off"):
        bring(full)
    assert store.entries() == []


def test_the_source_is_one_moment_however_long_reading_takes(full):
    full.execute("PRAGMA journal_mode = WAL")
    with closing(full.read()) as source:
        batches = source.nodes(NodeKind.ARTIFACT, 1)
        assert next(batches).nodes[0].id == 3
        full.node("Artifact", 950, 10)
        assert [batch.nodes[0].id for batch in batches if batch.nodes] == [900]
        assert source.counts()["Artifact"] == 2


def test_reading_changes_nothing_in_the_source_or_beside_it(full, bring, tmp_path):
    full.close()
    before = (full.path.read_bytes(), {path.name for path in tmp_path.iterdir() if path.name.startswith("mlmd")})
    bring(full)

    assert before == (
        full.path.read_bytes(),
        {path.name for path in tmp_path.iterdir() if path.name.startswith("mlmd")},
    )


def test_a_heavy_node_makes_a_batch_of_its_own(full, monkeypatch):
    monkeypatch.setattr("lineal.ingest.mlmd.source.WEIGHT", 10)
    for id_ in range(100, 104):
        full.node("Artifact", id_, 10)
        full.property("Artifact", id_, "p", custom=True, string_value="y" * 20)
    with closing(full.read()) as source:
        sizes = [[node.id for node in batch.nodes] for batch in source.nodes(NodeKind.ARTIFACT, 100)]

    assert sizes == [[3], [100], [101], [102], [103], [900]]


def test_a_reader_in_the_middle_of_a_write_waits_no_longer_than_told(full, bring):
    full.execute("BEGIN EXCLUSIVE")

    with pytest.raises(Unavailable, match="is locked: another process writes to it"):
        bring(full)


def test_a_write_that_was_interrupted_is_undone_in_a_copy_and_the_source_stays_as_it_is(full, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    left = {"killed.db": full.path, "killed.db-journal": full.path.with_name("mlmd.db-journal")}
    before = read(full.path)
    full.execute("PRAGMA cache_size = 2")  # so that half of the write is in the file
    full.execute("BEGIN")
    for number in range(500):
        full.property("Artifact", 3, f"p{number}", custom=True, string_value="x" * 500)
    left = {tmp_path / name: path.read_bytes() for name, path in left.items()}
    for path, data in left.items():
        path.write_bytes(data)
    full.execute("ROLLBACK")

    assert read(tmp_path / "killed.db") == before
    assert {path: path.read_bytes() for path in left} == left
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("url", ["oracle://x/y", "sqlite://", "mysql://host", "postgresql://host/", "http://a/b"])
def test_a_url_of_another_kind_is_refused(url):
    with pytest.raises(InvalidArgument, match="names no database of ML Metadata"):
        open_reader(url)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@host:abc/mlmd",
        "mysql://me:secret@host:99999/mlmd",
        "mysql://me:se/cret@host/mlmd",
        "mysql://me:secret@[host/mlmd",
        "postgresql://me:secret@[host/mlmd",
        "mysql://me@host/mlmd?ssl-mode=REQUIRED",
        "mysql://me@host/mlmd?charset=koi8r",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_its_password(url):
    with pytest.raises(InvalidArgument, match=r"the source's URL|charset=koi8r is neither") as caught:
        open_reader(url)
    assert "cret" not in f"{caught.value.message} {caught.value.hint}"


def test_a_lineal_store_is_called_one_whatever_state_it_is_in(tmp_path, store):
    store.put([Artifact(type="Model", custom_properties={"note": "x" * 100_000})], by=BY)
    store.close()
    with closing(sqlite3.connect(tmp_path / "lineal.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (tmp_path / "lineal.db").open("r+b") as file:
        file.seek(-4096, 2)
        file.write(b"\xff" * 4096)

    with pytest.raises(FailedPrecondition, match="is a Lineal store"):
        read(tmp_path / "lineal.db")


def test_a_large_execution_is_compared_from_the_side_of_its_artifacts(full, store, bring):
    for id_ in range(2_000, 2_060):
        full.node("Artifact", id_, 10)
        full.insert("Event", id=id_, artifact_id=id_, execution_id=7, type=3, milliseconds_since_epoch=id_)
    report = bring(full, batch=10)

    assert report.equal
    assert len(store.events(executions=[7])) == 62
    assert store.get(Execution, [7])


def test_a_file_whose_log_cannot_be_read_is_refused_rather_than_read_without_it(tmp_path):
    path = tmp_path / "logged.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE MLMDEnv (schema_version)")
        copy = tmp_path / "copy.db"
        copy.write_bytes(path.read_bytes())
        (tmp_path / "copy.db-wal").write_bytes((tmp_path / "logged.db-wal").read_bytes())
    # Where the log's index cannot be placed, as on a medium that is only read.
    (tmp_path / "copy.db-shm").symlink_to(tmp_path / "nowhere" / "else")

    with pytest.raises(FailedPrecondition, match=r"copy\.db-wal"):
        read(copy)
