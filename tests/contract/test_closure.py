"""Closures of any depth and width, cut only when asked, and never in silence."""

from __future__ import annotations

import re

import pytest

from lineal.errors import InvalidArgument
from lineal.model.edges import Event, EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Causality, Publication, Use
from lineal.model.traversal import Direction

A, E = NodeKind.ARTIFACT, NodeKind.EXECUTION
UP, DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM


def artifacts(store, by, count):
    return [key.id for key in store.put([Artifact(type="Model") for _ in range(count)], by=by)]


def executions(store, by, count):
    return [key.id for key in store.put([Execution(type="Train", started_at=1) for _ in range(count)], by=by)]


def read(artifact_id, execution_id, type_=EventType.INPUT):
    return Event(artifact_id=artifact_id, execution_id=execution_id, type=type_)


def wrote(execution_id, artifact_id, type_=EventType.OUTPUT):
    return Event(artifact_id=artifact_id, execution_id=execution_id, type=type_)


def chain(store, by, runs):
    """Put artifact → execution → artifact …: two hops a run."""
    made, ran = artifacts(store, by, runs + 1), executions(store, by, runs)
    edges = [read(made[at], ran[at]) for at in range(runs)] + [wrote(ran[at], made[at + 1]) for at in range(runs)]
    store.put_edges(edges, by=by)
    return made, ran


def test_a_chain_of_a_thousand_hops_is_complete_both_ways(store, by):
    made, ran = chain(store, by, 500)

    down = store.closure([NodeKey(A, made[0])], DOWN)
    assert down.artifacts == {id_: 2 * at for at, id_ in enumerate(made)}
    assert down.executions == {id_: 2 * at + 1 for at, id_ in enumerate(ran)}
    assert (len(down.events), down.truncated) == (1000, None)
    up = store.closure([NodeKey(A, made[-1])], UP)
    assert up.artifacts == {id_: 2 * at for at, id_ in enumerate(reversed(made))}
    assert list(up.events) == list(down.events)


def test_a_fan_out_of_a_hundred_thousand_is_complete(store, by, clean):
    width = 100_000
    uses = [Use(artifact=Artifact(type="Features"), type=EventType.OUTPUT) for _ in range(width)]
    with store.batch():
        (source,) = artifacts(store, by, 1)
        published = store.publish(
            Publication(
                execution=Execution(type="Transform"), uses=[Use(artifact=source, type=EventType.INPUT), *uses]
            ),
            by=by,
        )

    down = store.closure([NodeKey(A, source)], DOWN)
    assert down.artifacts == {source: 0} | dict.fromkeys(published.artifact_ids[1:], 2)
    assert (len(down.events), down.truncated) == (width + 1, None)
    assert store.closure([NodeKey(A, id_) for id_ in published.artifact_ids[1:]], UP).artifacts[source] == 2
    cut = store.closure([NodeKey(A, source)], DOWN, limit=width)
    assert len(cut.artifacts) + len(cut.executions) == width
    assert "2 more edges" in cut.truncated.reason


@pytest.mark.parametrize("used", [EventType.INPUT, EventType.DECLARED_INPUT, EventType.INTERNAL_INPUT])
@pytest.mark.parametrize(
    "written", [EventType.OUTPUT, EventType.DECLARED_OUTPUT, EventType.INTERNAL_OUTPUT, EventType.PENDING_OUTPUT]
)
def test_every_kind_of_input_and_output_is_walked(store, by, used, written):
    (ran,), (before,) = executions(store, by, 1), artifacts(store, by, 1)
    (after,) = artifacts(store, by, 1)
    store.put_edges([read(before, ran, used), wrote(ran, after, written)], by=by)

    assert set(store.closure([NodeKey(A, before)], DOWN).artifacts) == {before, after}
    assert set(store.closure([NodeKey(A, after)], UP).artifacts) == {before, after}
    assert set(store.closure([NodeKey(A, before)], UP).artifacts) == {before}
    assert store.closure([NodeKey(E, ran)], DOWN).artifacts == {after: 1}
    assert store.closure([NodeKey(E, ran)], UP).artifacts == {before: 1}


