"""The export: a database of ML Metadata with the same rows, whole or not at all; what it cannot hold is counted."""

from __future__ import annotations

import errno
import math
import os
import resource
import sqlite3
import stat
from contextlib import closing

import pytest

from lineal.errors import AlreadyExists, FailedPrecondition, StoreFull, StoreReadOnly
from lineal.ingest.mlmd.export import export_mlmd
from lineal.ingest.mlmd.layout import TABLES
from lineal.ingest.mlmd.losses import Fate
from lineal.ingest.mlmd.run import import_mlmd
from lineal.ingest.mlmd.source import Source
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import EventType, How
from lineal.model.ids import NodeKind
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.predictions import Prediction
from lineal.model.publication import Origin, Publication, Use
from lineal.model.types import NodeType
from lineal.model.values import PropertyType
from lineal.store.location import of_database
from lineal.store.open import open_store

BY = Origin(actor="grace", action="test")


def rows(path, table):
    columns = "context_id, {}_id" if table in {"Association", "Attribution"} else "*"
    member = "execution" if table == "Association" else "artifact"
    with closing(sqlite3.connect(path)) as connection:
        return sorted(map(repr, connection.execute(f"SELECT {columns.format(member)} FROM {table}")))


def test_what_was_imported_goes_out_row_by_row_as_it_came(full, store, bring, tmp_path):
    full.execute("DELETE FROM ArtifactProperty WHERE string_value = 'mlmd-struct::no base64'")
    full.execute("DELETE FROM ExecutionProperty WHERE string_value = '__MLMD_NULL__'")
    bring(full)
    exported = export_mlmd(store, tmp_path / "out.db")

    assert exported.left_out == {}
    for table in (*TABLES, "MLMDEnv"):
        given = [row.replace(", b'", ", '") for row in rows(full.path, table)]
        assert rows(tmp_path / "out.db", table) == given, table
    assert exported.rows == {table: len(rows(full.path, table)) for table in TABLES}


def test_an_exported_database_imports_into_an_equal_store(full, store, bring, tmp_path):
    full.insert("Type", id=15, name="Experiment", type_kind=2)
    bring(full)
    export_mlmd(store, tmp_path / "out.db")
    with (
        closing(open_store(of_database(tmp_path / "second.db"))) as second,
        closing(Source.at(str(tmp_path / "out.db"))) as source,
    ):
        report = import_mlmd(source, second, actor="ada")
        types = [(type_.id, type_.version) for type_ in second.list_types()]

    assert report.equal
    assert types == [(type_.id, type_.version) for type_ in store.list_types()]


def test_what_ml_metadata_cannot_hold_is_counted_and_the_rest_goes_out(store, tmp_path):
    model = Artifact(
        type="Model",
        name="m@v1",
        fingerprint="sha256:" + "a" * 64,
        custom_properties={
            "nan": math.nan,
            "inf": math.inf,
            "third": 1 / 3,
            "list": [1],
            "bytes": {"x": b"y"},
            "big": {"n": 2**53 + 1},
            "null": "__MLMD_NULL__",
            "struct": "mlmd-struct::oops",
            "fine": {"n": 1, "l": [None, {"deep": True}]},
        },
    )
    published = store.publish(
        Publication(
            execution=Execution(type="Train", name="t", started_at=5, ended_at=9),
            uses=[Use(artifact=model, type=EventType.OUTPUT, aliases=("best",), how=How.OBSERVED)],
            metrics=[MetricSeries(execution_id=0, name="loss", steps=[1], values=[0.5], times=[1])],
        ),
        by=BY,
    )
    (artifact_id,) = published.artifact_ids
    decision = Decision(
        action=DecisionAction.APPROVE,
        artifact_id=artifact_id,
        fingerprint=model.fingerprint,
        actor="ada",
        reason="good",
    )
    store.put_decisions([decision], by=BY)
    store.put_predictions([prediction()], by=BY)
    exported = export_mlmd(store, tmp_path / "out.db")

    assert exported.left_out == {
        "ArtifactProperty": 6,
        "fingerprint": 1,
        "started and ended": 1,
        "microseconds": 2,
        "how an event became known": 1,
        "metric": 1,
        "alias": 1,
        "decision": 1,
        "prediction": 1,
    }
    assert {loss.key[-1] for loss in exported.losses if loss.table == "ArtifactProperty"} == {
        "nan",
        "list",
        "bytes",
        "big",
        "null",
        "struct",
    }
    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        doubles = connection.execute("SELECT name, double_value FROM ArtifactProperty WHERE double_value IS NOT NULL")
        assert dict(doubles) == {"inf": math.inf, "third": 1 / 3}
        ((name, fine),) = connection.execute(
            "SELECT name, string_value FROM ArtifactProperty WHERE string_value LIKE 'mlmd-struct::%'"
        )
        assert (name, len(fine) > 20) == ("fine", True)


def prediction():
    return Prediction(
        trace_id="019ca93e3c007abc8def0123456789ab",
        endpoint="e",
        revision_id=None,
        input_digest=None,
        key_id=None,
        output={},
        confidence=None,
        latency_us=1,
        status=200,
        time=1,
        spool="s",
        sequence=1,
    )


