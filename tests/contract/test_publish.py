"""Publishing: everything of an execution in one step, or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineal.errors import (
    AlreadyExists,
    CausalityViolation,
    InvalidArgument,
    NotFound,
    PropertyTypeMismatch,
    UnknownType,
)
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import Association, Attribution, EventType, How
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution, ExecutionState
from lineal.model.publication import Origin, Publication, Use

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def model(name="delay@v1", fingerprint=A, **fields):
    return Artifact(type="Model", name=name, fingerprint=fingerprint, **fields)


def output(artifact=None, **fields):
    return Use(artifact=artifact or model(), type=EventType.OUTPUT, **fields)


def read(artifact, **fields):
    return Use(artifact=artifact, type=EventType.INPUT, **fields)


def train(*uses, contexts=(), **fields):
    return Publication(
        execution=Execution(type="Train", **fields.pop("of", {})), uses=uses, contexts=contexts, **fields
    )


def series(name="loss", values=(0.5, float("nan"))):
    steps = range(len(values))
    return MetricSeries(execution_id=0, name=name, steps=steps, values=values, times=[7 + step for step in steps])


def approval(artifact_id, **fields):
    given = {"action": DecisionAction.APPROVE, "fingerprint": A, "actor": "bob", "reason": "good"} | fields
    return Decision(artifact_id=artifact_id, **given)


def test_a_publication_is_all_there_in_one_entry(store, by, clock, clean):
    (data,) = store.put([Artifact(type="Dataset", name="flights@1")], by=by)
    published = store.publish(
        train(
            read(data.id, path=("data", 0), how=How.OBSERVED, time=clock.time),
            output(path=("model",), aliases=("candidate", "best")),
            Use(artifact=Artifact(type="Report"), type=EventType.DECLARED_OUTPUT, how=How.INFERRED),
            contexts=[Context(type="Experiment", name="e"), Context(type="RegisteredModel", name="delay")],
            metrics=[series()],
            decisions=[approval(data.id, fingerprint=None, details={"regulation": "x"})],
            of={"state": ExecutionState.COMPLETE, "started_at": clock.time, "properties": {"seed": 1}},
        ),
        by=replace(by, reason="because", request_id="r1", reported_at=5),
    )

    (execution,) = store.get(Execution, [published.execution_id])
    assert (execution.type, execution.state, execution.properties) == ("Train", ExecutionState.COMPLETE, {"seed": 1})
    artifacts = store.get(Artifact, published.artifact_ids)
    assert [node.name for node in artifacts] == ["flights@1", "delay@v1", None]
    assert published.artifact_ids[0] == data.id
    events = store.events(executions=[published.execution_id])
    assert [(event.artifact_id, event.type, event.path, event.how) for event in events] == [
        (artifacts[0].id, EventType.INPUT, ("data", 0), How.OBSERVED),
        (artifacts[1].id, EventType.OUTPUT, ("model",), How.DECLARED),
        (artifacts[2].id, EventType.DECLARED_OUTPUT, (), How.INFERRED),
    ]
    assert [context.name for context in store.get(Context, published.context_ids)] == ["e", "delay"]
    assert [(item.alias, item.family, item.artifact_id) for item in store.aliases()] == [
        ("candidate", "delay", artifacts[1].id),
        ("best", "delay", artifacts[1].id),
    ]
    (metric,) = store.metrics(published.execution_id)
    assert (metric.name, list(metric.steps), metric.values[0], list(metric.times)) == ("loss", [0, 1], 0.5, [7, 8])
    assert metric.values[1] != metric.values[1]
    (decision,) = store.decisions()
    assert (decision.execution_id, decision.details) == (published.execution_id, {"regulation": "x"})
    memberships = set(store.memberships([NodeKey(NodeKind.CONTEXT, id_) for id_ in published.context_ids]))
    assert memberships == {
        made
        for context in published.context_ids
        for made in (
            Association(execution_id=published.execution_id, context_id=context),
            *(Attribution(artifact_id=id_, context_id=context) for id_ in published.artifact_ids[1:]),
        )
    }
    (entry,) = store.entries(newest_first=True, limit=1)
    assert (entry.seq, entry.reason, entry.request_id, entry.reported_at) == (published.entry, "because", "r1", 5)
    assert published.reused == frozenset()
    found = [execution, *artifacts[1:], *events, *store.aliases(), decision, *store.get(Context, published.context_ids)]
    assert {item.entry for item in found} == {published.entry}
    clean()


def test_an_artifact_of_the_same_content_is_reused(store, by, clean):
    first = store.publish(train(output()), by=by)
    second = store.publish(train(output(), output(model("other"))), by=by)

    assert second.reused == {0}
    assert second.artifact_ids[0] == first.artifact_ids[0]
    assert [event.execution_id for event in store.events(artifacts=first.artifact_ids)] == [
        first.execution_id,
        second.execution_id,
    ]
    clean()


def test_other_content_under_a_taken_name_is_refused_and_shows_both(store, backend, by):
    store.publish(train(output()), by=by)
    before = backend.dump()

    for fingerprint, shown in ((B, B), (None, "no fingerprint")):
        with pytest.raises(AlreadyExists, match="exists as artifact#1 with other content") as caught:
            store.publish(train(output(model(fingerprint=fingerprint))), by=by)
        assert f"stored {A}, given {shown}" in caught.value.message
        assert "version" in caught.value.hint
    assert backend.dump() == before


def test_without_fingerprints_equal_properties_are_the_same_content(store, by):
    values = {"capture": {"t": (1, 2), "nan": float("nan")}, "seed": 1}
    given = Artifact(type="EndpointRevision", name="e@r1", properties={"config": values})
    first = store.publish(train(output(given)), by=by)

    assert store.publish(train(output(given)), by=by).artifact_ids == first.artifact_ids
    for changed in (1.0, True, 2):
        other = replace(given, properties={"config": values | {"seed": changed}})
        with pytest.raises(AlreadyExists):
            store.publish(train(output(other)), by=by)


def test_without_reuse_a_taken_name_is_refused_whatever_the_content(store, by, clean):
    store.publish(train(output()), by=by)

    with pytest.raises(AlreadyExists, match="delay@v1"):
        store.publish(train(output(), reuse=False), by=by)
    with pytest.raises(AlreadyExists, match="delay@v2"):
        store.publish(train(output(model("delay@v2")), output(model("delay@v2")), reuse=False), by=by)
    assert len(store.publish(train(output(model("delay@v2")), reuse=False), by=by).artifact_ids) == 1
    assert len(store.list(Execution).items) == 2


@pytest.mark.parametrize("all_join", [False, True])
def test_what_was_used_joins_the_contexts_where_all_join(store, by, clean, all_join):
    (data,) = store.put([Artifact(type="Dataset", name="flights@1")], by=by)
    contexts = [Context(type="Experiment", name="first")]

    for _ in range(2):
        published = store.publish(
            train(read(data.id), output(model(None)), contexts=contexts, all_join=all_join), by=by
        )
        made = published.artifact_ids[1]

    members = [
        edge.artifact_id
        for edge in store.memberships([NodeKey(NodeKind.CONTEXT, published.context_ids[0])], only=[Attribution])
    ]
    assert set(members) == {made, made - 1} | ({data.id} if all_join else set())
    assert len(members) == len(set(members))


def test_one_artifact_given_twice_is_one_artifact(store, by, clean):
    published = store.publish(
        train(
            Use(artifact=model(), type=EventType.DECLARED_OUTPUT),
            output(),
            contexts=[Context(type="Pipeline", name="p")] * 2,
        ),
        by=by,
    )
    assert len(set(published.artifact_ids)) == 1
    assert len(set(published.context_ids)) == 1
    assert len(store.list(Artifact).items) == len(store.list(Context).items) == 1
    clean()


def test_artifacts_without_a_name_are_never_the_same(store, by):
    published = store.publish(train(output(model(None)), output(model(None))), by=by)
    assert len(set(published.artifact_ids)) == 2


def test_contexts_are_reused_by_type_and_name(store, by, clean):
    first = store.publish(train(output(), contexts=[Context(type="Experiment", name="e")]), by=by)
    second = store.publish(
        train(output(model("m2")), contexts=[Context(type="Experiment", name="e"), Context(type="Pipeline", name="e")]),
        by=by,
    )
    assert second.context_ids[0] == first.context_ids[0] != second.context_ids[1]
    clean()


def test_an_execution_with_an_id_is_updated_and_gets_more_events(store, by, clock, clean):
    started = store.publish(train(of={"state": ExecutionState.RUNNING, "started_at": clock.time}), by=by)
    done = Execution(
        type="Train", id=started.execution_id, state=ExecutionState.COMPLETE, started_at=clock.time, ended_at=clock.time
    )
    ended = store.publish(Publication(execution=done, uses=[output()]), by=by)

    assert ended.execution_id == started.execution_id
    assert store.get(Execution, [ended.execution_id])[0].state is ExecutionState.COMPLETE
    assert len(store.events(executions=[ended.execution_id])) == 1
    clean()


def test_an_alias_moves_and_its_history_stays(store, by, clean):
    first = store.publish(train(output(aliases=("production",))), by=by).artifact_ids[0]
    second = store.publish(train(output(model("delay@v2", B), aliases=("production",))), by=by).artifact_ids[0]

    assert [item.artifact_id for item in store.aliases(family="delay", alias="production")] == [second]
    assert [item.artifact_id for item in store.aliases(history=True)] == [first, second]
    assert store.aliases(artifacts=[first]) == []
    clean()


def known(store, by):
    """Put what a bad publication can collide with."""
    store.publish(
        train(
            output(external_id_of(model())),
            contexts=[Context(type="Experiment", name="e", external_id="c")],
            of={"name": "taken", "external_id": "x"},
        ),
        by=by,
    )
    store.put([Artifact(type="Dataset", name="d", fingerprint=A)], by=by)


def external_id_of(artifact):
    return replace(artifact, external_id="m")


FINE = [output(model("new@1", B), aliases=("best",)), read(Artifact(type="RawData", name="raw"))]
GOOD = {
    "contexts": [Context(type="PipelineRun", name="fresh")],
    "metrics": [series()],
    "decisions": [approval(1)],
}

BAD = {
    "an unknown type": (train(*FINE, output(Artifact(type="Nothing")), **GOOD), UnknownType),
    "an unknown type of execution": (Publication(execution=Execution(type="Nothing"), uses=FINE), UnknownType),
    "an unknown type of context": (train(*FINE, contexts=[Context(type="Nothing", name="x")]), UnknownType),
    "a wrong property": (
        train(*FINE, output(Artifact(type="Model", properties={"bytes": "1"})), **GOOD),
        PropertyTypeMismatch,
    ),
    "a wrong property of the run": (train(*FINE, of={"properties": {"seed": True}}), PropertyTypeMismatch),
    "other content": (train(*FINE, output(model(fingerprint=B)), **GOOD), AlreadyExists),
    "other content within": (train(*FINE, output(model("new@1", A)), **GOOD), AlreadyExists),
    "a missing artifact": (train(*FINE, read(99), **GOOD), NotFound),
    "a missing execution": (train(*FINE, of={"id": 99}, **GOOD), NotFound),
    "a taken execution": (train(*FINE, of={"name": "taken"}, **GOOD), AlreadyExists),
    "a taken external id": (train(*FINE, of={"external_id": "x"}, **GOOD), AlreadyExists),
    "an artifact's taken external id": (train(*FINE, output(model("z", external_id="m")), **GOOD), AlreadyExists),
    "a context's taken external id": (
        train(*FINE, contexts=[Context(type="Pipeline", name="z", external_id="c")]),
        AlreadyExists,
    ),
    "an event without a type": (train(*FINE, Use(artifact=1, type=EventType.UNKNOWN), **GOOD), InvalidArgument),
    "one event twice": (train(*FINE, read(1), read(1), **GOOD), AlreadyExists),
    "an artifact both read and written": (train(*FINE, read(2), output(2), **GOOD), CausalityViolation),
    "an old output": (train(*FINE, output(2), of={"started_at": 1_800_000_000_000_000}, **GOOD), CausalityViolation),
    "an end before the start": (train(*FINE, of={"started_at": 5, "ended_at": 4}, **GOOD), InvalidArgument),
    "an alias of nothing": (train(*FINE, output(Artifact(type="Model"), aliases=("a",)), **GOOD), InvalidArgument),
    "latest as an alias": (train(*FINE, output(model("y"), aliases=("latest",)), **GOOD), InvalidArgument),
    "an empty alias": (train(*FINE, output(model("y"), aliases=("",)), **GOOD), InvalidArgument),
    "uneven metrics": (train(*FINE, metrics=[series(), replace(series(), values=[1.0])]), InvalidArgument),
    "a step that is no integer": (train(*FINE, metrics=[replace(series(), steps=[0, "1"])]), InvalidArgument),
    "a decision about nothing": (train(*FINE, decisions=[approval(1), approval(99)]), NotFound),
    "a decision with an odd detail": (train(*FINE, decisions=[approval(1, details={"d": object()})]), InvalidArgument),
    "a decision with a surrogate": (train(*FINE, decisions=[approval(1, fingerprint="\ud800")]), InvalidArgument),
    "a surrogate in a name": (train(*FINE, output(model("\ud800")), **GOOD), InvalidArgument),
    "a surrogate in a path": (train(*FINE, output(model("y"), path=("\ud800",)), **GOOD), InvalidArgument),
    "a path of doubles": (train(*FINE, output(model("y"), path=(1.5,)), **GOOD), InvalidArgument),
    "a time beyond 64 bits": (train(*FINE, output(model("y"), time=2**63), **GOOD), InvalidArgument),
}


@pytest.mark.parametrize(("publication", "error"), BAD.values(), ids=BAD)
def test_a_bad_publication_leaves_nothing_behind(store, backend, by, clean, publication, error):
    known(store, by)
    before = backend.dump()

    with pytest.raises(error) as caught:
        store.publish(publication, by=by)
    assert caught.value.message
    assert backend.dump() == before
    clean()
    # What was undone is not remembered either: the same call without its fault works.
    store.publish(train(*FINE, **GOOD), by=by)
    clean()


def test_a_publication_without_an_actor_is_refused(store, backend, by):
    before = backend.dump()
    with pytest.raises(InvalidArgument, match="actor"):
        store.publish(train(output()), by=Origin(actor="", action="x"))
    assert backend.dump() == before
