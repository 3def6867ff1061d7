"""The store's closure against an independent walk in memory, on random graphs."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineal.model.edges import INPUTS, OUTPUTS, Event, EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Causality, Origin
from lineal.model.traversal import Direction
from lineal.store import causality, planner
from lineal.store.snapshot.snapshot import Sizes
from tests.backends import BACKENDS

BY = Origin(actor="ada", action="property test")
SIZE = 6

PLACES = st.integers(0, SIZE - 1)
TYPES = st.sampled_from([type_ for type_ in EventType if type_ is not EventType.UNKNOWN])
EDGES = st.lists(st.tuples(PLACES, PLACES, TYPES), max_size=30, unique=True)
WAYS = {
    Direction.UPSTREAM: [(OUTPUTS, INPUTS)],
    Direction.DOWNSTREAM: [(INPUTS, OUTPUTS)],
    Direction.BOTH: [(OUTPUTS, INPUTS), (INPUTS, OUTPUTS)],
}
STARTS = st.lists(st.tuples(st.sampled_from([NodeKind.ARTIFACT, NodeKind.EXECUTION]), PLACES), min_size=1, max_size=3)


@pytest.fixture(scope="module", params=["database", "whole snapshot", "compact snapshot"])
def store(request, database_kind, tmp_path_factory):
    backend = BACKENDS[database_kind](tmp_path_factory.mktemp("graphs"), request)
    if request.param == "database":
        sign = "&" if "?" in backend.location.url else "?"
        backend.location = replace(backend.location, url=f"{backend.location.url}{sign}snapshot=0")
    store = backend.open()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "SMALLEST_OVERLAY", 20)
        if request.param != "database":
            # From the first question on.
            store._planner._read = 10**18
        if request.param == "compact snapshot":
            patch.setattr(Sizes, "whole", property(lambda _: 10**12))
        first, _ = build(store, [(0, 0, EventType.OUTPUT)])
        store.closure([NodeKey(NodeKind.ARTIFACT, first)], Direction.UPSTREAM)
        assert request.param.split()[0] in store.facts()["closure snapshot"] or request.param == "database"
        yield store
    backend.close()


def build(store, edges, again=()):
    """Put a graph of its own; return the first artifact's and execution's id."""
    artifacts = store.put([Artifact(type="Model") for _ in range(SIZE)], by=BY)
    executions = store.put([Execution(type="Train", started_at=1) for _ in range(SIZE)], by=BY)
    first = artifacts[0].id, executions[0].id
    marks = again or [False] * len(edges)
    events = [
        Event(artifact_id=first[0] + a, execution_id=first[1] + e, type=type_, reproduces=mark)
        for (a, e, type_), mark in zip(edges, marks, strict=True)
    ]
    # Any graph will do, also one that time forbids.
    store.put_edges(events, by=BY, causality=Causality.FLAG)
    return first


def walked(edges, starts, direction):
    """Yield for each hop the distances so far: breadth first over plain tuples."""
    steps = {}
    for a, e, type_ in edges:
        artifact, execution = (NodeKind.ARTIFACT, a), (NodeKind.EXECUTION, e)
        for from_artifact, from_execution in WAYS[direction]:
            if type_ in from_artifact:
                steps.setdefault(artifact, []).append(execution)
            if type_ in from_execution:
                steps.setdefault(execution, []).append(artifact)
    distance = dict.fromkeys(starts, 0)
    queue = deque(distance)
    while queue:
        node = queue.popleft()
        for other in steps.get(node, ()):
            if other not in distance:
                distance[other] = distance[node] + 1
                queue.append(other)
    return distance, steps


def answer(found, first):
    """Return a closure's distances in the words of `walked`."""
    artifacts = {(NodeKind.ARTIFACT, id_ - first[0]): hop for id_, hop in found.artifacts.items()}
    return artifacts | {(NodeKind.EXECUTION, id_ - first[1]): hop for id_, hop in found.executions.items()}


def pairs(found, first):
    return sorted(
        (event.artifact_id - first[0], event.execution_id - first[1], event.type.value) for event in found.events
    )


def inside(edges, nodes):
    """Return the edges that a walk can go between these nodes, as `pairs` does."""
    artifacts = {place for kind, place in nodes if kind is NodeKind.ARTIFACT}
    executions = {place for kind, place in nodes if kind is NodeKind.EXECUTION}
    return sorted((a, e, type_.value) for a, e, type_ in edges if a in artifacts and e in executions)


