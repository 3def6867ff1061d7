"""Both sides of a store's figures: a Lineal store full of the graph, and the floor, a copy of it written by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dag import Dag
from benchmarks.dag import Run as Step
from lineal.model.edges import EventType
from lineal.model.ids import ArtifactId, NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState
from lineal.model.publication import Origin, Publication, Use
from lineal.model.types import NodeType
from lineal.model.values import PropertyType, Value
from lineal.store.dialects.sqlite import SqliteDialect
from lineal.store.location import of_database
from lineal.store.open import open_store
from lineal.store.protocol import Store

BY = Origin(actor="benchmark", action="measure")
ARTIFACT_TYPE = "BenchmarkData"
EXECUTION_TYPE = "BenchmarkRun"
CONTEXT_TYPE = "BenchmarkLane"
SPLITS = ("train", "validation", "test")

_TYPES = [
    NodeType(
        kind=NodeKind.ARTIFACT,
        name=ARTIFACT_TYPE,
        properties={
            "rows": PropertyType.INT,
            "quality": PropertyType.DOUBLE,
            "split": PropertyType.STRING,
            "final": PropertyType.BOOLEAN,
        },
    ),
    NodeType(
        kind=NodeKind.EXECUTION,
        name=EXECUTION_TYPE,
        properties={"seed": PropertyType.INT, "rate": PropertyType.DOUBLE, "label": PropertyType.STRING},
    ),
    NodeType(kind=NodeKind.CONTEXT, name=CONTEXT_TYPE),
]


def artifact_of(number: int) -> Artifact:
    """Return the artifact of a number: five small typed properties, name, uri and fingerprint."""
    properties: dict[str, Value] = {
        "rows": number * 7919 % 1_000_003,
        "quality": number * 7907 % 10_007 / 10_007,
        "split": SPLITS[number % 3],
        "final": number % 10 == 0,
    }
    return Artifact(
        type=ARTIFACT_TYPE,
        name=f"data-{number}@v1",
        uri=f"data/{number}.parquet",
        fingerprint=f"sha256:{number:064x}",
        state=ArtifactState.LIVE,
        properties=properties,
        custom_properties={"owner": f"team-{number % 97}"},
    )


def publication_of(number: int, inputs: Sequence[int], outputs: Sequence[int]) -> Publication:
    """Return the publication of one run: ids it read, numbers of what it made, one context."""
    return Publication(
        execution=Execution(
            type=EXECUTION_TYPE,
            state=ExecutionState.COMPLETE,
            properties={"seed": number, "rate": number / 7, "label": f"run-{number}"},
        ),
        uses=[
            *(Use(artifact=ArtifactId(id_), type=EventType.INPUT) for id_ in inputs),
            *(Use(artifact=artifact_of(output), type=EventType.OUTPUT) for output in outputs),
        ],
        contexts=[Context(type=CONTEXT_TYPE, name=f"lane-{number % 9}")],
    )


@dataclass(frozen=True, slots=True)
class Full:
    """A store that holds a graph. Artifact `n` of the graph has the id `n + 1`, run `n` too."""

    store: Store
    path: Path
    dag: Dag


def fill(directory: Path, dag: Dag) -> Full:
    """Return a new store that holds the graph; a thousand publications are durable at once."""
    path = directory / "lineal.db"
    store = open_store(of_database(path))
    store.put_types(_TYPES, by=BY)
    store.put([artifact_of(number) for number in range(dag.hubs)], by=BY)
    for at in range(0, len(dag.runs), 1000):
        with store.batch():
            for number, run in enumerate(dag.runs[at : at + 1000], at):
                _publish(store, number, run)
    return Full(store, path, dag)


def _publish(store: Store, number: int, run: Step) -> None:
    published = store.publish(publication_of(number, [each + 1 for each in run.inputs], run.outputs), by=BY)
    written = published.artifact_ids[len(run.inputs) :]
    # The closures compare ids with the graph's numbers.
    assert written == tuple(each + 1 for each in run.outputs), (number, written)


def copy(source: Path, target: Path) -> None:
    """Copy a database, what its log still holds included."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def open_floor(path: Path) -> sqlite3.Connection:
    """Return a plain connection to a copy of a store with its guards taken off, at the store's own durability."""
    connection = SqliteDialect(path).connect()
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    return connection
