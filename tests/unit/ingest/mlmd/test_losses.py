"""What cannot be stored is told row by row; everything else comes across, and both sides agree about it."""

from __future__ import annotations

import pytest

from lineal.ingest.mlmd.losses import Fate
from lineal.model.edges import EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution
from tests.unit.ingest.mlmd.conftest import struct

LEFT_OUT, CHANGED, NOTED = Fate.LEFT_OUT, Fate.CHANGED, Fate.NOTED


def told(report):
    """Return what is told: (table, key, fate) → message."""
    return {(loss.table, loss.key, loss.fate): loss.message for loss in report.losses}


def counts(report, table):
    return next((row.there, row.here, row.left_out, row.changed) for row in report.tables if row.table == table)


def test_a_duplicate_type_keeps_its_id_and_its_nodes_under_a_marked_version(full, store, bring):
    full.insert("Type", id=15, name="Experiment", type_kind=2)
    full.insert("Type", id=16, name="Experiment", type_kind=2)
    full.insert("TypeProperty", type_id=15, name="p", data_type=1)
    full.node("Context", 6, 15, name="c")
    report = bring(full)

    assert report.equal
    assert told(report) == {
        ("Type", (15,), CHANGED): "'Experiment' is type 14 already; this one is kept as version '+duplicate.15'",
        ("Type", (16,), CHANGED): "'Experiment' is type 14 already; this one is kept as version '+duplicate.16'",
    }
    assert store.get(Context, [6])[0].type_version == "+duplicate.15"
    # Both contexts named c are found by their type's name.
    assert {node.id for node in store.named(Context, "Experiment", "c")} == {4, 6}
    assert counts(report, "Type") == (14, 14, 0, 2)


def test_events_to_missing_nodes_are_left_out_with_their_paths(full, store, bring):
    full.insert("Event", id=30, artifact_id=77, execution_id=7, type=3, milliseconds_since_epoch=1)
    full.insert("Event", id=31, artifact_id=3, execution_id=78, type=3, milliseconds_since_epoch=1)
    full.insert("EventPath", event_id=30, is_index_step=1, step_index=5)
    full.insert("EventPath", event_id=99, is_index_step=1, step_index=5)
    report = bring(full)

    assert report.equal
    assert told(report) == {
        ("Event", (30,), LEFT_OUT): "node 77 is missing",
        ("Event", (31,), LEFT_OUT): "node 78 is missing",
        ("EventPath", (30, 0), LEFT_OUT): "its event is left out: node 77 is missing",
        ("EventPath", (99, 0), LEFT_OUT): "there is no event 99",
    }
    assert counts(report, "Event") == (4, 2, 2, 0)
    assert counts(report, "EventPath") == (5, 3, 2, 0)


def test_memberships_of_missing_nodes_are_left_out(full, bring):
    full.insert("Attribution", context_id=4, artifact_id=77)
    full.insert("Association", context_id=78, execution_id=7)
    full.insert("ParentContext", context_id=4, parent_context_id=79)
    report = bring(full)

    assert report.equal
    assert told(report) == {
        ("Attribution", (77, 4), LEFT_OUT): "node 77 is missing",
        ("Association", (7, 78), LEFT_OUT): "node 78 is missing",
        ("ParentContext", (4, 79), LEFT_OUT): "node 79 is missing",
    }


@pytest.mark.parametrize("id_", [1, 500, 2_000])
def test_properties_of_missing_nodes_are_left_out(full, bring, id_):
    full.property("Artifact", id_, "orphan", int_value=1)
    report = bring(full, batch=1)

    assert report.equal
    assert told(report) == {("ArtifactProperty", (id_, 0, "orphan"), LEFT_OUT): f"there is no artifact {id_}"}


