"""A real store, and a pen that writes runs into it in one line each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from lineal.model.aliases import Alias
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import EventType
from lineal.model.ids import ArtifactId, ExecutionId, Micros, NodeKind
from lineal.model.nodes import Artifact, Context, Execution, ExecutionState, family_of
from lineal.model.predictions import Prediction
from lineal.model.publication import Origin, Publication, Use
from lineal.model.values import Value
from lineal.model.vocabulary import STANDARD_TYPES
from lineal.store.location import of_database
from lineal.store.open import open_store
from lineal.store.protocol import Store

BY = Origin(actor="ada", action="test")


class TurnedClock:
    """A clock that goes one second further at each look."""

    def __init__(self) -> None:
        self.time = 1_700_000_000_000_000

    def now(self) -> Micros:
        self.time += 1_000_000
        return Micros(self.time)


class Pen:
    """Writes lineage. An artifact is named `Type name`; a name written twice is read, not made again."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.known: dict[str, ArtifactId] = {}
        self.runs: dict[str, ExecutionId] = {}
        self.count = 0

    def run(
        self,
        step: str,
        reads: Sequence[str] = (),
        writes: Sequence[str] = (),
        *,
        params: Mapping[str, Value] | None = None,
        metrics: Mapping[str, Value] | None = None,
        state: ExecutionState = ExecutionState.COMPLETE,
        facts: Mapping[str, Value] | None = None,
        about: Mapping[str, Mapping[str, Value]] | None = None,
        contexts: Sequence[Context] = (),
    ) -> ExecutionId:
        type_, _, label = step.partition(" ")
        self.count += 1
        run_id = f"{self.count:08x}" + "0" * 24
        custom = {f"param.{name}": value for name, value in (params or {}).items()}
        custom |= {f"metric.{name}": value for name, value in (metrics or {}).items()}
        execution = Execution(
            type=type_,
            external_id=run_id,
            state=state,
            properties={"label": label or type_.lower(), "run_id": run_id, **(facts or {})},
            custom_properties=custom,
        )
        uses = [Use(artifact=self.known[name], type=EventType.INPUT) for name in reads]
        uses += [
            Use(artifact=self.artifact(name, (about or {}).get(name, {})), type=EventType.OUTPUT) for name in writes
        ]
        done = self.store.publish(Publication(execution=execution, uses=uses, contexts=contexts), by=BY)
        self.known.update(zip(writes, done.artifact_ids[len(reads) :], strict=True))
        self.runs[label or type_.lower()] = done.execution_id
        return done.execution_id

    def artifact(self, text: str, properties: Mapping[str, Value]) -> Artifact:
        type_, _, name = text.partition(" ")
        digest = hashlib.sha256(text.encode()).hexdigest()
        known = STANDARD_TYPES.get((NodeKind.ARTIFACT, type_))
        declared = known.properties if known else properties
        own = {fact: value for fact, value in properties.items() if fact in declared}
        other = {fact: value for fact, value in properties.items() if fact not in declared}
        return Artifact(type=type_, name=name, fingerprint=f"sha256:{digest}", properties=own, custom_properties=other)

    def alias(self, text: str, alias: str) -> None:
        type_, _, name = text.partition(" ")
        move = Alias(type=type_, family=family_of(name)[0], alias=alias, artifact_id=self.known[text])
        self.store.put_aliases([move], by=BY)

    def decide(self, text: str, action: DecisionAction = DecisionAction.APPROVE, *, actor: str = "grace") -> None:
        artifact = self.store.get(Artifact, [self.known[text]])[0]
        decision = Decision(
            action=action,
            artifact_id=self.known[text],
            fingerprint=artifact.fingerprint,
            actor=actor,
            reason="it is good",
        )
        self.store.put_decisions([decision], by=BY)

    def answer(self, trace_id: str, revision: str | None) -> None:
        prediction = Prediction(
            trace_id=trace_id,
            endpoint="delay-api",
            revision_id=self.known[revision] if revision else None,
            input_digest=None,
            key_id=None,
            output={"delay": 3.5},
            confidence=0.75,
            latency_us=120,
            status=200,
            time=Micros(1_700_000_000_000_000),
            spool="one",
            sequence=int(trace_id[-4:], 16),
        )
        self.store.put_predictions([prediction], by=BY)


TRACE = "019a4f02111172228333444455550001"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(of_database(tmp_path / "lineage.db"), clock=TurnedClock())
    yield opened
    opened.close()


@pytest.fixture
def pen(store: Store) -> Pen:
    return Pen(store)


@pytest.fixture
def flights(pen: Pen) -> Pen:
    """Raw data, two branches that merge, two models and their ensemble; one is approved, live and has answered."""
    rows = {"rows": 842}
    pen.run("Ingest", [], ["RawData flights@1", "RawData weather@1"], about={"RawData flights@1": {"rows": 1000}})
    pen.run("Transform weather-features", ["RawData weather@1"], ["Features weather@2013-01-01"])
    pen.run(
        "Transform join",
        ["RawData flights@1", "Features weather@2013-01-01"],
        ["Dataset train@2013-01-01"],
        about={"Dataset train@2013-01-01": rows},
    )
    pen.run("Train forest", ["Dataset train@2013-01-01"], ["Model forest@v1.0"], params={"trees": 100})
    pen.run("Train boost", ["Dataset train@2013-01-01"], ["Model boost@v1.0"], params={"rate": 0.1})
    pen.run("Train ensemble", ["Model forest@v1.0", "Model boost@v1.0"], ["Model delay@v1.0"], metrics={"loss": 0.5})
    pen.decide("Model delay@v1.0")
    pen.run("Deploy", ["Model delay@v1.0"], ["EndpointRevision delay-api@r1"])
    pen.alias("EndpointRevision delay-api@r1", "live")
    pen.alias("Model delay@v1.0", "production")
    pen.answer(TRACE, "EndpointRevision delay-api@r1")
    return pen
