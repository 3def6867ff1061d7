"""Looking for cycles goes no further than a cycle could."""

from __future__ import annotations

from contextlib import closing

from lineal.model.edges import Event, EventType
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Origin
from lineal.store import causality, traversal
from lineal.store.location import of_database
from lineal.store.open import open_store

BY = Origin(actor="ada", action="test")


def test_from_executions_that_read_nothing_no_step_is_taken(tmp_path, monkeypatch):
    with closing(open_store(of_database(tmp_path / "store.db"))) as store:
        made, read = (key.id for key in store.put([Artifact(type="Dataset"), Artifact(type="Dataset")], by=BY))
        executions = [key.id for key in store.put([Execution(type="Ingest") for _ in range(causality.FEW + 2)], by=BY)]
        reader, *makers = executions
        steps = []
        monkeypatch.setattr(causality, "circling", lambda *_: steps.append("all") or set())
        monkeypatch.setattr(traversal, "_leads_to", lambda *_: steps.append("one"))

        store.put_edges([again(made, maker) for maker in makers], by=BY)
        assert steps == []
        store.put_edges([Event(artifact_id=read, execution_id=reader, type=EventType.INPUT)], by=BY)
        store.put_edges([again(made, reader)], by=BY)
        assert steps == ["one"]


def again(artifact_id, execution_id):
    return Event(artifact_id=artifact_id, execution_id=execution_id, type=EventType.OUTPUT, reproduces=True)