def test_nodes_without_a_type_are_left_out_with_all_that_touches_them(full, store, bring):
    full.node("Artifact", 50, 999)
    full.node("Artifact", 51, 11)
    full.property("Artifact", 50, "p", custom=True, int_value=1)
    full.insert("Event", id=30, artifact_id=50, execution_id=7, type=3, milliseconds_since_epoch=1)
    full.insert("Attribution", context_id=4, artifact_id=51)
    report = bring(full)

    assert report.equal
    assert told(report) == {
        ("Artifact", (50,), LEFT_OUT): "there is no artifact type 999",
        ("Artifact", (51,), LEFT_OUT): "there is no artifact type 11",
        ("ArtifactProperty", (50, 1, "p"), LEFT_OUT): "its node is left out: there is no artifact type 999",
        ("Event", (30,), LEFT_OUT): "a node of it is left out",
        ("Attribution", (51, 4), LEFT_OUT): "a node of it is left out",
    }
    assert [artifact.id for artifact in store.list(Artifact).items] == [3, 900]


def test_two_values_under_one_name_the_first_counts_as_in_ml_metadata(full, store, bring):
    full.property("Execution", 7, "both", custom=True, double_value=2.5, string_value="x", bool_value=1)
    report = bring(full)

    assert report.equal
    assert store.get(Execution, [7])[0].custom_properties["both"] == 2.5
    assert told(report) == {
        ("ExecutionProperty", (7, 1, "both"), NOTED): "it has several values; the first counts, as in ML Metadata"
    }


def test_a_property_that_its_type_does_not_declare_is_kept_and_noted(full, store, bring):
    full.property("Execution", 7, "loose", int_value=3)
    report = bring(full)

    assert report.equal
    assert store.get(Execution, [7])[0].properties == {"loose": 3}
    assert list(told(report)) == [("ExecutionProperty", (7, 0, "loose"), NOTED)]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({}, "it has no value"),
        ({"byte_value": b"unused"}, "it has no value"),
        ({"int_value": "text"}, "its int column holds 'text' (str)"),
        ({"string_value": b"\xff"}, "its str column holds b'\\xff' (bytes)"),
        ({"proto_value": "!"}, "its proto_value is no google.protobuf.Any"),
    ],
)
def test_a_property_without_a_readable_value_is_left_out(full, store, bring, cells, why):
    full.property("Execution", 7, "odd", custom=True, **cells)
    report = bring(full)

    assert report.equal
    assert told(report) == {("ExecutionProperty", (7, 1, "odd"), LEFT_OUT): why}
    assert set(store.get(Execution, [7])[0].custom_properties) == {"note"}


def test_text_that_is_no_utf_8_is_left_out_wherever_it_stands(full, bring):
    full.execute(
        "INSERT INTO ExecutionProperty (execution_id, name, is_custom_property, string_value) "
        "VALUES (7, 'v', 1, CAST(x'80' AS TEXT)), (7, CAST(x'80' AS TEXT), 1, 'v')"
    )
    full.execute("UPDATE Artifact SET uri = CAST(x'ff' AS TEXT) WHERE id = 900")
    report = bring(full)

    assert report.equal
    assert {(loss.table, loss.fate) for loss in report.losses if loss.message == "its text is not valid UTF-8"} == {
        ("ExecutionProperty", LEFT_OUT),
        ("Artifact", LEFT_OUT),
    }
    assert counts(report, "Artifact") == (2, 1, 1, 0)


def test_states_and_event_types_that_mean_nothing_are_told(full, store, bring):
    full.node("Artifact", 50, 10, state=42)
    full.insert("Event", id=30, artifact_id=3, execution_id=7, type=9, milliseconds_since_epoch=1)
    full.insert("Event", id=31, artifact_id=3, execution_id=7, type=0, milliseconds_since_epoch=None)
    report = bring(full)

    assert report.equal
    assert told(report) == {
        ("Artifact", (50,), CHANGED): "its state is 42, which means nothing; it is kept as UNKNOWN",
        ("Event", (30,), LEFT_OUT): "its type is 9, which means nothing",
        ("Event", (31,), CHANGED): "it has no time; it is kept as of 1970-01-01",
    }
    assert store.get(Artifact, [50])[0].state is ArtifactState.UNKNOWN
    assert [event.type for event in store.events(artifacts=[3])] == [EventType.INPUT, EventType.UNKNOWN]


