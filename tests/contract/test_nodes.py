"""Nodes: put, get, named, versions, names, and what an update may change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from enum import StrEnum

import pytest

from lineal.errors import AlreadyExists, InvalidArgument, LinealError, NotFound
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState
from lineal.model.publication import Origin
from lineal.model.values import INT64_MAX, INT64_MIN, Proto

FULL = [
    Artifact(
        type="Model",
        name="delay@v1",
        uri="file:///m",
        fingerprint="sha256:" + "a" * 64,
        state=ArtifactState.LIVE,
        external_id="a",
        properties={"version": "v1", "bytes": 3},
        custom_properties={"k": 1.5},
    ),
    Execution(
        type="Train",
        name="train",
        state=ExecutionState.FAILED,
        external_id="a",
        properties={"seed": 7, "dirty": False, "capture": {"commit": ["unknown", None]}},
        custom_properties={"k": "v"},
        started_at=5,
        ended_at=5,
    ),
    Context(type="Experiment", name="exp", external_id="a", properties={"description": ""}, custom_properties={"": ""}),
]
BARE = [Artifact(type="Model"), Execution(type="Train"), Context(type="Experiment", name="e")]


def bare(node):
    return replace(node, id=None, created_at=None, updated_at=None, entry=None)


@pytest.mark.parametrize("node", FULL + BARE, ids=lambda node: type(node).__name__)
def test_a_node_comes_back_as_it_was_put(store, by, clock, clean, node):
    (key,) = store.put([node], by=by)

    (stored,) = store.get(type(node), [key.id])
    assert bare(stored) == node
    assert key == NodeKey(NodeKind(type(node).__name__.lower()), stored.id)
    assert stored.created_at == stored.updated_at == clock.time
    assert stored.entry == store.entries(newest_first=True, limit=1)[0].seq
    clean()


def test_keys_come_in_the_order_given_whatever_the_kinds(store, by):
    keys = store.put([*FULL, *BARE, Artifact(type="Dataset", name="d")], by=by)

    assert [key.kind.value for key in keys] == ["artifact", "execution", "context"] * 2 + ["artifact"]
    nodes = [store.get(type(node), [key.id])[0] for node, key in zip([*FULL, *BARE], keys, strict=False)]
    assert [bare(node) for node in nodes] == FULL + BARE


def test_get_answers_in_the_order_asked_and_names_what_is_missing(store, by):
    ids = [key.id for key in store.put([Artifact(type="Model", name=str(i)) for i in range(5)], by=by)]

    assert [node.id for node in store.get(Artifact, [ids[3], ids[0], ids[3]])] == [ids[3], ids[0], ids[3]]
    assert store.get(Artifact, []) == []
    with pytest.raises(NotFound, match=r"artifact#77, artifact#78 not found"):
        store.get(Artifact, [ids[0], 77, 78])
    with pytest.raises(NotFound, match=r"execution#1 not found"):
        store.get(Execution, [ids[0]])
    with pytest.raises(NotFound, match=r"…"):
        store.get(Artifact, range(100, 200))


def test_many_nodes_are_read_in_one_call(store, by):
    ids = [key.id for key in store.put([Artifact(type="Model", uri=str(i)) for i in range(12_000)], by=by)]

    assert [node.uri for node in store.get(Artifact, ids[::-1])] == [str(i) for i in range(12_000)][::-1]


def test_an_update_replaces_everything_that_may_change(store, by, clock, clean):
    keys = store.put(FULL, by=by)
    created = clock.time
    new = [
        replace(FULL[0], id=keys[0].id, uri=None, state=ArtifactState.DELETED, external_id=None, properties={}),
        replace(FULL[1], id=keys[1].id, state=ExecutionState.COMPLETE, ended_at=9, custom_properties={"n": 1}),
        replace(FULL[2], id=keys[2].id, external_id="other", properties={}, custom_properties={}),
    ]
    assert store.put(new, by=by) == keys

    for given, key in zip(new, keys, strict=True):
        (stored,) = store.get(type(given), [key.id])
        assert bare(stored) == bare(given)
        assert (stored.created_at, stored.updated_at) == (created, clock.time)
    clean()


def test_an_update_that_changes_nothing_writes_nothing(store, backend, by):
    keys = store.put(FULL, by=by)
    before = backend.dump()

    store.put([replace(node, id=key.id) for node, key in zip(FULL, keys, strict=True)], by=by)
    assert backend.dump() == before


@pytest.mark.parametrize("kind", range(3))
def test_a_name_never_changes_but_may_be_left_out(store, by, kind):
    (key,) = store.put([FULL[kind]], by=by)

    with pytest.raises(InvalidArgument, match="a name never changes"):
        store.put([replace(FULL[kind], id=key.id, name="other")], by=by)
    if kind != 2:
        store.put([replace(FULL[kind], id=key.id, name=None, custom_properties={"new": 1})], by=by)
        assert store.get(type(FULL[kind]), [key.id])[0].name == FULL[kind].name


def test_a_node_without_a_name_never_gets_one(store, by):
    (key,) = store.put([Artifact(type="Model")], by=by)
    with pytest.raises(InvalidArgument, match="a name never changes"):
        store.put([Artifact(type="Model", id=key.id, name="late")], by=by)


@pytest.mark.parametrize("fingerprint", [None, "sha256:" + "b" * 64])
def test_a_fingerprint_never_changes(store, by, fingerprint):
    (key,) = store.put([FULL[0]], by=by)

    with pytest.raises(InvalidArgument, match="sha256:aaa") as caught:
        store.put([replace(FULL[0], id=key.id, fingerprint=fingerprint)], by=by)
    assert "new version" in caught.value.hint


def test_a_fingerprint_may_be_added_later(store, by, clean):
    (key,) = store.put([Artifact(type="Model", name="m")], by=by)
    store.put([Artifact(type="Model", name="m", id=key.id, fingerprint="sha256:1")], by=by)

    assert store.get(Artifact, [key.id])[0].fingerprint == "sha256:1"
    clean()


def test_a_type_never_changes_and_an_update_needs_a_node(store, by):
    (key,) = store.put([Artifact(type="Model")], by=by)
    with pytest.raises(InvalidArgument, match="a type never changes"):
        store.put([Artifact(type="Image", id=key.id)], by=by)
    with pytest.raises(NotFound, match="artifact#99"):
        store.put([Artifact(type="Model", id=99)], by=by)


@pytest.mark.parametrize("kind", range(3))
def test_a_taken_name_is_refused_and_shows_who_has_it(store, backend, by, kind):
    (key,) = store.put([FULL[kind]], by=by)
    before = backend.dump()

    with pytest.raises(AlreadyExists, match=f"exists as {key}"):
        store.put([BARE[kind], replace(FULL[kind], external_id=None)], by=by)
    assert backend.dump() == before


def test_a_taken_name_shows_both_fingerprints(store, by):
    store.put([FULL[0]], by=by)
    with pytest.raises(AlreadyExists, match=r"stored sha256:aaa.*given sha256:bbb"):
        store.put([replace(FULL[0], external_id=None, fingerprint="sha256:bbb")], by=by)


def test_one_name_may_be_used_by_several_types_and_by_no_name_at_all(store, by):
    store.put([Artifact(type=type_, name="n") for type_ in ("Model", "Image", "Dataset")], by=by)
    store.put([Artifact(type="Model")] * 2, by=by)
    assert len(store.list(Artifact).items) == 5


def test_two_of_one_name_in_one_call_are_refused(store, backend, by):
    store.put(BARE, by=by)
    before = backend.dump()
    with pytest.raises(AlreadyExists, match="given twice"):
        store.put([Artifact(type="Model", name="n"), Artifact(type="Model", name="n")], by=by)
    with pytest.raises(AlreadyExists, match="external id 'x' was given to two"):
        store.put([Artifact(type="Model", external_id="x"), Artifact(type="Model", external_id="x")], by=by)
    (key,) = store.put([Artifact(type="Model", custom_properties={"k": 1})], by=by)
    later = backend.dump()
    with pytest.raises(InvalidArgument, match="given twice"):
        store.put([Artifact(type="Model", id=key.id, uri=uri) for uri in "ab"], by=by)
    assert backend.dump() == later != before


@pytest.mark.parametrize("kind", range(3))
def test_an_external_id_belongs_to_one_node_of_a_kind(store, by, kind):
    (key,) = store.put([FULL[kind]], by=by)
    (other,) = store.put([BARE[kind]], by=by)

    with pytest.raises(AlreadyExists, match=f"external id 'a' belongs to {key}"):
        store.put([replace(BARE[kind], **({"name": "z"} if kind == 2 else {}), external_id="a")], by=by)
    with pytest.raises(AlreadyExists, match=f"external id 'a' belongs to {key}"):
        store.put([replace(BARE[kind], id=other.id, external_id="a")], by=by)


def test_a_freed_external_id_may_be_given_again(store, by, clean):
    (key,) = store.put([Artifact(type="Model", external_id="x")], by=by)
    store.put([Artifact(type="Model", id=key.id)], by=by)
    (other,) = store.put([Artifact(type="Model", external_id="x")], by=by)

    assert [node.external_id for node in store.get(Artifact, [key.id, other.id])] == [None, "x"]
    clean()


def test_versions_of_a_family_come_oldest_first(store, by):
    names = ["delay@v2", "delay@v1", "delay", "delayed@v1", "delay@v1@v3", "Delay@v1", "delay@", "delay@é", "dela@v1"]
    store.put([Artifact(type="Model", name=name) for name in names], by=by)

    assert [node.name for node in store.versions("Model", "delay")] == ["delay@v2", "delay@v1", "delay@", "delay@é"]
    assert [node.name for node in store.versions("Model", "delay@v1")] == ["delay@v1@v3"]
    assert store.versions("Model", "nothing") == []
    assert store.versions("Nothing", "delay") == []


def test_names_come_newest_first_with_their_types(store, by):
    store.put([*FULL, *BARE, Artifact(type="Dataset", name="z")], by=by)

    assert list(store.names(NodeKind.ARTIFACT)) == [("Dataset", "z"), ("Model", "delay@v1")]
    assert list(store.names(NodeKind.CONTEXT)) == [("Experiment", "e"), ("Experiment", "exp")]


class Colour(StrEnum):
    RED = "red"


BAD = {
    "a surrogate in a name": Artifact(type="Model", name="\udfff"),
    "a surrogate in a uri": Artifact(type="Model", uri="\udfff"),
    "a surrogate in a fingerprint": Artifact(type="Model", fingerprint="\udfff"),
    "a surrogate in an external id": Execution(type="Train", external_id="\udfff"),
    "a surrogate in a value": Artifact(type="Model", custom_properties={"k": "a\ud800b"}),
    "a surrogate in a struct": Artifact(type="Model", custom_properties={"k": [{"a": "\ud800"}]}),
    "a surrogate in a key": Artifact(type="Model", custom_properties={"\ud800": 1}),
    "a surrogate in a struct's key": Artifact(type="Model", custom_properties={"k": {"\ud800": 1}}),
    "a surrogate in a proto": Artifact(type="Model", custom_properties={"k": Proto("\ud800", b"")}),
    "an integer above the bounds": Artifact(type="Model", custom_properties={"k": INT64_MAX + 1}),
    "an integer below the bounds": Artifact(type="Model", custom_properties={"k": INT64_MIN - 1}),
    "an integer in a struct": Artifact(type="Model", custom_properties={"k": {"a": [INT64_MAX + 1]}}),
    "bytes outside a struct": Artifact(type="Model", custom_properties={"k": b"x"}),
    "an object": Artifact(type="Model", custom_properties={"k": object()}),
    "a set in a struct": Artifact(type="Model", custom_properties={"k": [{1}]}),
    "None": Artifact(type="Model", custom_properties={"k": None}),
    "a key that is no text": Artifact(type="Model", custom_properties={"k": {1: 2}}),
    "a proto in a struct": Artifact(type="Model", custom_properties={"k": [Proto("u", b"")]}),
    "a proto without bytes": Artifact(type="Model", custom_properties={"k": Proto("u", "text")}),
    "a struct without end": Artifact(type="Model", custom_properties={"k": eval("[" * 90 + "]" * 90)}),
    "a context without a name": Context(type="Experiment", name=""),
    "a name that is no text": Artifact(type="Model", name=7),
    "an end before the start": Execution(type="Train", started_at=2, ended_at=1),
    "a time beyond 64 bits": Execution(type="Train", started_at=2**63),
}


@pytest.mark.parametrize("node", BAD.values(), ids=BAD)
def test_what_cannot_be_kept_is_refused_and_nothing_is_stored(store, backend, by, node):
    before = backend.dump()

    with pytest.raises(InvalidArgument) as caught:
        store.put([*BARE, node], by=by)
    assert caught.value.message
    assert backend.dump() == before


def test_words_of_an_enumeration_and_numpy_like_doubles_are_plain_values(store, by, clean):
    class Double(float):
        """What numpy.float64 is: a float by inheritance."""

    values = {"c": Colour.RED, "d": Double(1 / 3), "n": Double("nan"), "s": [Double(0.1)]}
    (key,) = store.put([Artifact(type="Model", custom_properties=values)], by=by)

    stored = store.get(Artifact, [key.id])[0].custom_properties
    assert (stored["c"], stored["d"], stored["s"]) == ("red", 1 / 3, [0.1])
    assert stored["n"] != stored["n"]
    clean()


@pytest.mark.parametrize(
    "by",
    [
        Origin(actor="", action="a"),
        Origin(actor="x" * 16_385, action="a"),
        Origin(actor="\ud800", action="a"),
        Origin(actor="a", action="b", reason="\ud800"),
        Origin(actor="a", action="b", request_id=7),
        Origin(actor="a", action="b", reported_at=2**63),
    ],
)
def test_a_write_that_does_not_say_who_and_why_is_refused(store, backend, by):
    before = backend.dump()
    with pytest.raises(InvalidArgument):
        store.put(BARE, by=by)
    assert backend.dump() == before


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.get(Artifact, [2**70]),
        lambda store: store.get(Artifact, [1, 2**70]),
        lambda store: store.named(Artifact, "Model", "\ud800"),
        lambda store: store.versions("Model", "\ud800"),
        lambda store: store.aliases(family="\ud800"),
        lambda store: store.events(artifacts=[2**70]),
        lambda store: store.prediction("\ud800" * 8),
    ],
)
def test_a_question_that_no_column_can_hold_raises_only_our_errors(store, by, ask):
    store.put(BARE, by=by)
    with pytest.raises(LinealError):
        ask(store)


@pytest.mark.parametrize("node", FULL, ids=lambda node: type(node).__name__)
def test_a_touch_moves_the_time_of_a_node_that_did_not_change(store, by, clean, node):
    (key,) = store.put([node], by=by)
    (before,) = store.get(type(node), [key.id])
    same = replace(node, id=key.id)
    store.put([same], by=by)
    assert store.get(type(node), [key.id]) == [before]

    store.put([same], by=by, touch=[NodeKey(key.kind, key.id + 1)])
    assert store.get(type(node), [key.id]) == [before]
    store.put([same], by=by, touch=[key])
    (after,) = store.get(type(node), [key.id])
    assert after.updated_at // 1000 > before.updated_at // 1000
    assert bare(after) == bare(before)
    assert after.created_at == before.created_at
    clean()


class StoppedClock:
    """A clock whose every look shows one moment."""

    def now(self):
        return 1_700_000_000_000_500


def test_updates_within_one_millisecond_move_the_time_by_one_each(backend, by):
    store = backend.open(StoppedClock())
    (key,) = store.put([Artifact(type="Model")], by=by)

    def updated(uri=None, touch=()):
        store.put([Artifact(type="Model", id=key.id, uri=uri)], by=by, touch=touch)
        return store.get(Artifact, [key.id])[0].updated_at

    first, second, third = updated(touch=[key]), updated("x"), updated("x")
    assert [first, second, third] == [1_700_000_000_001_000, 1_700_000_000_002_000, 1_700_000_000_002_000]
    assert store.verify().ok


@pytest.mark.parametrize("kind", [Artifact, Execution, Context])
def test_get_can_leave_out_what_is_missing(store, by, clock, kind):
    then = clock.now()
    store.put(FULL, by=by)
    assert [node.id for node in store.get(kind, [5, 1, -1, 1], existing=True)] == [1, 1]
    assert store.get(kind, [5], existing=True) == store.get(kind, [1], existing=True, as_of=then) == []


def test_ids_go_on_behind_what_somebody_else_wrote_or_undid(backend, store, by, clean):
    other = backend.open()

    (first,) = store.put([Artifact(type="Model", name="a@1")], by=by)
    (second,) = other.put([Artifact(type="Model", name="b@1")], by=by)
    with suppress(AlreadyExists), store.batch():
        store.put([Artifact(type="Model", name="undone@1")], by=by)
        store.put([Artifact(type="Model", name="a@1")], by=by)
    (third,) = store.put([Artifact(type="Model", name="c@1")], by=by)
    (fourth,) = other.put([Artifact(type="Model", name="d@1")], by=by)

    assert [key.id for key in (second, third, fourth)] == [first.id + 1, first.id + 2, first.id + 3]
    clean()


def test_one_taken_name_among_many_is_found_wherever_it_stands(store, backend, by):
    store.put([Artifact(type="Model", name="taken@1", external_id="taken")], by=by)
    before = backend.dump()
    names = [Artifact(type="Model", name=f"n-{number}@1") for number in range(600)]
    external_ids = [Artifact(type="Model", external_id=f"x-{number}") for number in range(600)]

    for place in (0, 255, 256, 511, 599):
        with pytest.raises(AlreadyExists, match="taken@1"):
            store.put([*names[:place], Artifact(type="Model", name="taken@1"), *names[place:]], by=by)
        with pytest.raises(AlreadyExists, match="'taken' belongs"):
            store.put(
                [*external_ids[:place], Artifact(type="Model", external_id="taken"), *external_ids[place:]], by=by
            )
    assert backend.dump() == before