def test_several_starts_of_both_kinds_are_one_closure(store, by):
    made, ran = chain(store, by, 3)
    found = store.closure([NodeKey(A, made[0]), NodeKey(E, ran[1]), NodeKey(A, made[0])], DOWN)

    assert found.artifacts == {made[0]: 0, made[1]: 2, made[2]: 1, made[3]: 3}
    assert found.executions == {ran[0]: 1, ran[1]: 0, ran[2]: 2}


def test_who_made_the_same_content_again_is_counted_upstream_and_followed_when_asked(store, by, clock):
    given = Artifact(type="Model", name="m", fingerprint="sha256:1")
    runs = []
    for _ in range(3):
        clock.time += 10**6
        used = Use(artifact=Artifact(type="Dataset"), type=EventType.INPUT)
        published = store.publish(
            Publication(
                execution=Execution(type="Train", started_at=clock.time),
                uses=[used, Use(artifact=given, type=EventType.OUTPUT)],
            ),
            by=by,
        )
        runs.append(published.execution_id)
    start = [NodeKey(A, published.artifact_ids[1])]

    for hops in (None, 2, 1, 0):
        found = store.closure(start, UP, hops=hops)
        assert set(found.executions) == (set(runs[:1]) if hops != 0 else set())
        assert found.reproduced == {start[0].id: 2}
        assert (found.truncated is None) == (hops in {None, 2})
    assert set(store.closure(start, UP, reproductions=True).executions) == set(runs)
    assert store.closure(start, UP, reproductions=True).reproduced == {}
    assert store.closure([NodeKey(E, runs[2])], DOWN).artifacts == {start[0].id: 1}
    assert store.entries(newest_first=True, limit=1)[0].findings == ()


def test_hops_cut_and_say_how_many_edges_lead_further(store, by):
    made, _ = chain(store, by, 3)

    for hops in range(8):
        found = store.closure([NodeKey(A, made[0])], DOWN, hops=hops)
        assert len(found.artifacts) + len(found.executions) == min(hops, 6) + 1
        if hops >= 6:
            assert found.truncated is None
        else:
            assert found.truncated.reason == f"the limit of {hops} hops was reached; 1 more edges lead further"


def test_a_cut_answer_still_has_every_edge_between_its_nodes(store, by):
    (first, second), (start,) = executions(store, by, 2), artifacts(store, by, 1)
    (between,) = artifacts(store, by, 1)
    store.put_edges([read(start, first), read(start, second), wrote(second, between), read(between, first)], by=by)

    found = store.closure([NodeKey(A, start)], DOWN, hops=2)
    assert set(found.executions) == {first, second}
    assert len(found.events) == 4
    assert found.truncated is None


def test_a_limit_cuts_and_says_how_many_edges_lead_further(store, by):
    (ran,), (start, *_) = executions(store, by, 1), artifacts(store, by, 1)
    leaves = artifacts(store, by, 9)
    store.put_edges([read(start, ran), *(wrote(ran, leaf) for leaf in leaves)], by=by)

    for limit in range(1, 15):
        found = store.closure([NodeKey(A, start)], DOWN, limit=limit)
        assert len(found.artifacts) + len(found.executions) == min(limit, 11)
        if limit >= 11:
            assert found.truncated is None
            continue
        said = re.fullmatch(
            r"the limit of (\d+) nodes was reached; (\d+) more edges lead further", found.truncated.reason
        )
        assert [int(number) for number in said.groups()] == [limit, 1 if limit == 1 else 11 - limit]


def test_a_closure_as_of_knows_only_the_edges_of_that_time(store, by, clock):
    made, ran = chain(store, by, 1)
    then = clock.time
    later = executions(store, by, 1) + executions(store, by, 1)
    store.put_edges([read(made[1], later[0]), read(made[1], later[1])], by=by)

    assert set(store.closure([NodeKey(A, made[0])], DOWN, as_of=then).executions) == set(ran)
    assert set(store.closure([NodeKey(A, made[0])], DOWN).executions) == {*ran, *later}
    assert store.closure([NodeKey(A, made[0])], DOWN, as_of=1).events == []
    assert store.closure([NodeKey(A, made[0])], DOWN, hops=2, as_of=then).truncated is None


