"""Edges between stored nodes: events, and membership of contexts."""

from __future__ import annotations

import pytest

from lineal.errors import AlreadyExists, InvalidArgument, NotFound
from lineal.model.edges import Association, Attribution, Event, EventType, How, ParentContext
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, Context, Execution


@pytest.fixture
def nodes(store, by):
    """Two of each kind, ids 1 and 2."""
    store.put([Artifact(type="Model"), Artifact(type="Model")], by=by)
    store.put([Execution(type="Train", started_at=1), Execution(type="Train", started_at=1)], by=by)
    store.put([Context(type="Experiment", name="a"), Context(type="Pipeline", name="b")], by=by)


def event(artifact_id=1, execution_id=1, type_=EventType.INPUT, **fields):
    return Event(artifact_id=artifact_id, execution_id=execution_id, type=type_, **fields)


@pytest.mark.parametrize("type_", [type_ for type_ in EventType if type_ is not EventType.UNKNOWN])
@pytest.mark.parametrize("how", How)
def test_an_event_comes_back_as_it_was_put(store, by, clock, clean, nodes, type_, how):
    given = event(type_=type_, how=how, path=("", "☃", 0, -(2**63), 2**63 - 1, "a/b"), time=clock.time)
    store.put_edges([given], by=by)

    (stored,) = store.events(artifacts=[1])
    assert (stored.type, stored.how, stored.path, stored.time) == (type_, how, given.path, given.time)
    assert (stored.id, stored.entry) == (1, store.entries(newest_first=True, limit=1)[0].seq)
    clean()


def test_an_event_without_a_time_has_that_of_its_entry(store, by, clock, nodes):
    store.put_edges([event()], by=by)
    assert store.events(artifacts=[1])[0].time == clock.time


def test_a_repeated_event_is_refused_with_all_that_came_with_it(store, backend, by, nodes):
    store.put_edges([event(path=("x",))], by=by)
    before = backend.dump()

    for edges in ([event(2), event(path=("y",))], [event(2), event(2)]):
        with pytest.raises(AlreadyExists, match=r"execution#1 already has artifact#\d as INPUT"):
            store.put_edges([*edges, Attribution(artifact_id=1, context_id=1)], by=by)
        assert backend.dump() == before
    store.put_edges([event(type_=EventType.DECLARED_INPUT), event(execution_id=2)], by=by)


def test_events_are_found_from_both_sides_each_once_by_sequence(store, by, nodes):
    store.put_edges([event(2, 1), event(1, 1), event(1, 2)], by=by)

    def pairs(**sides):
        return [(item.artifact_id, item.execution_id) for item in store.events(**sides)]

    assert pairs(artifacts=[1]) == [(1, 1), (1, 2)]
    assert pairs(executions=[1]) == [(2, 1), (1, 1)]
    assert pairs(artifacts=[2, 1], executions=[2, 1]) == [(2, 1), (1, 1), (1, 2)]
    assert pairs() == pairs(artifacts=[9]) == []


@pytest.mark.parametrize(
    ("edge", "missing"),
    [
        (event(9), "artifact#9"),
        (event(1, 9), "execution#9"),
        (Attribution(artifact_id=9, context_id=1), "artifact#9"),
        (Attribution(artifact_id=1, context_id=9), "context#9"),
        (Association(execution_id=9, context_id=1), "execution#9"),
        (ParentContext(child_id=1, parent_id=9), "context#9"),
        (ParentContext(child_id=9, parent_id=1), "context#9"),
    ],
)
def test_no_edge_leads_to_a_node_that_is_not_there(store, backend, by, nodes, edge, missing):
    before = backend.dump()
    with pytest.raises(NotFound, match=missing):
        store.put_edges([event(), edge], by=by)
    assert backend.dump() == before


@pytest.mark.parametrize("path", [(1.5,), (None,), (True,), (b"x",), ("\ud800",), (2**63,)])
def test_a_path_is_made_of_keys_and_indices(store, backend, by, nodes, path):
    before = backend.dump()
    with pytest.raises(InvalidArgument):
        store.put_edges([event(path=path)], by=by)
    assert backend.dump() == before


def test_memberships_are_found_from_every_side_each_once(store, by, clean, nodes):
    edges = [
        Attribution(artifact_id=1, context_id=1),
        Association(execution_id=2, context_id=1),
        ParentContext(child_id=1, parent_id=2),
    ]
    store.put_edges(edges, by=by)

    def of(kind, id_):
        return list(store.memberships([NodeKey(kind, id_)]))

    for edge in edges:
        assert store.memberships([NodeKey(NodeKind.CONTEXT, 1)], only=[type(edge)]) == [edge]
    assert store.memberships([NodeKey(NodeKind.ARTIFACT, 1)], only=[Association, ParentContext]) == []
    assert of(NodeKind.ARTIFACT, 1) == edges[:1]
    assert of(NodeKind.EXECUTION, 2) == edges[1:2]
    assert of(NodeKind.CONTEXT, 1) == edges
    assert of(NodeKind.CONTEXT, 2) == edges[2:]
    assert of(NodeKind.ARTIFACT, 2) == []
    every = [NodeKey(kind, id_) for kind in NodeKind for id_ in (1, 2)]
    assert list(store.memberships(every)) == edges
    clean()


def test_a_repeated_membership_is_no_change(store, backend, by, nodes):
    edges = [
        Attribution(artifact_id=1, context_id=1),
        Association(execution_id=1, context_id=1),
        ParentContext(child_id=1, parent_id=2),
    ]
    store.put_edges(edges, by=by)
    before = backend.dump()

    store.put_edges([*edges, *edges], by=by)
    assert backend.dump() == before


def test_contexts_never_lie_inside_each_other(store, backend, by, nodes):
    (third,) = store.put([Context(type="Pipeline", name="c")], by=by)
    store.put_edges([ParentContext(child_id=1, parent_id=2), ParentContext(child_id=2, parent_id=third.id)], by=by)
    before = backend.dump()

    for parent, child in ((1, 1), (1, 2), (1, third.id)):
        with pytest.raises(InvalidArgument, match="no cycles"):
            store.put_edges([ParentContext(child_id=child, parent_id=parent)], by=by)
    assert backend.dump() == before
