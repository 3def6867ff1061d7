"""A batch: many writes that become durable together, or not at all."""

from __future__ import annotations

import pytest

from lineal.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, UnknownType
from lineal.model.edges import Attribution, Event, EventType
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Causality, Origin, Publication, Use
from lineal.model.types import NodeType


class Stop(Exception):
    """What the user's own code raises."""


def model(name):
    return Artifact(type="Model", name=name)


def test_each_write_of_a_batch_has_its_own_entry(store, by, clean):
    with store.batch():
        for name in "abc":
            store.put([model(name)], by=by)
        assert len(store.list(Artifact).items) == 3
    assert [entry.seq for entry in store.entries()] == [1, 2, 3]
    clean()


def test_nothing_of_a_batch_is_seen_by_others_before_its_end(backend, store, by):
    other = backend.open()
    with store.batch():
        store.put([model("a")], by=by)
        assert list(other.list(Artifact).items) == []
        assert other.list_types() == []
    assert len(other.list(Artifact).items) == 1


def test_an_exception_undoes_the_whole_batch(store, backend, by, clean):
    store.put([model("before")], by=by)
    before = backend.dump()
    with pytest.raises(Stop), store.batch():  # noqa: PT012  the block is the batch
        store.put([model("a"), Artifact(type="Dataset")], by=by)
        with store.batch():
            store.put([model("b")], by=by)
        raise Stop
    assert backend.dump() == before
    clean()


def test_a_refused_write_inside_a_batch_undoes_only_itself_if_it_is_caught(store, by, clean):
    with store.batch():
        store.put([model("a")], by=by)
        with pytest.raises(AlreadyExists):
            store.put([Artifact(type="Image"), model("a")], by=by)
        with pytest.raises(Stop), store.batch():  # noqa: PT012  the block is the batch
            store.put([Artifact(type="Report")], by=by)
            raise Stop
        store.put([model("b")], by=by)
    assert [node.name for node in store.list(Artifact).items] == ["a", "b"]
    assert [type_.name for type_ in store.list_types()] == ["Model"]
    assert [entry.seq for entry in store.entries()] == [1, 2]
    clean()


def test_a_refused_write_that_is_not_caught_undoes_the_whole_batch(store, backend, by):
    before = backend.dump()
    with pytest.raises(AlreadyExists), store.batch():  # noqa: PT012  the block is the batch
        store.put([model("a")], by=by)
        store.put([model("a")], by=by)
    assert backend.dump() == before


def test_a_type_of_an_undone_batch_is_not_remembered(store, by, clean):
    own = NodeType(kind=NodeKind.ARTIFACT, name="Own")
    with pytest.raises(Stop), store.batch():  # noqa: PT012  the block is the batch
        store.put_types([own], by=by)
        store.put([Artifact(type="Own"), Artifact(type="Model")], by=by)
        raise Stop

    assert store.list_types() == []
    with pytest.raises(UnknownType):
        store.put([Artifact(type="Own")], by=by)
    store.put([Artifact(type="Dataset")], by=by)
    store.put_types([own], by=by)
    (key,) = store.put([Artifact(type="Own")], by=by)
    assert store.get(Artifact, [key.id])[0].type == "Own"
    clean()


def test_an_empty_batch_writes_nothing(store, backend):
    before = backend.dump()
    with store.batch(), store.batch():
        pass
    assert backend.dump() == before


ONE = Origin(actor="grace", action="one entry", reason="together")


def test_a_batch_with_an_origin_is_one_entry_of_that_origin(store, by, clean):
    with store.batch(by=ONE):
        store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="Own")], by=by)
        keys = store.put(
            [Artifact(type="Own", name="a"), Execution(type="Train"), Context(type="Experiment", name="e")], by=by
        )
        store.put_edges([Event(artifact_id=keys[0].id, execution_id=keys[1].id, type=EventType.INPUT)], by=by)
        store.publish(Publication(execution=Execution(type="Train")), by=by)
        store.put_edges([Attribution(artifact_id=keys[0].id, context_id=keys[2].id)], by=by, causality=Causality.FLAG)
    (entry,) = store.entries()
    assert (entry.actor, entry.action, entry.reason) == (ONE.actor, ONE.action, ONE.reason)
    assert entry.rows == 9
    clean()