def keys(starts, first):
    return [NodeKey(kind, first[kind is NodeKind.EXECUTION] + place) for kind, place in starts]


@settings(max_examples=80, deadline=None)
@given(EDGES, STARTS, st.sampled_from(Direction))
def test_a_closure_is_what_a_walk_in_memory_finds(store, edges, starts, direction):
    first = build(store, edges)
    distance, _ = walked(edges, starts, direction)

    found = store.closure(keys(starts, first), direction)
    assert answer(found, first) == distance
    assert pairs(found, first) == inside(edges, distance)
    assert [event.id for event in found.events] == sorted({event.id for event in found.events})
    assert found.truncated is None


@settings(max_examples=80, deadline=None)
@given(EDGES, STARTS, st.sampled_from(Direction), st.integers(0, 8))
def test_hops_cut_exactly_there_and_count_the_edges_that_lead_further(store, edges, starts, direction, hops):
    first = build(store, edges)
    distance, steps = walked(edges, starts, direction)
    near = {node: hop for node, hop in distance.items() if hop <= hops}

    found = store.closure(keys(starts, first), direction, hops=hops)
    assert answer(found, first) == near
    assert pairs(found, first) == inside(edges, near)
    further = sum(other not in near for node in near for other in steps.get(node, ()))
    assert said(found) == (further or None)


@settings(max_examples=80, deadline=None)
@given(EDGES, STARTS, st.sampled_from(Direction), st.integers(1, 12))
def test_a_limit_cuts_exactly_there_and_counts_the_edges_that_lead_further(store, edges, starts, direction, limit):
    first = build(store, edges)
    distance, steps = walked(edges, starts, direction)

    found = store.closure(keys(starts, first), direction, limit=limit)
    got = answer(found, first)
    assert got.items() <= distance.items()
    assert len(got) == min(len(distance), max(limit, len(set(starts))))
    assert max(got.values()) <= min((hop for node, hop in distance.items() if node not in got), default=99)
    assert pairs(found, first) == inside(edges, got)
    further = sum(other not in got for node in got for other in steps.get(node, ()))
    assert said(found) == (further or None)


def stepping(edges, direction, *, reproductions):
    """Return every step (from, to, edge) that the direction and the rule for content made again allow."""
    steps = []
    for edge in edges:
        a, e, type_, again = edge
        artifact, execution = (NodeKind.ARTIFACT, a), (NodeKind.EXECUTION, e)
        for from_artifact, from_execution in WAYS[direction]:
            if type_ in from_artifact and not (again and type_ in OUTPUTS and not reproductions):
                steps.append((artifact, execution, edge))
            if type_ in from_execution:
                steps.append((execution, artifact, edge))
    return steps


def bounded(steps, starts, *, stops, keep, hops, limit):
    """Return distances and which nodes may be left again, level by level, straight from the definition."""
    order = [NodeKind.ARTIFACT, NodeKind.EXECUTION]
    distance, level, hop = {}, set(starts), 0
    while level:
        level -= set() if keep else stops
        allowed = len(level) if limit is None or hop == 0 else max(0, limit - len(distance))
        taken = sorted(level, key=lambda node: (order.index(node[0]), node[1]))[:allowed]
        distance |= dict.fromkeys(taken, hop)
        hop += 1
        near = {node for node in taken if node not in stops}
        level = {to for at, to, _ in steps if at in near and to not in distance}
        if hops is not None and hop > hops:
            break
    return distance, {node for node in distance if node not in stops}


AGAIN = st.lists(
    st.tuples(PLACES, PLACES, TYPES, st.booleans()), max_size=30, unique_by=lambda edge: (edge[0], edge[1], edge[2])
)
STOPS = st.sets(st.tuples(st.sampled_from([NodeKind.ARTIFACT, NodeKind.EXECUTION]), PLACES), max_size=4)


