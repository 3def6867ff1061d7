"""Sources that are no files: queries and parts of streams."""

from __future__ import annotations

import sqlite3

import pandas as pd
import pytest

import lineal
from lineal import sources
from lineal.capture.data import fingerprint_of, fingerprint_of_path
from lineal.errors import InvalidArgument
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact


@pytest.fixture
def run(workspace):
    with lineal.run("train", workspace=workspace) as opened:
        yield opened


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "flights.db"
    with sqlite3.connect(path) as connection:
        pd.DataFrame({"delay": [1, 20, 300]}).to_sql("flights", connection, index=False)
    connection.close()
    return path


def inputs(workspace, run):
    events = workspace.store.events(executions=[run.execution.id])
    return workspace.store.get(Artifact, [e.artifact_id for e in events if e.type is EventType.INPUT])


def test_the_result_of_a_query_has_its_text_its_source_and_its_own_fingerprint(workspace, run, database):
    connection = sqlite3.connect(database)
    query = "SELECT delay FROM flights WHERE delay > 15"
    frame = pd.read_sql(query, connection)
    assert run.use(frame, name="late", source=sources.sql(query, connection=connection)) is frame
    connection.close()
    [artifact] = inputs(workspace, run)
    assert artifact.fingerprint == fingerprint_of(frame).fingerprint
    assert artifact.uri == database.as_uri()
    assert artifact.custom_properties["query"] == query
    assert artifact.custom_properties["source_fingerprint"] == fingerprint_of_path(database).fingerprint


def test_secrets_in_a_query_and_its_connection_are_not_recorded(workspace, run):
    key = "hunter2hunter2"
    source = sources.sql(f"ATTACH 'x' (PASSWORD '{key}')", connection=f"postgresql://ada:{key}@db.example.org/flights")
    run.use(pd.DataFrame({"a": [1]}), name="a", source=source)
    [artifact] = inputs(workspace, run)
    assert key not in repr(artifact)
    assert artifact.uri == "postgresql://db.example.org/flights"


def test_two_parts_of_one_topic_are_two_versions_of_one_dataset(workspace, run):
    first = run.use(sources.stream("flights", offsets={0: (0, 500), 1: (10, 20)})).artifact
    again = run.use(sources.stream("flights", offsets={1: (10, 20), 0: (0, 500)})).artifact
    later = run.use(sources.stream("flights", offsets={0: (500, 900), 1: (20, 30)})).artifact
    assert [first.name, again.name, later.name] == ["flights@v1", "flights@v1", "flights@v2"]
    assert later.custom_properties["offsets"] == {"0": [500, 900], "1": [20, 30]}
    assert later.custom_properties["records"] == 410
    assert (later.fingerprint, later.custom_properties["source_evidence"]) == (None, "declared")


def test_a_model_that_goes_on_learning_has_each_of_its_snapshots_upstream(workspace):
    parents = []
    for number, offsets in enumerate([(0, 100), (100, 250)], start=1):
        with lineal.run("learn", workspace=workspace) as run:
            run.use(sources.stream("flights", offsets={0: offsets}))
            parents = [run.log_model({"seen": offsets[1]}, name="delay", version=str(number), parents=parents)]
    graph = workspace.trace("model:delay@2")
    assert {artifact.name for artifact in graph.artifacts("Dataset")} == {"flights@v1", "flights@v2"}
    assert {artifact.name for artifact in workspace.trace("model:delay@1").artifacts("Dataset")} == {"flights@v1"}


def test_a_frame_read_from_a_stream_has_both_its_content_and_the_offsets(workspace, run):
    frame = pd.DataFrame({"delay": [1, 2]})
    run.use(frame, name="batch", source=sources.stream("flights", offsets={0: (0, 2)}))
    [artifact] = inputs(workspace, run)
    assert artifact.fingerprint == fingerprint_of(frame).fingerprint
    assert artifact.uri == "kafka://flights?0=0-2"


@pytest.mark.parametrize(
    "offsets", [{}, {0: (5, 4)}, {0: (-1, 4)}, {0: 7}, {0: ("a", "b")}, {"0": (1, 2)}, {0: (1, 2, 3)}, {0: (True, 2)}]
)
def test_offsets_that_are_none_are_refused(offsets):
    with pytest.raises(InvalidArgument):
        sources.stream("flights", offsets=offsets)


def test_a_connection_that_does_not_say_its_database_is_refused():
    with pytest.raises(InvalidArgument, match="does not say"):
        sources.sql("SELECT 1", connection=object())


def test_a_pinned_url_is_a_version_of_its_own_and_says_that_it_is_declared(workspace, run):
    one = run.use("s3://bucket/flights.csv?versionId=aaa").artifact
    other = run.use("s3://bucket/flights.csv?versionId=bbb").artifact
    assert (one.name, other.name) == ("flights@v1", "flights@v2")
    assert other.custom_properties["source_version"] == "bbb"
    assert other.custom_properties["source_system"] == "s3"
    assert other.custom_properties["source_evidence"] == "declared"
    moving = run.use("s3://bucket/weather.csv").artifact
    assert "names no version" in moving.custom_properties["source_version_unknown"]


def test_a_versioned_table_on_disk_has_its_version_beside_its_content(workspace, run, tmp_path):
    (tmp_path / "flights" / "_delta_log").mkdir(parents=True)
    (tmp_path / "flights" / "_delta_log" / f"{3:020}.json").write_text("{}")
    artifact = run.use(tmp_path / "flights").artifact
    assert artifact.fingerprint is not None
    assert artifact.custom_properties["source_version"] == "3"
    assert artifact.custom_properties["source_evidence"] == "observed"
