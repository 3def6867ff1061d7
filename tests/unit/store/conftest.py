"""A store in which every table has rows, some of them former ones; and the file behind it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from lineal.model.aliases import Alias
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import EventType, ParentContext
from lineal.model.ids import NodeKind
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.predictions import Prediction
from lineal.model.publication import Origin, Publication, Use
from lineal.model.types import NodeType
from lineal.store.location import of_database
from lineal.store.open import open_store

BY = Origin(actor="ada", action="test", reason="because", request_id="r", reported_at=1)


def fill(store):
    """Write at least two rows of every table, and two former ones of every kind of node."""
    values = {"i": 1, "d": 0.5, "b": True, "s": "x" * 250, "t": {"k": [1.5]}}
    store.put_types(
        [NodeType(kind=NodeKind.ARTIFACT, name=f"Own{number}", external_id=f"x{number}") for number in (1, 2)], by=BY
    )
    for number in (1, 2):
        model = Artifact(
            type="Model", name=f"m@{number}", uri="u", fingerprint=f"sha256:{number}", custom_properties=values
        )
        store.publish(
            Publication(
                execution=Execution(type="Train", name=f"t{number}", custom_properties=values),
                uses=[
                    Use(artifact=Artifact(type="RawData", name=f"d@{number}"), type=EventType.INPUT, path=("a", 0)),
                    Use(artifact=model, type=EventType.OUTPUT),
                ],
                contexts=[Context(type="Experiment", name="e"), Context(type="Pipeline", name=f"p{number}")],
                metrics=[MetricSeries(execution_id=0, name="loss", steps=[1], values=[0.5], times=[1])],
                decisions=[
                    Decision(action=DecisionAction.HOLD, artifact_id=1, fingerprint=None, actor="a", reason="r")
                ],
            ),
            by=BY,
        )
    store.put_edges([ParentContext(child_id=2, parent_id=1), ParentContext(child_id=3, parent_id=1)], by=BY)
    store.put_aliases([Alias(type="Model", family="m", alias=alias, artifact_id=2) for alias in "ab"], by=BY)
    for number in (1, 2):
        store.put(
            [
                Artifact(
                    type="Model",
                    id=2,
                    fingerprint="sha256:1",
                    external_id=f"x{number}",
                    uri=f"u{number}",
                    custom_properties=values,
                ),
                Execution(type="Train", id=1, external_id=f"x{number}", custom_properties=values),
                Context(type="Experiment", id=1, name="e", external_id=f"x{number}", custom_properties=values),
            ],
            by=BY,
        )
    store.put_predictions([prediction(1), prediction(2)], by=BY)


def prediction(number):
    return Prediction(
        trace_id=f"{number:032x}",
        endpoint="e",
        revision_id=1,
        input_digest="h1:0",
        key_id="k",
        output=[0.1],
        confidence=0.5,
        latency_us=1,
        status=200,
        time=1,
        spool="s",
        sequence=number,
    )


@pytest.fixture(scope="session")
def original(tmp_path_factory):
    """The bytes of the file of a full store."""
    path = tmp_path_factory.mktemp("original") / "store.db"
    store = open_store(of_database(path))
    fill(store)
    assert store.verify().findings == []
    store.close()
    return path.read_bytes()


@pytest.fixture
def database(original, tmp_path):
    """A fresh copy of a full store's file."""
    path = tmp_path / "store.db"
    path.write_bytes(original)
    return path


@pytest.fixture(scope="session")
def unguarded(original, tmp_path_factory):
    """The bytes of the same file with every trigger gone."""
    path = tmp_path_factory.mktemp("unguarded") / "store.db"
    path.write_bytes(original)
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.execute("BEGIN")
        for (name,) in names:
            connection.execute(f"DROP TRIGGER {name}")
        connection.commit()
    return path.read_bytes()


@pytest.fixture
def behind(unguarded, tmp_path):
    """A connection behind our back to a full store without triggers; what it does is undone at the end."""
    path = tmp_path / "unguarded.db"
    path.write_bytes(unguarded)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        yield connection
