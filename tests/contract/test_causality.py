"""Causality: facts that contradict time are refused, or kept with a finding in their ledger entry."""

from __future__ import annotations

import pytest

from lineal.errors import CausalityViolation
from lineal.model.edges import Event, EventType
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Causality, Publication, Use

OUTPUT_LIKE = [EventType.OUTPUT, EventType.DECLARED_OUTPUT, EventType.INTERNAL_OUTPUT, EventType.PENDING_OUTPUT]
INPUT_LIKE = [EventType.INPUT, EventType.DECLARED_INPUT, EventType.INTERNAL_INPUT]


def put(store, by, node):
    return store.put([node], by=by)[0].id


def model(store, by):
    return put(store, by, Artifact(type="Model"))


def run(store, by, **times):
    return put(store, by, Execution(type="Train", **times))


def event(artifact_id, execution_id, type_=EventType.INPUT, **fields):
    return Event(artifact_id=artifact_id, execution_id=execution_id, type=type_, **fields)


def chain(store, by, length):
    """Put a chain artifact → execution → artifact …; return its artifacts and executions."""
    executions = [run(store, by) for _ in range(length)]
    artifacts = [model(store, by) for _ in range(length + 1)]
    edges = []
    for at, execution_id in enumerate(executions):
        edges += [event(artifacts[at], execution_id), event(artifacts[at + 1], execution_id, EventType.OUTPUT)]
    store.put_edges(edges, by=by)
    return artifacts, executions


def refused(store, backend, by, edges, match):
    """Check that the edges are refused without trace, and kept with a finding where asked."""
    before = backend.dump()
    with pytest.raises(CausalityViolation, match=match) as caught:
        store.put_edges(edges, by=by)
    assert "nothing was stored" in caught.value.hint
    assert backend.dump() == before

    store.put_edges(edges, by=by, causality=Causality.FLAG)
    (entry,) = store.entries(newest_first=True, limit=1)
    assert caught.value.message in entry.findings
    assert len(backend.dump()["event"]) == len(before["event"]) + len(edges)
    assert store.verify().ok


@pytest.mark.parametrize("written", OUTPUT_LIKE)
@pytest.mark.parametrize("used", INPUT_LIKE)
def test_an_artifact_cannot_be_made_from_itself(store, backend, by, used, written):
    execution_id = run(store, by)
    artifact_id = model(store, by)
    refused(
        store,
        backend,
        by,
        [event(artifact_id, execution_id, used), event(artifact_id, execution_id, written)],
        f"artifact#{artifact_id} would be upstream of itself through execution#{execution_id}: a cycle",
    )


@pytest.mark.parametrize("length", [1, 2, 40])
def test_a_long_cycle_is_found_when_its_last_input_comes(store, backend, by, length):
    artifacts, executions = chain(store, by, length)
    refused(store, backend, by, [event(artifacts[-1], executions[0])], "a cycle")


def test_a_long_cycle_is_found_when_its_last_output_comes(store, backend, by):
    back = run(store, by)
    artifacts, _ = chain(store, by, 5)
    store.put_edges([event(artifacts[-1], back)], by=by)
    late = model(store, by)
    store.put_edges([event(late, back, EventType.OUTPUT)], by=by)

    with pytest.raises(CausalityViolation, match="a cycle"):
        store.put_edges([event(artifacts[0], back, EventType.OUTPUT)], by=by)


def test_a_cycle_that_lies_within_one_call_is_found(store, backend, by):
    runs = [run(store, by), run(store, by)]
    models = [model(store, by), model(store, by)]
    refused(
        store,
        backend,
        by,
        [
            event(models[0], runs[0]),
            event(models[1], runs[0], EventType.OUTPUT),
            event(models[1], runs[1]),
            event(models[0], runs[1], EventType.OUTPUT),
        ],
        "a cycle",
    )