def test_a_file_that_is_there_is_not_overwritten(full, store, bring, tmp_path):
    bring(full)
    (tmp_path / "out.db").write_text("mine", encoding="utf-8")

    with pytest.raises(AlreadyExists, match="not overwritten"):
        export_mlmd(store, tmp_path / "out.db")
    assert (tmp_path / "out.db").read_text(encoding="utf-8") == "mine"


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(full, store, bring, tmp_path):
    bring(full)
    file = tmp_path / "out.db"

    def appear(table, _):
        if table == "Event":
            file.write_text("mine", encoding="utf-8")

    with pytest.raises(AlreadyExists, match="appeared meanwhile"):
        export_mlmd(store, file, progress=appear)
    assert file.read_text(encoding="utf-8") == "mine"
    assert leftovers(tmp_path) == []


def test_a_missing_directory_is_one_clear_error(store, tmp_path):
    with pytest.raises(StoreReadOnly, match="cannot be written"):
        export_mlmd(store, tmp_path / "no" / "out.db")


def test_a_full_disk_leaves_nothing(full, store, bring, tmp_path):
    for id_ in range(2_000, 4_000):
        full.node("Artifact", id_, 10, uri="x" * 500)
    bring(full)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A file may not grow beyond this: to the writer it is a disk that is full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises((StoreFull, StoreReadOnly)):
            export_mlmd(store, tmp_path / "out.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "out.db").exists()
    assert leftovers(tmp_path) == []


def leftovers(directory):
    return [path.name for path in directory.iterdir() if path.name.endswith(".part")]


def test_a_nul_is_never_where_ml_metadata_would_cut_a_text_off_and_each_is_told(store, tmp_path):
    properties = {"a\0b": PropertyType.INT, "fine": PropertyType.STRING}
    store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="T", properties=properties, description="d\0")], by=BY)
    published = store.publish(
        Publication(
            execution=Execution(type="Train", name="e\0"),
            uses=[
                Use(
                    artifact=Artifact(
                        type="T",
                        name="n\0m",
                        uri="u\0",
                        external_id="x\0",
                        properties={"a\0b": 1, "fine": "v\0"},
                        custom_properties={"struct": {"k\0": "v\0"}},
                    ),
                    type=EventType.OUTPUT,
                    path=("k\0", 0),
                )
            ],
            contexts=[Context(type="Pipeline", name="c\0d")],
        ),
        by=BY,
    )
    exported = export_mlmd(store, tmp_path / "out.db")

    with closing(sqlite3.connect(tmp_path / "out.db")) as connection:
        assert not any("\0" in row for row in connection.iterdump())
        assert connection.execute("SELECT name, uri, external_id FROM Artifact").fetchall() == [("n␀m", "u␀", "x␀")]
        assert connection.execute("SELECT name FROM Context").fetchall() == [("c␀d",)]
        assert connection.execute("SELECT step_key FROM EventPath").fetchall() == [("k␀",), (None,)]
    assert exported.changed == {"Type": 1, "Artifact": 1, "Execution": 1, "Context": 1, "EventPath": 1}
    assert (exported.left_out["ArtifactProperty"], exported.left_out["TypeProperty"]) == (2, 1)
    (told,) = exported.examples("Artifact", Fate.CHANGED)
    assert told.key == published.artifact_ids
    assert told.message.startswith("its name, uri, external_id holds a NUL")


def test_two_names_that_ml_metadata_cannot_tell_apart_are_refused_rather_than_one_lost(store, tmp_path):
    store.put([Artifact(type="Model", name="a\0b"), Artifact(type="Model", name="a␀b")], by=BY)

    with pytest.raises(FailedPrecondition, match="UNIQUE"):
        export_mlmd(store, tmp_path / "out.db")
    assert not (tmp_path / "out.db").exists()
    assert leftovers(tmp_path) == []


@pytest.fixture
def no_second_names(monkeypatch):
    """A file system on which a file has one name, as on many USB sticks and network shares."""

    def refuse(*_, **__):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)


@pytest.mark.usefixtures("no_second_names")
def test_without_second_names_a_file_that_appears_meanwhile_is_not_overwritten_either(full, store, bring, tmp_path):
    bring(full)
    file = tmp_path / "out.db"

    def appear(table, _):
        if table == "Event":
            file.write_text("mine", encoding="utf-8")

    with pytest.raises(AlreadyExists, match="appeared meanwhile"):
        export_mlmd(store, file, progress=appear)
    assert file.read_text(encoding="utf-8") == "mine"
    assert leftovers(tmp_path) == []
    file.unlink()
    assert export_mlmd(store, file).rows["Artifact"] == 2
    assert rows(file, "Artifact") == rows(full.path, "Artifact")


def test_the_directory_is_synced_once_the_file_has_its_name(full, store, bring, tmp_path, monkeypatch):
    bring(full)
    synced = []

    def sync(descriptor):
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), (tmp_path / "out.db").exists()))

    monkeypatch.setattr("os.fsync", sync)
    export_mlmd(store, tmp_path / "out.db")
    assert synced == [(False, False), (True, True)]
