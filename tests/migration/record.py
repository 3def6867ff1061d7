"""Writes the store of the present schema that later versions must upgrade: `python tests/migration/record.py`.

Run it once for each new schema, before the next one is begun; a recorded store is never written again.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

from lineal.model.aliases import Alias
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import EventType, ParentContext
from lineal.model.ids import ExecutionId, Micros, NodeKey, NodeKind
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution, ExecutionState
from lineal.model.predictions import Prediction
from lineal.model.publication import Origin, Publication, Use
from lineal.model.types import NodeType
from lineal.model.values import PropertyType, Proto
from lineal.store.location import of_database
from lineal.store.migrations.head import HEAD
from lineal.store.open import open_store

BY = Origin(actor="ada", action="record", reason="for the migrations")
STORES = Path(__file__).parent / "stores"


class Ticking:
    """A clock that is the same in every run."""

    def __init__(self) -> None:
        self.time = 1_700_000_000_000_000

    def now(self) -> Micros:
        self.time += 1_000_000
        return Micros(self.time)


def answers(store) -> dict[str, object]:
    """Return all that a store tells, as plain JSON."""
    then = Micros(1_700_000_003_000_000)
    told = {
        "types": store.list_types(),
        "nodes": [*store.list(Artifact).items, *store.list(Execution).items, *store.list(Context).items],
        "then": [*store.get(Artifact, [1], as_of=then), *store.get(Execution, [1], as_of=then)],
        "events": store.events(artifacts=[node.id for node in store.list(Artifact).items]),
        "memberships": store.memberships([NodeKey(NodeKind.CONTEXT, id_) for id_ in (1, 2)]),
        "aliases": store.aliases(history=True),
        "decisions": store.decisions(),
        "metrics": store.metrics(ExecutionId(1)),
        "predictions": store.predictions(),
        "entries": store.entries(),
    }
    return {what: plain(items) for what, items in told.items()}


def plain(value: object) -> object:
    """Return a record as JSON: fields by name, so that a later version may add some."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(getattr(value, name)) for name in value._fields}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.name
    return value if value is None or isinstance(value, str | bool) else repr(value)


def fill(store) -> None:
    """Write something of every kind."""
    schema = {kind.name.lower(): kind for kind in PropertyType}
    store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="Own", version="2", properties=schema)], by=BY)
    values = {
        "int": -(2**63),
        "double": 1 / 3,
        "string": 'é ☃ "\n',
        "struct": {"$double": [float("nan"), b"\xff", None]},
        "proto": Proto("type.example/T", b"\0\xff"),
        "boolean": True,
    }
    store.put([Artifact(type="Own", type_version="2", name="own@1", properties=values)], by=BY)
    model = Artifact(type="Model", name="delay@v1", fingerprint="sha256:1", custom_properties=values)
    raw = Artifact(type="RawData", name="flights@1", uri="file:///flights.csv", external_id="raw")
    store.publish(
        Publication(
            execution=Execution(type="Train", state=ExecutionState.RUNNING, properties={"seed": 7}),
            uses=[
                Use(artifact=raw, type=EventType.INPUT, path=("data", 0)),
                Use(artifact=model, type=EventType.OUTPUT, aliases=("production",)),
            ],
            contexts=[Context(type="Experiment", name="e"), Context(type="Pipeline", name="p")],
            metrics=[MetricSeries(execution_id=1, name="loss", steps=[0, 1], values=[0.5, float("inf")], times=[1, 2])],
        ),
        by=BY,
    )
    store.put(
        [Execution(type="Train", id=1, state=ExecutionState.COMPLETE), Artifact(type="Own", type_version="2", id=1)],
        by=BY,
    )
    store.put_edges([ParentContext(child_id=1, parent_id=2)], by=BY)
    store.put_aliases([Alias(type="Model", family="delay", alias="best", artifact_id=3)], by=BY)
    approval = Decision(
        action=DecisionAction.APPROVE,
        artifact_id=3,
        fingerprint="sha256:1",
        actor="bob",
        reason="good",
        details={"n": 1.5},
    )
    store.put_decisions([approval], by=BY)
    served = Prediction(
        trace_id="019a" + "0" * 28,
        endpoint="delay-api",
        revision_id=None,
        input_digest="h1:" + "0" * 32,
        key_id="k",
        output={"delay": 0.1},
        confidence=0.9,
        latency_us=12,
        status=200,
        time=Micros(1),
        spool="s",
        sequence=1,
    )
    store.put_predictions([served], by=BY)


def main() -> None:
    """Record the store and what it tells."""
    STORES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        location = of_database(Path(directory) / "store.db")
        store = open_store(location, clock=Ticking())
        fill(store)
        (STORES / f"{HEAD}.json").write_text(json.dumps(answers(store), indent=1) + "\n", encoding="utf-8")
        store.close()
        with closing(sqlite3.connect(location.database)) as connection:
            (STORES / f"{HEAD}.sql").write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
