"""Lineal's side, through the Store API. Started by `__main__`, in Lineal's own interpreter."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from benchmarks.dag import SEED
from benchmarks.mlmd import content, lineal_file
from benchmarks.mlmd.content import ArtifactFacts, RunFacts
from benchmarks.mlmd.pipes import serve
from benchmarks.timing import seconds
from lineal.model.edges import EventType
from lineal.model.ids import ArtifactId, NodeKey, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState
from lineal.model.publication import Origin, Publication, Use
from lineal.model.traversal import Closure, Direction
from lineal.model.types import NodeType
from lineal.model.values import PropertyType
from lineal.store.location import of_database
from lineal.store.open import open_store

BY = Origin(actor="benchmark", action="measure")
EVERYTHING = 10_000_000

_TYPES = [
    NodeType(
        kind=NodeKind.ARTIFACT,
        name=content.ARTIFACT_TYPE,
        properties={
            "rows": PropertyType.INT,
            "quality": PropertyType.DOUBLE,
            "split": PropertyType.STRING,
            "final": PropertyType.BOOLEAN,
        },
    ),
    NodeType(
        kind=NodeKind.EXECUTION,
        name=content.EXECUTION_TYPE,
        properties={"seed": PropertyType.INT, "rate": PropertyType.DOUBLE, "label": PropertyType.STRING},
    ),
    NodeType(kind=NodeKind.CONTEXT, name=content.CONTEXT_TYPE),
]


def _artifact(facts: ArtifactFacts) -> Artifact:
    return Artifact(
        type=content.ARTIFACT_TYPE,
        name=facts.name,
        uri=facts.uri,
        state=ArtifactState.LIVE,
        properties={"rows": facts.rows, "quality": facts.quality, "split": facts.split, "final": facts.final},
        custom_properties={"owner": facts.owner},
    )


def _publication(facts: RunFacts, outputs: list[ArtifactFacts]) -> Publication:
    return Publication(
        execution=Execution(
            type=content.EXECUTION_TYPE,
            state=ExecutionState.COMPLETE,
            properties={"seed": facts.seed, "rate": facts.rate, "label": facts.label},
        ),
        uses=[
            *(Use(artifact=ArtifactId(id_), type=EventType.INPUT) for id_ in facts.inputs),
            *(Use(artifact=_artifact(output), type=EventType.OUTPUT) for output in outputs),
        ],
        contexts=[Context(type=content.CONTEXT_TYPE, name=facts.lane)],
    )


class LinealSide:
    """Each public method is a question of the comparing process."""

    file = "lineal.db"

    def fill(self, directory: str, size: int) -> int:
        """Make the store and fill it with the graph; return how many artifacts it has."""
        self._path = Path(directory) / self.file
        self._store = open_store(of_database(self._path))
        self._store.put_types(_TYPES, by=BY)
        self._dag = content.graph(size)
        facts = [content.artifact_facts(number) for number in range(self._dag.hubs)]
        self._store.put([_artifact(each) for each in facts], by=BY)
        runs = content.graph_runs(self._dag)
        for at in range(0, len(runs), 1000):
            with self._store.batch():
                for run in runs[at : at + 1000]:
                    made = self._publish(run).artifact_ids[len(run.inputs) :]
                    assert made == tuple(number + 1 for number in run.outputs)
        return self._dag.artifacts

    def durability(self) -> str:
        """Return how a commit is made durable."""
        return lineal_file.durability(self._path, self._store.facts())

    # writing -------------------------------------------------------------------------------------
    def publish(self, at: int, times: int) -> float:
        """Return the seconds of `times` publications, each durable: 3 inputs, 2 outputs, 1 context."""
        choose = random.Random(f"{SEED} {at}")
        known = range(1, self._dag.artifacts + 1)
        plan = [
            content.run_facts(number, tuple(choose.sample(known, 3)), (number, number + 1))
            for number in range(at, at + 2 * times, 2)
        ]
        made = [[content.artifact_facts(number) for number in run.outputs] for run in plan]
        return seconds(
            lambda: [
                self._store.publish(_publication(run, outputs), by=BY) for run, outputs in zip(plan, made, strict=True)
            ]
        )

    def put_batch(self, at: int, times: int) -> float:
        """Return the seconds of `times` puts of 100 artifacts."""
        plan = [[content.artifact_facts(at + 100 * batch + each) for each in range(100)] for batch in range(times)]
        return seconds(lambda: [self._store.put([_artifact(each) for each in batch], by=BY) for batch in plan])

    def put_single(self, at: int, times: int) -> float:
        """Return the seconds of `times` puts of one artifact."""
        plan = [content.artifact_facts(number) for number in range(at, at + times)]
        return seconds(lambda: [self._store.put([_artifact(each)], by=BY) for each in plan])

    # reading -------------------------------------------------------------------------------------
    def get_1000(self, ids: list[int], times: int) -> float:
        """Return the seconds of `times` reads of these artifacts."""
        return seconds(lambda: [self._store.get(Artifact, ids) for _ in range(times)])

    def get_one(self, ids: list[int]) -> float:
        """Return the seconds of reading each of these artifacts by itself."""
        return seconds(lambda: [self._store.get(Artifact, [id_]) for id_ in ids])

    def filter(self, text: str, times: int) -> float:
        """Return the seconds of `times` listings of all artifacts a filter finds."""
        return seconds(lambda: [self._filtered(text) for _ in range(times)])

    def closure_events(self, start: int) -> float:
        """Return the seconds of one downstream closure with its events."""
        return seconds(lambda: _look(self._closure(start)))

    def closure_full(self, start: int) -> float:
        """Return the seconds of one downstream closure with its events and all its nodes."""
        return seconds(lambda: (answer := self._full(start), _look(answer[0])))

    # answers -------------------------------------------------------------------------------------
    def artifacts(self, ids: list[int]) -> list[Any]:
        """Return these artifacts as plain values."""
        return [_plain(artifact) for artifact in self._store.get(Artifact, ids)]

    def found(self, text: str) -> list[int]:
        """Return the ids a filter finds."""
        return [int(artifact.id or 0) for artifact in self._filtered(text)]

    def reached(self, start: int) -> list[list[Any]]:
        """Return a closure: artifact ids, execution ids, events."""
        closure, artifacts, executions = self._full(start)
        assert closure.truncated is None
        events = [[event.artifact_id, event.execution_id, event.type.value] for event in closure.events]
        return [
            sorted(int(each.id or 0) for each in artifacts),
            sorted(int(each.id or 0) for each in executions),
            sorted(events),
        ]

    def counts(self) -> dict[str, int]:
        """Return how many of each thing there are."""
        return lineal_file.counts(self._path)

    def size(self) -> int:
        """Return the bytes of the store's file."""
        return lineal_file.size(self._path)

    def _publish(self, run: RunFacts) -> Any:
        outputs = [content.artifact_facts(number) for number in run.outputs]
        return self._store.publish(_publication(run, outputs), by=BY)

    def _filtered(self, text: str) -> list[Artifact]:
        return list(self._store.list(Artifact, ListOptions(filter=text, limit=EVERYTHING)).items)

    def _closure(self, start: int) -> Closure:
        return self._store.closure([NodeKey(NodeKind.ARTIFACT, start)], Direction.DOWNSTREAM)

    def _full(self, start: int) -> tuple[Closure, list[Artifact], list[Execution]]:
        closure = self._closure(start)
        return (
            closure,
            list(self._store.get(Artifact, sorted(closure.artifacts))),
            list(self._store.get(Execution, sorted(closure.executions))),
        )


def _look(closure: Closure) -> int:
    """Look at every event: an answer's events are made only then."""
    return sum(event.artifact_id for event in closure.events)


def _plain(artifact: Artifact) -> list[Any]:
    return [
        artifact.id,
        artifact.type,
        artifact.name,
        artifact.uri,
        artifact.state.value,
        sorted(artifact.properties.items()),
        sorted(artifact.custom_properties.items()),
    ]


if __name__ == "__main__":
    serve(LinealSide())
