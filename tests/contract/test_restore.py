"""Restoring: records of another store, written exactly as they were there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineal.errors import InvalidArgument, NotFound
from lineal.model.edges import Association, Attribution, Event, EventType, How, ParentContext
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState
from lineal.model.restoration import LARGEST_ID, Standing
from lineal.model.types import NodeType
from lineal.model.values import INT64_MAX, PropertyType

TIMES = {"created_at": 1_000, "updated_at": 2_000}
TYPES = [
    NodeType(
        kind=NodeKind.ARTIFACT,
        name="Table",
        id=40,
        properties={"rows": PropertyType.INT},
        external_id="t",
        created_at=7,
    ),
    NodeType(kind=NodeKind.EXECUTION, name="Train", version="v2", id=12, description="", created_at=8),
    NodeType(kind=NodeKind.CONTEXT, name="Experiment", id=41, created_at=9),
]
ARTIFACTS = [
    Artifact(
        type="Table",
        id=900,
        name="a",
        uri="",
        state=ArtifactState.LIVE,
        external_id="x",
        properties={"rows": 1, "undeclared": "kept"},
        custom_properties={"rows": 1.5},
        **TIMES,
    ),
    Artifact(type="Table", id=7, **TIMES),
]
EXECUTION = Execution(type="Train", type_version="v2", id=3, name="e", state=ExecutionState.CACHED, **TIMES)
CONTEXTS = [Context(type="Experiment", id=id_, name=f"c{id_}", **TIMES) for id_ in (5, 6)]
EVENTS = [
    Event(artifact_id=7, execution_id=3, type=EventType.OUTPUT, time=500, id=77, path=("k", 0)),
    Event(artifact_id=900, execution_id=3, type=EventType.INPUT, time=400, id=78),
]
MEMBERSHIPS = [
    Attribution(artifact_id=7, context_id=5),
    Association(execution_id=3, context_id=5),
    ParentContext(child_id=5, parent_id=6),
]
ALL = [*TYPES, *ARTIFACTS, EXECUTION, *CONTEXTS, *EVENTS, *MEMBERSHIPS]


def changed(record, **fields):
    return record._replace(**fields) if isinstance(record, Event) else replace(record, **fields)


def without_entry(records):
    return [changed(record, entry=None) for record in records]


def test_records_come_back_exactly_as_given_under_one_entry(store, by, clean):
    assert store.restore(ALL, by=by) == type(store.restore([], by=by))(len(ALL), 0)

    assert list(store.list_types()) == sorted(TYPES, key=lambda type_: type_.id)
    assert without_entry(store.get(Artifact, [900, 7])) == ARTIFACTS
    assert without_entry(store.get(Execution, [3])) == [EXECUTION]
    assert without_entry(store.get(Context, [5, 6])) == CONTEXTS
    assert without_entry(store.events(executions=[3])) == EVENTS
    assert all(event.how is How.DECLARED for event in EVENTS)
    assert set(store.memberships([NodeKey(NodeKind.CONTEXT, 5)])) == set(MEMBERSHIPS)
    (entry,) = store.entries()
    assert (entry.rows, entry.actor, entry.action) == (len(ALL), by.actor, by.action)
    clean()


def test_the_order_in_one_call_does_not_matter(store, by, clean):
    assert store.restore(ALL[::-1], by=by).written == len(ALL)
    clean()


def test_restored_properties_are_found_by_filters(store, by):
    store.restore(ALL, by=by)

    for filter_ in ("properties.undeclared.string_value = 'kept'", "custom_properties.rows.double_value > 1"):
        assert [node.id for node in store.list(Artifact, ListOptions(filter=filter_)).items] == [900]


def test_what_is_there_with_equal_content_is_left_alone(store, backend, by):
    store.restore(ALL[:6], by=by)
    again = store.restore(ALL, by=by)
    assert (again.written, again.same, again.clashes) == (len(ALL) - 6, 6, ())

    before = backend.dump()
    assert store.restore(ALL, by=by).same == len(ALL)
    assert backend.dump() == before


def test_a_type_without_a_time_was_made_now_and_is_the_same_later(store, by, clock):
    type_ = replace(TYPES[0], created_at=None)
    store.restore([type_], by=by)

    assert store.list_types()[0].created_at == clock.time
    assert store.restore([type_], by=by).same == 1


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (replace(ARTIFACTS[0], uri="other"), "another uri"),
        (replace(ARTIFACTS[0], custom_properties={}, updated_at=5), "another custom_properties, updated_at"),
        (replace(ARTIFACTS[0], id=901, external_id=None), "type_id 40, name 'a' belongs to artifact#900"),
        (replace(ARTIFACTS[1], id=901, external_id="x"), "external_id 'x' belongs to artifact#900"),
        (replace(EXECUTION, id=4), "belongs to execution#3"),
        (replace(CONTEXTS[0], id=9), "belongs to context#5"),
        (changed(EVENTS[0], time=501), "another time"),
        (changed(EVENTS[0], id=79), "belongs to event#77"),
        (replace(TYPES[0], id=99), "belongs to type#40"),
        (replace(TYPES[0], name="Other", id=99), "external_id 't' belongs to type#40"),
        (replace(TYPES[0], properties={}), "another properties"),
    ],
)
def test_what_is_taken_by_something_else_is_a_clash_and_stays(store, backend, by, record, message):
    store.restore(ALL, by=by)
    before = backend.dump()

    for dry_run in (True, False):
        outcome = store.restore([record], by=by, dry_run=dry_run)
        assert (outcome.written, outcome.same) == (0, 0)
        (clash,) = outcome.clashes
        assert clash.record.endswith(f"#{record.id}")
        assert message in clash.message
    assert backend.dump() == before


def test_a_clash_does_not_keep_its_neighbours_out(store, by, clean):
    store.restore(ALL, by=by)
    outcome = store.restore([replace(ARTIFACTS[0], id=1), replace(ARTIFACTS[1], id=2)], by=by)

    assert (outcome.written, [clash.record for clash in outcome.clashes]) == (1, ["artifact#1"])
    assert store.get(Artifact, [2])[0].entry == 2
    clean()


def test_two_records_of_one_call_that_want_one_name_clash(store, by):
    store.restore(TYPES, by=by)
    outcome = store.restore([replace(ARTIFACTS[0], id=id_, external_id=None) for id_ in (1, 2)], by=by)

    assert (outcome.written, [clash.record for clash in outcome.clashes]) == (1, ["artifact#2"])


def test_a_dry_run_writes_nothing_and_counts_what_it_would(store, backend, by):
    before = backend.dump()

    assert store.restore(ALL, by=by, dry_run=True).written == len(ALL)
    assert backend.dump() == before


def test_new_ids_go_on_above_the_largest_restored_one(store, by, clean):
    store.restore(ALL, by=by)

    assert store.put([Artifact(type="Table")], by=by)[0].id == 901
    store.put_edges([Event(artifact_id=901, execution_id=3, type=EventType.INPUT)], by=by)
    assert store.events(artifacts=[901])[0].id == 79
    assert store.put_types([NodeType(kind=NodeKind.ARTIFACT, name="New")], by=by) == [42]
    clean()


def test_another_client_sees_a_restored_type_whose_id_is_smaller_than_those_it_knows(store, backend, by):
    other = backend.open()
    store.restore([TYPES[0]], by=by)
    assert [type_.id for type_ in other.list_types()] == [40]

    store.restore([TYPES[1]], by=by)
    assert [type_.id for type_ in other.list_types()] == [12, 40]


def test_an_event_that_contradicts_time_is_kept_with_a_finding(store, by, clean):
    late = replace(ARTIFACTS[1], id=8, created_at=5_000, updated_at=5_000)
    early = replace(ARTIFACTS[1], id=9, created_at=1, updated_at=1)
    read = Event(artifact_id=8, execution_id=3, type=EventType.INPUT, time=2_000, id=80)
    made = Event(artifact_id=9, execution_id=3, type=EventType.OUTPUT, time=2_000, id=81)
    store.restore([*TYPES, EXECUTION, late, early], by=by)
    store.restore([read, made], by=by)

    found = store.entries()[-1].findings
    assert [finding.split(" (")[0] for finding in found] == ["artifact#8", "artifact#9"]
    assert "was made after execution#3 is said to have read it" in found[0]
    assert "is older than execution#3" in found[1]
    assert len(store.events(executions=[3])) == 2
    clean()


def test_an_update_of_a_restored_node_keeps_its_former_state(store, by, clean):
    store.restore(ALL, by=by)
    restored = store.entries()[-1].time
    store.put([replace(ARTIFACTS[1], uri="new")], by=by)

    assert store.get(Artifact, [7], as_of=restored)[0].uri is None
    assert store.get(Artifact, [7])[0].created_at == 1_000
    clean()


@pytest.mark.parametrize(
    ("records", "error", "message"),
    [
        ([replace(ARTIFACTS[0], id=None)], InvalidArgument, "has an id from 1"),
        ([replace(ARTIFACTS[0], id=0)], InvalidArgument, "has an id from 1"),
        ([replace(ARTIFACTS[0], id=INT64_MAX + 1)], InvalidArgument, "has an id from 1"),
        ([replace(ARTIFACTS[0], id=INT64_MAX)], InvalidArgument, "has an id from 1"),
        ([ParentContext(child_id=6, parent_id=5)], InvalidArgument, "context#6 inside context#5.*no cycles"),
        ([ParentContext(child_id=5, parent_id=5)], InvalidArgument, "no cycles"),
        ([replace(ARTIFACTS[0], created_at=None)], InvalidArgument, "says when it was made"),
        ([changed(EVENTS[0], time=None)], InvalidArgument, "says when it was"),
        ([ARTIFACTS[1], ARTIFACTS[1]], InvalidArgument, "two records of one call are artifact#7"),
        ([Artifact(type="Unknown", id=1, **TIMES)], NotFound, "'Unknown'"),
        ([changed(EVENTS[0], artifact_id=8)], NotFound, "artifact#8 not found"),
        ([Attribution(artifact_id=7, context_id=99)], NotFound, "context#99 not found"),
        ([replace(ARTIFACTS[1], id=1, uri="\ud800")], InvalidArgument, "not valid Unicode"),
        ([replace(ARTIFACTS[1], id=1, custom_properties={"a": "\ud800"})], InvalidArgument, "surrogates"),
        ([changed(EVENTS[0], id=1, path=("\ud800",))], InvalidArgument, "not valid Unicode"),
    ],
)
def test_what_cannot_be_restored_is_refused_with_all_that_came_with_it(store, backend, by, records, error, message):
    store.restore(ALL, by=by)
    before = backend.dump()

    with pytest.raises(error, match=message):
        store.restore([replace(EXECUTION, id=50, name="fine"), *records], by=by)
    assert backend.dump() == before


def test_new_nodes_go_on_above_the_largest_id_that_can_be_restored(store, by, clean):
    store.restore([*TYPES, replace(ARTIFACTS[1], id=LARGEST_ID)], by=by)
    (key,) = store.put([Artifact(type="Table")], by=by)
    assert key.id == LARGEST_ID + 1
    clean()


def test_contexts_that_would_lie_inside_each_other_within_one_call_are_refused(store, by):
    third = replace(CONTEXTS[0], id=9, name="c9")
    pairs = [ParentContext(child_id=child, parent_id=parent) for child, parent in ((5, 6), (6, 9), (9, 5))]
    with pytest.raises(InvalidArgument, match="no cycles"):
        store.restore([*TYPES, *CONTEXTS, third, *pairs], by=by)
    store.restore([*TYPES, *CONTEXTS, third, *pairs[:2]], by=by)
    with pytest.raises(InvalidArgument, match="context#5 inside context#6 inside context#9 inside context#5"):
        store.restore(pairs[2:], by=by)


def test_one_entry_binds_thousands_of_records(store, by, clean):
    store.restore(TYPES, by=by)
    outcome = store.restore([replace(ARTIFACTS[1], id=id_, name=f"n{id_}") for id_ in range(1, 5001)], by=by)

    assert outcome.written == 5000
    assert [entry.rows for entry in store.entries()] == [3, 5000]
    clean()


def test_in_a_batch_an_id_that_a_restoration_jumped_over_is_no_node(store, by, clean):
    with store.batch(by=by):
        (made,) = store.put([Artifact(type="Model")], by=by)
        (context,) = store.put([Context(type="Pipeline", name="p")], by=by)
        store.restore([*TYPES, ARTIFACTS[0]], by=by)
        with pytest.raises(NotFound, match="artifact#50 not found"):
            store.put_edges([Attribution(artifact_id=50, context_id=context.id)], by=by)
        store.put_edges([Attribution(artifact_id=made.id, context_id=context.id)], by=by)
        (after,) = store.put([Artifact(type="Model")], by=by)
    assert after.id == 901
    clean()


def test_rows_of_the_named_entries_are_brought_to_a_newer_state_and_the_former_one_stays(store, backend, by, clean):
    store.restore(ALL, by=by)
    (first,) = store.entries()
    newer = replace(ARTIFACTS[0], uri="new", properties={"rows": 2}, updated_at=3_000)
    type_ = replace(TYPES[0], properties={"rows": PropertyType.INT, "more": PropertyType.STRING})
    before = backend.dump()
    told = store.restore([type_, newer], by=by, over={first.seq}, dry_run=True)
    assert backend.dump() == before

    assert store.restore([type_, newer], by=by, over={first.seq}) == told
    assert [(update.record, update.columns) for update in told.updates] == [
        ("type#40", ("properties",)),
        ("artifact#900", ("uri", "properties", "updated_at")),
    ]
    assert (told.written, told.same, told.clashes) == (0, 0, ())
    assert without_entry(store.get(Artifact, [900])) == [newer]
    assert store.get(Artifact, [900], as_of=first.time)[0].uri == ""
    assert backend.open().list_types()[1] == type_
    for rows, found in ((1, []), (2, [900])):
        page = store.list(Artifact, ListOptions(filter=f"properties.rows.int_value = {rows}"))
        assert [node.id for node in page.items] == found
    clean()


@pytest.mark.parametrize(
    ("record", "standing"),
    [
        (replace(ARTIFACTS[0], uri="old", updated_at=1_999), Standing.CHANGED),
        (replace(ARTIFACTS[0], name="other"), Standing.OTHER),
        (replace(ARTIFACTS[0], created_at=999), Standing.OTHER),
        (replace(ARTIFACTS[0], type="Other"), Standing.OTHER),
        (replace(ARTIFACTS[1], external_id="x"), Standing.TAKEN),
        (changed(EVENTS[0], time=501), Standing.CHANGED),
        (changed(EVENTS[0], type=EventType.INPUT), Standing.OTHER),
        (replace(TYPES[0], version="v9"), Standing.OTHER),
    ],
)
def test_an_older_state_and_another_thing_take_no_place(store, backend, by, record, standing):
    store.restore([*ALL, NodeType(kind=NodeKind.ARTIFACT, name="Other", id=50, created_at=9)], by=by)
    before = backend.dump()

    for dry_run in (True, False):
        outcome = store.restore([record], by=by, over={1}, dry_run=dry_run)
        assert [clash.standing for clash in outcome.clashes] == [standing]
        assert outcome.updates == ()
    assert backend.dump() == before


def test_a_row_that_another_entry_wrote_last_takes_no_new_state(store, by):
    store.restore(ALL, by=by)
    store.put([replace(ARTIFACTS[1], uri="mine")], by=by)
    outcome = store.restore([replace(ARTIFACTS[1], uri="theirs", updated_at=2**60)], by=by, over={1})

    assert [(clash.standing, clash.entry) for clash in outcome.clashes] == [(Standing.CHANGED, 2)]
    assert (outcome.met, store.get(Artifact, [7])[0].uri) == ({2}, "mine")


def test_an_external_id_moves_from_one_row_to_another_in_one_call(store, by, clean):
    store.restore(ALL, by=by)
    given = [
        replace(ARTIFACTS[1], external_id="x", updated_at=3_000),
        replace(ARTIFACTS[0], external_id=None, updated_at=3_000),
    ]

    told = store.restore(given, by=by, over={1}, dry_run=True)
    assert store.restore(given, by=by, over={1}) == told
    assert {update.record for update in told.updates} == {"artifact#7", "artifact#900"}
    assert without_entry(store.get(Artifact, [7, 900])) == given
    clean()


def test_two_rows_that_swap_their_external_ids_are_told_and_stay(store, by, clean):
    ours = [replace(ARTIFACTS[0], name=None), replace(ARTIFACTS[1], external_id="y")]
    store.restore([*TYPES, *ours], by=by)
    swapped = [replace(ours[0], external_id="y"), replace(ours[1], external_id="x")]
    outcome = store.restore(swapped, by=by, over={1})

    assert [clash.standing for clash in outcome.clashes] == [Standing.TAKEN, Standing.TAKEN]
    assert without_entry(store.get(Artifact, [900, 7])) == ours
    clean()


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_types_and_edges_come_in_order_with_the_entries_that_wrote_them(store, by, limit):
    store.restore(ALL[:-1], by=by)
    more = [Attribution(artifact_id=id_, context_id=context) for id_, context in ((900, 5), (900, 6), (7, 6))]
    store.restore([*more, MEMBERSHIPS[-1]], by=by)

    assert everything(store, NodeType, limit) == [(TYPES[1], 1), (TYPES[0], 1), (TYPES[2], 1)]
    assert [(event.id, entry) for event, entry in everything(store, Event, limit)] == [(77, 1), (78, 1)]
    assert everything(store, Attribution, limit) == [
        (MEMBERSHIPS[0], 1),
        (more[0], 2),
        (more[2], 2),
        (more[1], 2),
    ]
    assert everything(store, Association, limit) == [(MEMBERSHIPS[1], 1)]
    assert everything(store, ParentContext, limit) == [(MEMBERSHIPS[2], 2)]


def everything(store, cls, limit):
    found, after = [], None
    while page := store.kept(cls, after=after, limit=limit):
        assert len(page) <= limit
        found += page
        after = page[-1].record
    return found