def test_times_and_ids_that_do_not_fit_are_left_out(full, bring):
    full.node("Artifact", 50, 10, create_time_since_epoch=2**62)
    full.node("Artifact", -1, 10)
    full.node("Context", 50, 14, name="x", last_update_time_since_epoch="yesterday")
    report = bring(full)

    assert report.equal
    assert told(report) == {
        ("Artifact", (50,), LEFT_OUT): f"its time is {2**62} ms, which is no time here",
        ("Artifact", (-1,), LEFT_OUT): "its id is -1",
        ("Context", (50,), LEFT_OUT): "its time is 'yesterday' ms, which is no time here",
    }


def test_what_types_cannot_keep_is_told(full, store, bring):
    full.insert("Type", id=20, name="Odd", type_kind=5)
    full.insert("TypeProperty", type_id=11, name="x", data_type=0)
    full.insert("TypeProperty", type_id=99, name="y", data_type=1)
    full.insert("ParentType", type_id=10, parent_type_id=2)
    full.insert("ParentType", type_id=11, parent_type_id=1)
    report = bring(full)

    assert report.equal
    assert told(report) == {
        ("Type", (20,), LEFT_OUT): "its type_kind is 5, and there are 0, 1, 2",
        ("TypeProperty", (11, "x"), LEFT_OUT): "0 is no kind of value",
        ("TypeProperty", (99, "y"), LEFT_OUT): "there is no type 99",
        (
            "ParentType",
            (10, 2),
            LEFT_OUT,
        ): "type 10 has the base 'mlmd.Dataset' already, and one is all a type has",
        ("ParentType", (11, 1), LEFT_OUT): "a base is told by its name, and 'mlmd.Dataset' is not type 1 alone",
    }


def test_a_step_without_index_and_key_ends_the_path_that_is_kept(full, store, bring):
    full.insert("EventPath", event_id=21, is_index_step=1, step_index=1)
    full.insert("EventPath", event_id=21, is_index_step=1)
    full.insert("EventPath", event_id=21, is_index_step=0, step_key="z")
    report = bring(full)

    assert report.equal
    assert store.events(artifacts=[900])[0].path == (1,)
    assert [loss.key for loss in report.losses] == [(21, 1), (21, 2)]


@pytest.mark.parametrize(("levels", "kept"), [(30, "dict"), (90, "str")])
def test_a_struct_that_is_too_deep_to_be_read_was_a_text(full, store, bring, levels, kept):
    deep = {}
    for _ in range(levels):
        deep = {"d": deep}
    full.property("Artifact", 900, "deep", custom=True, string_value=struct(d=deep))
    report = bring(full)

    assert report.equal
    assert type(store.get(Artifact, [900])[0].custom_properties["deep"]).__name__ == kept


def test_hostile_names_and_texts_come_back_whole(full, store, bring):
    names = ["'; DROP TABLE artifact; --", 'a"b`c', "line\nbreak\ttab", "emoji 🧬", "nul\0inside", "", "x" * 1_000_000]
    for place, name in enumerate(names):
        full.property("Artifact", 3, name, custom=True, string_value=name)
        full.node("Artifact", 1000 + place, 10, name=f"{place}{name}", uri=name)
        full.insert(
            "Event", id=40 + place, artifact_id=1000 + place, execution_id=7, type=4, milliseconds_since_epoch=1
        )
        full.insert("EventPath", event_id=40 + place, is_index_step=0, step_key=name)
    report = bring(full)

    assert report.equal
    assert report.losses == []
    stored = store.get(Artifact, [3])[0].custom_properties
    assert [stored[name] for name in names] == names
    assert [node.uri for node in store.get(Artifact, range(1000, 1007))] == names
    assert [store.events(artifacts=[1000 + place])[0].path for place in range(7)] == [(name,) for name in names]


def test_losses_are_all_counted_and_some_are_shown(full, bring):
    for id_ in range(2_000, 2_300):
        full.insert("Attribution", context_id=4, artifact_id=id_)
    report = bring(full)

    assert report.equal
    assert counts(report, "Attribution") == (302, 2, 300, 0)
    assert len(report.losses) == 50


def test_memberships_are_found_from_both_sides_afterwards(full, store, bring):
    bring(full)

    assert len(store.memberships([NodeKey(NodeKind.ARTIFACT, 3)])) == 1
    assert len(store.memberships([NodeKey(NodeKind.CONTEXT, 4)])) == 4