def test_a_cycle_through_an_update_of_an_execution_is_found(store, backend, by):
    started = store.publish(
        Publication(
            execution=Execution(type="Train"),
            uses=[Use(artifact=Artifact(type="Model", name="m"), type=EventType.OUTPUT)],
        ),
        by=by,
    )
    tuned = store.publish(
        Publication(
            execution=Execution(type="Train"),
            uses=[
                Use(artifact=started.artifact_ids[0], type=EventType.INPUT),
                Use(artifact=Artifact(type="Model", name="m2"), type=EventType.OUTPUT),
            ],
        ),
        by=by,
    )
    before = backend.dump()
    again = Publication(
        execution=Execution(type="Train", id=started.execution_id, custom_properties={"late": True}),
        uses=[Use(artifact=tuned.artifact_ids[1], type=EventType.INPUT)],
    )
    with pytest.raises(CausalityViolation, match="a cycle"):
        store.publish(again, by=by)
    assert backend.dump() == before


def test_what_only_looks_like_a_cycle_is_fine(store, by):
    artifacts, executions = chain(store, by, 2)
    other = run(store, by)
    # A diamond, and a later run that reads its own sibling.
    store.put_edges([event(artifacts[0], other), event(artifacts[1], other), event(artifacts[0], executions[1])], by=by)
    assert store.verify().ok


@pytest.mark.parametrize("written", OUTPUT_LIKE)
def test_an_output_is_not_older_than_its_execution(store, backend, by, clock, written):
    artifact_id = model(store, by)
    late = run(store, by, started_at=clock.time + 1)
    refused(store, backend, by, [event(artifact_id, late, written)], "is older than execution#")


def test_an_execution_that_reported_no_start_starts_when_it_is_put(store, backend, by):
    artifact_id = model(store, by)
    refused(store, backend, by, [event(artifact_id, run(store, by), EventType.OUTPUT)], "is older than execution#")


def test_an_output_made_at_the_very_start_is_fine(store, by, clock):
    artifact_id = model(store, by)
    store.put_edges([event(artifact_id, run(store, by, started_at=clock.time), EventType.OUTPUT)], by=by)


def test_the_same_bytes_made_again_are_no_contradiction(store, by, clock):
    given = Artifact(type="Model", name="m", fingerprint="sha256:1")
    store.put([given], by=by)
    clock.time += 10**9
    again = Publication(
        execution=Execution(type="Train", started_at=clock.time), uses=[Use(artifact=given, type=EventType.OUTPUT)]
    )
    assert store.publish(again, by=by).reused == {0}
    assert store.entries(newest_first=True, limit=1)[0].findings == ()


@pytest.mark.parametrize("used", INPUT_LIKE)
def test_an_input_was_not_made_after_its_use(store, backend, by, clock, used):
    execution_id = run(store, by, started_at=1)
    artifact_id = model(store, by)
    refused(
        store, backend, by, [event(artifact_id, execution_id, used, time=clock.time - 1)], "is said to have read it"
    )


@pytest.mark.parametrize("used", INPUT_LIKE)
def test_an_input_was_not_made_after_its_execution_ended(store, backend, by, clock, used):
    execution_id = run(store, by, started_at=1, ended_at=clock.time)
    refused(store, backend, by, [event(model(store, by), execution_id, used)], "was made after execution#1 ended")


@pytest.mark.parametrize("far", [2**63 - 1, -(2**62), 10**18])
def test_a_time_that_no_calendar_knows_is_still_told(store, backend, by, far):
    if far > 0:
        edges = [event(model(store, by), run(store, by, started_at=far), EventType.OUTPUT)]
    else:
        edges = [event(model(store, by), run(store, by, started_at=far, ended_at=far))]
    refused(store, backend, by, edges, f"{far} µs")


def test_every_contradiction_of_a_publication_is_a_finding_of_its_entry(store, by, clock):
    old, later = model(store, by), model(store, by)
    publication = Publication(
        execution=Execution(type="Train", started_at=clock.time + 1),
        uses=[
            Use(artifact=old, type=EventType.OUTPUT),
            Use(artifact=later, type=EventType.INPUT, time=1),
            Use(artifact=later, type=EventType.OUTPUT),
        ],
        causality=Causality.FLAG,
    )
    published = store.publish(publication, by=by)

    (entry,) = store.entries(newest_first=True, limit=1)
    assert entry.seq == published.entry
    assert [finding.split()[0] for finding in entry.findings] == [
        f"artifact#{id_}" for id_ in (old, later, later, later)
    ]
    assert "a cycle" in entry.findings[3]
    assert len(store.events(executions=[published.execution_id])) == 3
    assert store.verify().ok
