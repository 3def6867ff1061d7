"""A batch: many writes that become durable together, or not at all."""

from __future__ import annotations

import pytest

from lineal.errors import AlreadyExists, UnknownType
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact
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