def test_nothing_of_a_one_entry_batch_is_seen_by_others_before_its_end(backend, store, by):
    other = backend.open()
    with store.batch(by=ONE):
        store.put([model("a")], by=by)
        assert len(store.list(Artifact).items) == 1
        assert list(other.list(Artifact).items) == other.entries() == []
    assert len(other.list(Artifact).items) == len(other.entries()) == 1


def test_a_refused_write_of_a_one_entry_batch_leaves_nothing_in_the_entry(store, by, clean):
    with store.batch(by=ONE):
        store.put([model("a")], by=by)
        with pytest.raises(AlreadyExists):
            store.put([Artifact(type="Image"), model("a")], by=by)
        with pytest.raises(NotFound):
            store.put_edges([Event(artifact_id=1, execution_id=1, type=EventType.INPUT)], by=by)
        with pytest.raises(Stop), store.batch():  # noqa: PT012  the block is the batch
            store.put([Artifact(type="Report")], by=by)
            raise Stop
        with pytest.raises(Stop), store.batch(by=by):  # noqa: PT012  the block is the batch
            store.put([Artifact(type="Report")], by=by)
            raise Stop
        store.put([model("b")], by=by)
    assert [(node.id, node.name) for node in store.list(Artifact).items] == [(1, "a"), (2, "b")]
    assert [type_.name for type_ in store.list_types()] == ["Model"]
    (entry,) = store.entries()
    assert entry.rows == 3
    clean()


def test_an_exception_undoes_the_whole_one_entry_batch(store, backend, by, clean):
    before = backend.dump()
    with pytest.raises(Stop), store.batch(by=ONE):  # noqa: PT012  the block is the batch
        store.put([model("a")], by=by)
        raise Stop
    assert backend.dump() == before
    store.put([model("a")], by=by)
    assert [entry.actor for entry in store.entries()] == [by.actor]
    clean()


def test_a_one_entry_batch_that_writes_nothing_leaves_no_entry(store, backend, by):
    before = backend.dump()
    with store.batch(by=ONE), store.batch(by=ONE), store.batch():
        store.put([], by=by)
    assert backend.dump() == before


def test_a_row_changes_once_an_entry(store, by, clean):
    (key,) = store.put([model("a")], by=by)
    with store.batch(by=ONE):
        store.put([Artifact(type="Model", id=key.id, uri="first")], by=by)
        with pytest.raises(InvalidArgument, match="given twice in one entry"):
            store.put([Artifact(type="Model", id=key.id, uri="second")], by=by)
    assert store.get(Artifact, [key.id])[0].uri == "first"
    clean()


def test_a_publication_in_a_one_entry_batch_names_that_entry(store, by):
    use = Use(artifact=model("a"), type=EventType.OUTPUT)
    with store.batch(by=ONE):
        store.put([model("b")], by=by)
        published = store.publish(Publication(execution=Execution(type="Train"), uses=[use]), by=by)
    assert [entry.seq for entry in store.entries()] == [published.entry]
    assert store.get(Artifact, published.artifact_ids)[0].entry == published.entry


def test_a_snapshot_shows_one_state(backend, store, by):
    store.put([model("a")], by=by)
    other = backend.open()
    with store.snapshot():
        assert len(store.list(Artifact).items) == 1
        other.put([model("b")], by=by)
        assert len(store.list(Artifact).items) == 1
        assert len(store.entries()) == 1
    assert len(store.list(Artifact).items) == 2


def test_an_id_beyond_those_a_one_entry_batch_made_is_no_node(store, by, clean):
    with store.batch(by=ONE):
        keys = store.put([model("a"), Execution(type="Train")], by=by)
        beyond = Event(artifact_id=keys[0].id + 1, execution_id=keys[1].id, type=EventType.INPUT)
        with pytest.raises(NotFound, match="artifact#2"):
            store.put_edges([beyond], by=by)
    assert store.events(executions=[1]) == []
    clean()


def test_a_write_inside_a_snapshot_is_refused_and_the_snapshot_goes_on(store, by, clean):
    with store.snapshot():
        with pytest.raises(FailedPrecondition, match="inside a snapshot"):
            store.put([Artifact(type="Model", name="m")], by=by)
        assert store.list(Artifact).items == []

    store.put([Artifact(type="Model", name="m")], by=by)
    clean()