def test_a_walk_ends_in_a_cycle_that_was_kept(store, by):
    made, ran = chain(store, by, 3)
    store.put_edges([read(made[-1], ran[0])], by=by, causality=Causality.FLAG)

    found = store.closure([NodeKey(A, made[1])], DOWN)
    assert set(found.executions) == set(ran)
    assert set(found.artifacts) == set(made[1:])
    assert found.truncated is None


def test_both_ways_reach_what_else_was_made_of_the_same_data(store, by):
    (data, one, two), (first, second) = artifacts(store, by, 3), executions(store, by, 2)
    edges = [read(data, first), wrote(first, one), read(data, second), wrote(second, two)]
    store.put_edges(edges, by=by)

    found = store.closure([NodeKey(A, one)], Direction.BOTH)
    assert found.artifacts == {one: 0, data: 2, two: 4}
    assert found.executions == {first: 1, second: 3}
    assert [event.id for event in found.events] == [event.id for event in store.events(artifacts=[data, one, two])]
    assert set(store.closure([NodeKey(A, one)], Direction.BOTH, hops=2).artifacts) == {one, data}


def test_a_walk_ends_at_its_stops_and_leaves_them_out_with_their_events(store, by):
    made, ran = chain(store, by, 4)
    start, stop = [NodeKey(A, made[0])], NodeKey(A, made[2])

    found = store.closure(start, DOWN, stops=[stop])
    assert (set(found.artifacts), set(found.executions)) == (set(made[:2]), set(ran[:2]))
    assert {event.artifact_id for event in found.events} == set(made[:2])
    assert found.truncated is None
    kept = store.closure(start, DOWN, stops=[stop], keep_stops=True)
    assert (set(kept.artifacts), set(kept.executions)) == (set(made[:3]), set(ran[:2]))
    assert len(kept.events) == len(found.events) + 1
    ran_stop = store.closure(start, DOWN, stops=[NodeKey(E, ran[1])], keep_stops=True)
    assert (set(ran_stop.artifacts), set(ran_stop.executions)) == (set(made[:2]), set(ran[:2]))


def test_a_start_among_the_stops_is_no_start(store, by):
    made, ran = chain(store, by, 4)
    starts, stops = [NodeKey(A, made[0]), NodeKey(A, made[3])], [NodeKey(A, made[3])]

    assert store.closure(starts[1:], DOWN, stops=stops).artifacts == {}
    assert store.closure(starts[1:], DOWN, stops=stops, keep_stops=True).artifacts == {made[3]: 0}
    kept = store.closure(starts, DOWN, stops=stops, keep_stops=True)
    assert (set(kept.artifacts), set(kept.executions)) == (set(made[:4]), set(ran[:3]))
    assert len(kept.events) == 6


def test_stops_that_are_not_reached_change_nothing(store, by):
    made, _ = chain(store, by, 2)
    start = [NodeKey(A, made[1])]

    plain = store.closure(start, DOWN)
    assert store.closure(start, DOWN, stops=[NodeKey(A, made[0]), NodeKey(E, 10**9)], keep_stops=True) == plain


def test_what_cannot_be_asked_is_refused(store, by):
    (context,) = store.put([Context(type="Experiment", name="e")], by=by)
    with pytest.raises(InvalidArgument, match="context#1 is no part of a closure"):
        store.closure([context], UP)
    with pytest.raises(InvalidArgument, match="context#1 is no part of a closure"):
        store.closure([NodeKey(A, 1)], UP, stops=[context])
    with pytest.raises(InvalidArgument, match="hops is -1"):
        store.closure([NodeKey(A, 1)], UP, hops=-1)
    with pytest.raises(InvalidArgument, match="limit is 0"):
        store.closure([NodeKey(A, 1)], UP, limit=0)


def test_a_closure_of_nothing_is_empty(store):
    found = store.closure([], UP)
    assert (found.artifacts, found.executions, found.events, found.truncated) == ({}, {}, [], None)