@settings(max_examples=200, deadline=None)
@given(
    AGAIN,
    STARTS,
    st.sampled_from(Direction),
    STOPS,
    st.booleans(),
    st.booleans(),
    st.none() | st.integers(0, 6),
    st.none() | st.integers(1, 8),
)
def test_stops_and_reproductions_are_left_out_counted_or_kept_as_defined(
    store, edges, starts, direction, stops, keep, reproductions, hops, limit
):
    first = build(store, [edge[:3] for edge in edges], [edge[3] for edge in edges])
    steps = stepping(edges, direction, reproductions=reproductions)
    distance, left = bounded(steps, starts, stops=stops, keep=keep, hops=hops, limit=limit)

    found = store.closure(
        keys(starts, first),
        direction,
        hops=hops,
        limit=limit,
        reproductions=reproductions,
        stops=keys(stops, first),
        keep_stops=keep,
    )
    assert answer(found, first) == distance
    walked_over = {edge for at, to, edge in steps if at in left and to in distance}
    assert pairs(found, first) == sorted((a, e, type_.value) for a, e, type_, _ in walked_over)
    assert said(found) == (sum(at in left and to not in distance | dict.fromkeys(stops) for at, to, _ in steps) or None)
    again = {}
    for a, e, type_, made_again in edges:
        known = made_again and type_ in OUTPUTS and not reproductions and direction is not Direction.DOWNSTREAM
        if known and (NodeKind.ARTIFACT, a) in left and (a, e, type_, made_again) not in walked_over:
            again[first[0] + a] = again.get(first[0] + a, 0) + 1
    assert found.reproduced == again


def said(found):
    """Return how many edges lead further, as the answer says."""
    if found.truncated is None:
        return None
    return int(re.search(r"(\d+) more edges lead further", found.truncated.reason)[1])


@settings(max_examples=40, deadline=None)
@given(EDGES, EDGES, STARTS, st.sampled_from(Direction))
def test_a_closure_as_of_is_the_closure_of_that_time(store, edges, later, starts, direction):
    first = build(store, edges)
    then = store.entries(newest_first=True, limit=1)[0].time
    new = [edge for edge in later if edge not in edges]
    events = [Event(artifact_id=first[0] + a, execution_id=first[1] + e, type=type_) for a, e, type_ in new]
    while store.entries(newest_first=True, limit=1)[0].time == then:
        store.put([Artifact(type="Model")], by=BY)
    store.put_edges(events, by=BY, causality=Causality.FLAG)

    for moment, known in ((then, edges), (None, [*edges, *new])):
        distance, _ = walked(known, starts, direction)
        assert answer(store.closure(keys(starts, first), direction, as_of=moment), first) == distance


@settings(max_examples=60, deadline=None)
@given(EDGES)
def test_a_cycle_is_refused_exactly_where_there_is_one(store, edges):
    artifacts = store.put([Artifact(type="Model") for _ in range(SIZE)], by=BY)
    executions = store.put([Execution(type="Train", started_at=1) for _ in range(SIZE)], by=BY)
    first = artifacts[0].id, executions[0].id
    kept = []
    for a, e, type_ in edges:
        distance, steps = walked([*kept, (a, e, type_)], [(NodeKind.ARTIFACT, a)], Direction.DOWNSTREAM)
        cycle = any((NodeKind.ARTIFACT, a) in steps.get(node, ()) for node in distance)
        event = Event(artifact_id=first[0] + a, execution_id=first[1] + e, type=type_)
        store.put_edges([event], by=BY, causality=Causality.FLAG)
        (entry,) = store.entries(newest_first=True, limit=1)
        assert any("a cycle" in finding for finding in entry.findings) == cycle
        if cycle:
            break
        kept.append((a, e, type_))


@settings(max_examples=60, deadline=None)
@given(EDGES, st.sampled_from([0, causality.FEW]))
def test_every_execution_on_a_cycle_is_named_when_all_edges_come_at_once(store, edges, few):
    artifacts = store.put([Artifact(type="Model") for _ in range(SIZE)], by=BY)
    executions = store.put([Execution(type="Train", started_at=1) for _ in range(SIZE)], by=BY)
    first = artifacts[0].id, executions[0].id
    events = [Event(artifact_id=first[0] + a, execution_id=first[1] + e, type=type_) for a, e, type_ in edges]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(causality, "FEW", few)
        store.put_edges(events, by=BY, causality=Causality.FLAG)

    (entry,) = store.entries(newest_first=True, limit=1)
    named = {
        int(found[1]) - first[1] for text in entry.findings if (found := re.search(r"execution#(\d+): a cycle", text))
    }
    assert named == {e for e in range(SIZE) if is_on_a_cycle(edges, e)}


def is_on_a_cycle(edges, execution):
    distance, steps = walked(edges, [(NodeKind.EXECUTION, execution)], Direction.DOWNSTREAM)
    return any((NodeKind.EXECUTION, execution) in steps.get(node, ()) for node in distance)


def test_after_all_this_the_ledger_agrees(store):
    assert store.verify().findings == []
