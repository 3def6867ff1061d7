"""An update keeps the old row: every reading verb answers as of any moment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineal.errors import InvalidArgument, NotFound
from lineal.model.edges import Attribution, Event, EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.listing import ListOptions, OrderBy
from lineal.model.nodes import Artifact, Context, Execution, ExecutionState

MAKERS = {
    Artifact: lambda state, **fields: Artifact(type="Model", name="n", custom_properties={"state": state}, **fields),
    Execution: lambda state, **fields: Execution(type="Train", name="n", custom_properties={"state": state}, **fields),
    Context: lambda state, **fields: Context(type="Pipeline", name="n", custom_properties={"state": state}, **fields),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_every_former_state_is_read_as_it_was(store, by, clock, clean, kind):
    before = clock.time
    (key,) = store.put([MAKERS[kind](0)], by=by)
    times = [clock.time]
    written = [store.get(kind, [key.id])[0]]
    for state in range(1, 5):
        store.put([Artifact(type="Dataset")], by=by)
        store.put([MAKERS[kind](state, id=key.id, external_id=str(state))], by=by)
        times.append(clock.time)
        written.append(store.get(kind, [key.id])[0])

    for at, (time, node) in enumerate(zip(times, written, strict=True)):
        assert node.custom_properties == {"state": at}
        until = times[at + 1] - 1 if at + 1 < len(times) else 2**62
        for moment in (time, until):
            assert store.get(kind, [key.id], as_of=moment) == [node]
            assert list(store.list(kind, ListOptions(type=node.type, as_of=moment)).items) == [node]
            assert store.named(kind, node.type, "n", as_of=moment) == [node]
    with pytest.raises(NotFound, match=f"{key} not found at that time"):
        store.get(kind, [key.id], as_of=before)
    assert list(store.list(kind, ListOptions(as_of=before)).items) == []
    assert store.named(kind, written[0].type, "n", as_of=before) == []
    clean()


def test_pages_as_of_a_moment_leave_out_what_came_later(store, by, clock):
    keys = store.put([Artifact(type="Model", name=f"m@{number}") for number in range(5)], by=by)
    then = clock.time
    store.put([Artifact(type="Model", name=f"m@{number}") for number in range(5, 9)], by=by)
    store.put([Artifact(type="Model", id=keys[1].id, uri="new")], by=by)

    options = ListOptions(limit=2, as_of=then)
    found = []
    while True:
        page = store.list(Artifact, options)
        found += page.items
        if page.next_token is None:
            break
        options = replace(options, page_token=page.next_token)
    assert [node.id for node in found] == [key.id for key in keys]
    assert {node.uri for node in found} == {None}
    assert [node.uri for node in store.versions("Model", "m", as_of=then)] == [None] * 5
    assert len(store.versions("Model", "m")) == 9


def test_a_past_order_that_only_the_present_knows_is_refused(store, by, clock):
    keys = store.put([Artifact(type="Model", name=name) for name in "ab"], by=by)
    then = clock.time
    store.put([Artifact(type="Model", id=keys[0].id, uri="new")], by=by)

    with pytest.raises(InvalidArgument, match="order_by updated_at cannot be combined with as_of") as caught:
        store.list(Artifact, ListOptions(order_by=OrderBy.UPDATED, as_of=then))
    assert "order by id or created_at" in caught.value.hint
    found = store.list(Artifact, ListOptions(order_by=OrderBy.CREATED, as_of=then))
    assert [node.id for node in found.items] == [key.id for key in keys]


def test_edges_are_read_as_of_their_time(store, by, clock):
    store.put(
        [Artifact(type="Model"), Execution(type="Train", started_at=1), Context(type="Pipeline", name="p")], by=by
    )
    before = clock.time
    store.put_edges(
        [Event(artifact_id=1, execution_id=1, type=EventType.INPUT), Attribution(artifact_id=1, context_id=1)], by=by
    )
    key = [NodeKey(NodeKind.ARTIFACT, 1)]

    assert store.events(artifacts=[1], as_of=before) == store.memberships(key, as_of=before) == []
    for moment in (clock.time, None):
        assert len(store.events(artifacts=[1], as_of=moment)) == len(store.memberships(key, as_of=moment)) == 1


def test_the_state_of_a_run_is_known_for_each_moment(store, by, clock):
    run = Execution(type="Train", state=ExecutionState.RUNNING)
    (key,) = store.put([run], by=by)
    running = clock.time
    store.put([replace(run, id=key.id, state=ExecutionState.FAILED, properties={"error": "x"})], by=by)

    assert store.get(Execution, [key.id], as_of=running)[0].state is ExecutionState.RUNNING
    assert store.get(Execution, [key.id])[0].state is ExecutionState.FAILED
