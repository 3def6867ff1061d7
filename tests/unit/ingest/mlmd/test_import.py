"""The import: everything comes across as it was, once, and both sides are compared."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from unittest.mock import ANY

import pytest

from lineal.errors import AlreadyExists
from lineal.ingest.mlmd.equality import Equality
from lineal.ingest.mlmd.layout import COLUMNS
from lineal.ingest.mlmd.losses import Fate, Losses
from lineal.ingest.mlmd.provenance import ACTION
from lineal.model.edges import Association, Attribution, Event, EventType, How, ParentContext
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState
from lineal.model.publication import Origin
from lineal.model.types import NodeType
from lineal.model.values import PropertyType, Proto
from tests.unit.ingest.mlmd.conftest import Database

BY = Origin(actor="grace", action="test")
TIMES = {"created_at": 1_001_000, "updated_at": 2_002_000}


def test_types_keep_their_ids_versions_schemas_and_bases(full, store, bring):
    bring(full)

    types = {type_.id: type_ for type_ in store.list_types()}
    assert sorted(types) == [*range(1, 10), 10, 11, 14]
    assert types[1].name == "mlmd.Dataset"
    assert replace(types[10], created_at=None) == NodeType(
        kind=NodeKind.ARTIFACT,
        id=10,
        name="DataSet",
        version="v2",
        base="mlmd.Dataset",
        description="",
        external_id="t",
        properties=dict(zip(("int", "double", "string", "struct", "proto", "bool"), PropertyType, strict=True)),
    )
    assert (types[11].input_type, types[11].output_type) == ('{"any":{}}', '{"none":{}}')


def test_nodes_keep_their_ids_times_names_and_states_and_what_is_unknown_stays_unknown(full, store, bring):
    bring(full)

    first, second = store.get(Artifact, [3, 900])
    assert replace(first, properties={}, custom_properties={}, entry=None) == Artifact(
        type="DataSet", type_version="v2", id=3, uri="", name="", state=ArtifactState.LIVE, external_id="", **TIMES
    )
    assert (second.uri, second.name, second.state, second.external_id) == (
        "s3://bucket/ü",
        "a@v1",
        ArtifactState.UNKNOWN,
        None,
    )
    (execution,) = store.get(Execution, [7])
    assert (execution.state, execution.started_at, execution.ended_at) == (ExecutionState.CACHED, None, None)
    assert [context.name for context in store.get(Context, [4, 5])] == ["c", "parent"]


def test_every_kind_of_property_comes_across_in_both_maps(full, store, bring):
    bring(full)

    (artifact,) = store.get(Artifact, [3])
    assert artifact.properties == {
        "int": -(2**63),
        "double": 0.333333,
        "string": "",
        "struct": {"a": {"x": "y"}, "b": [1.0, 2.5, None, True]},
        "proto": Proto("type.example/A", b"\x00\xff"),
        "bool": False,
    }
    assert artifact.custom_properties == {"int": "mlmd-struct::no base64"}
    assert store.list(Artifact, ListOptions(filter="properties.double.double_value < 1")).items == [artifact]


def test_edges_keep_ids_order_times_and_paths_and_count_as_declared(full, store, bring):
    bring(full)

    events = [event._replace(entry=None) for event in store.events(executions=[7])]
    assert events == [
        Event(
            id=20,
            artifact_id=3,
            execution_id=7,
            type=EventType.INPUT,
            time=1_500_000,
            path=("files", 0, ""),
            how=How.DECLARED,
        ),
        Event(id=21, artifact_id=900, execution_id=7, type=EventType.OUTPUT, time=1_600_000),
    ]
    assert store.memberships([NodeKey(NodeKind.CONTEXT, 4)]) == [
        Attribution(artifact_id=900, context_id=4),
        Attribution(artifact_id=3, context_id=4),
        Association(execution_id=7, context_id=4),
        ParentContext(child_id=4, parent_id=5),
    ]


def test_the_report_has_counts_and_equal_digests_of_every_table(full, bring):
    report = bring(full)

    assert report.equal
    assert {table.table: (table.there, table.here, table.equal) for table in report.tables} == {
        "Type": (12, 12, True),
        "ParentType": (1, 1, True),
        "TypeProperty": (6, 6, True),
        "Artifact": (2, 2, True),
        "ArtifactProperty": (8, 8, True),
        "Execution": (1, 1, True),
        "ExecutionProperty": (1, 1, True),
        "Context": (2, 2, True),
        "ContextProperty": (1, 1, True),
        "Event": (2, 2, True),
        "EventPath": (3, 3, True),
        "Association": (1, 1, True),
        "Attribution": (2, 2, True),
        "ParentContext": (1, 1, True),
    }
    assert report.doubles == 2
    # Anybody can add up a digest: the sum of the SHA-256 of canonical rows.
    (association,) = (table for table in report.tables if table.table == "Association")
    assert association.digest_here == sha256(b"[7,4]").hexdigest()


def test_every_ledger_entry_says_where_it_came_from_and_that_doubles_were_rounded_there(full, store, bring):
    bring(full)

    for entry in store.entries():
        assert (entry.actor, entry.action) == ("ada", ACTION)
        assert entry.reason == f"from sqlite:///{full.path} (schema 10); ML Metadata kept six decimals of each double"
    (artifact,) = store.get(Artifact, [3])
    assert artifact.entry in [entry.seq for entry in store.entries()]


def test_the_import_itself_is_no_execution(full, store, bring):
    bring(full)

    assert [node.id for node in store.list(Execution).items] == [7]
    assert store.put([Execution(type="Trainer")], by=BY)[0].id == 8


def test_a_second_run_writes_nothing(full, store, bring):
    first = bring(full)
    entries = len(store.entries())
    again = bring(full)

    assert (again.outcome.written, again.outcome.same, again.equal) == (0, first.outcome.written, True)
    assert [table.digest_here for table in again.tables] == [table.digest_here for table in first.tables]
    assert len(store.entries()) == entries


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_the_size_of_batches_changes_nothing(full, bring, preview, batch):
    report = bring(full, batch=batch)

    assert report.equal
    assert [table.there for table in report.tables] == [table.here for table in report.tables]
    assert preview(full).outcome.written == 0


def test_what_came_new_to_the_source_is_added_by_the_next_run(full, store, bring):
    bring(full)
    full.node("Artifact", 901, 10, name="new")
    full.insert("Event", id=22, artifact_id=901, execution_id=7, type=4, milliseconds_since_epoch=1)
    report = bring(full)

    assert (report.outcome.written, report.equal) == (2, True)
    assert [event.id for event in store.events(artifacts=[901])] == [22]


def test_what_changed_in_the_source_takes_the_place_of_what_it_brought_and_its_former_state_stays(full, store, bring):
    bring(full)
    before = store.entries()[-1].time
    full.execute("UPDATE Artifact SET uri = 'moved', last_update_time_since_epoch = 9000 WHERE id = 3")
    full.execute("UPDATE ArtifactProperty SET double_value = 2.5 WHERE double_value = 0.333333")
    full.node("Artifact", 901, 10, name="new")
    report = bring(full)

    assert report.equal
    (update,) = report.outcome.updates
    assert (update.record, update.columns) == ("artifact#3", ("uri", "properties", "updated_at"))
    assert (report.outcome.updated, report.outcome.written) == (1, 1)
    assert store.get(Artifact, [3, 901])[0].uri == "moved"
    assert store.get(Artifact, [3], as_of=before)[0].uri == ""
    for filter_, found in (("double_value = 2.5", [3]), ("double_value = 0.333333", [])):
        artifacts = store.list(Artifact, ListOptions(filter=f"properties.double.{filter_}")).items
        assert [artifact.id for artifact in artifacts] == found


def copied(database, path):
    """Return a copy of a database under another name."""
    copy = Database(path)
    for table in (*COLUMNS,):
        copy.execute(f"DELETE FROM {table}")
        for row in database.execute(f"SELECT * FROM {table}"):
            copy.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)
    return copy


def test_a_later_copy_under_another_name_is_the_same_source(full, store, bring, tmp_path):
    bring(full)
    with closing(copied(full, tmp_path / "june.db")) as june:
        june.execute("UPDATE Execution SET last_known_state = 4, last_update_time_since_epoch = 9000")
        june.node("Artifact", 901, 10, name="new")
        report = bring(june)
        assert report.equal
        assert [update.record for update in report.outcome.updates] == ["execution#7"]
        assert store.entries()[-1].reason.startswith(
            f"from sqlite:///{june.path}, known here as sqlite:///{full.path} ("
        )
        with closing(copied(june, tmp_path / "july.db")) as july:
            july.execute("DELETE FROM Artifact WHERE id = 901")
            july.execute("DELETE FROM Context WHERE id = 5")
            july.execute("DELETE FROM ParentContext")
            july.execute("UPDATE Artifact SET last_update_time_since_epoch = 9500")
            report = bring(july)
    # June brought the one and the first import the other.
    assert {(item.table, item.key) for item in report.differences} == {
        ("Artifact", (901,)),
        ("Context", (5,)),
        ("ParentContext", (4, 5)),
    }


def test_what_the_source_has_lost_since_is_listed_counted_and_in_the_digest(full, store, bring):
    bring(full)
    full.execute("DELETE FROM Artifact WHERE id = 3")
    for table in ("ArtifactProperty", "Event", "Attribution"):
        full.execute(f"DELETE FROM {table} WHERE artifact_id = 3")
    full.execute("DELETE FROM EventPath")
    full.execute("DELETE FROM Association")
    report = bring(full)

    assert not report.equal
    tables = {table.table: table for table in report.tables}
    assert {table: (row.there, row.here, row.differences, row.lost) for table, row in tables.items() if row.lost} == {
        "Artifact": (1, 2, 1, 1),
        "ArtifactProperty": (1, 8, 7, 7),
        "Event": (1, 2, 1, 1),
        "EventPath": (0, 3, 3, 3),
        "Association": (0, 1, 1, 1),
        "Attribution": (1, 2, 1, 1),
    }
    assert tables["Artifact"].digest_there != tables["Artifact"].digest_here
    (lost,) = (item for item in report.differences if item.table == "Artifact")
    assert (lost.key, lost.there) == ((3,), None)
    assert lost.here.startswith("[3,10,")
    assert store.get(Artifact, [3])


@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_a_source_that_lost_everything_has_lost_everything(full, bring, batch):
    first = bring(full, batch=batch)
    for table in COLUMNS:
        if table not in {"MLMDEnv", "Type"}:
            full.execute(f"DELETE FROM {table}")
    full.execute("DELETE FROM Type WHERE id > 9")
    report = bring(full, batch=batch)

    assert [table.lost for table in report.tables] == [
        table.there - (9 if table.table == "Type" else 0) for table in first.tables
    ]


def test_a_copy_that_lost_everything_is_known_by_the_name_it_had_before(full, bring, tmp_path):
    bring(full)
    with closing(copied(full, tmp_path / "june.db")) as june:
        assert bring(june).equal
        june.node("Artifact", 901, 10)
        assert bring(june).equal
        for table in COLUMNS:
            if table not in {"MLMDEnv", "Type"}:
                june.execute(f"DELETE FROM {table}")
        report = bring(june)

    assert {table.table: table.lost for table in report.tables}["Artifact"] == 3


def test_an_older_copy_changes_nothing_that_is_here_in_a_later_state(full, store, bring, tmp_path):
    with closing(copied(full, tmp_path / "may.db")) as may:
        full.execute("UPDATE Artifact SET uri = 'moved', last_update_time_since_epoch = 9000 WHERE id = 3")
        bring(full)
        report = bring(may)

    assert [(clash.record, clash.message) for clash in report.outcome.clashes] == [
        ("artifact#3", "is there in a later state")
    ]
    assert [(item.table, item.key) for item in report.differences] == [("Artifact", (3,))]
    assert store.get(Artifact, [3])[0].uri == "moved"


def test_another_database_under_a_known_name_is_refused(full, store, bring):
    bring(full)
    before = store.facts()
    full.execute("UPDATE Artifact SET create_time_since_epoch = 7000, last_update_time_since_epoch = 9000")

    with pytest.raises(AlreadyExists, match=r"artifact#3 is there with another created_at"):
        bring(full)
    assert store.facts() == before


def test_a_second_source_beside_the_first_has_lost_nothing_of_it(full, store, bring, tmp_path):
    bring(full)
    with closing(Database(tmp_path / "second.db")) as second:
        second.insert("Type", id=20, name="Second", type_kind=1)
        second.node("Artifact", 5_000, 20)
        assert bring(second).equal
        second.execute("DELETE FROM Artifact")
        second.node("Artifact", 5_001, 20)
        report = bring(second)

    assert [(item.table, item.key) for item in report.differences] == [("Artifact", (5_000,))]


def test_a_type_that_gained_a_property_and_an_external_id_that_moved_come_along(full, store, bring):
    full.node("Artifact", 901, 10, external_id="moves")
    bring(full)
    full.insert("TypeProperty", type_id=11, name="depth", data_type=1)
    full.execute("UPDATE Artifact SET external_id = NULL, last_update_time_since_epoch = 9000 WHERE id = 901")
    full.execute("UPDATE Artifact SET external_id = 'moves', last_update_time_since_epoch = 9000 WHERE id = 900")
    full.node("Artifact", 902, 10, external_id="x")
    report = bring(full)

    assert report.equal
    assert {update.record: update.columns for update in report.outcome.updates} == {
        "type#11": ("properties",),
        "artifact#900": ("external_id", "updated_at"),
        "artifact#901": ("external_id", "updated_at"),
    }
    assert {type_.id: type_.properties for type_ in store.list_types()}[11] == {"depth": PropertyType.INT}
    assert [artifact.external_id for artifact in store.get(Artifact, [900, 901])] == ["moves", None]


def test_a_name_that_was_given_to_a_new_node_is_told_and_what_touches_that_node_is_left_out(full, store, bring):
    bring(full)
    full.execute("DELETE FROM Artifact WHERE id = 900")
    full.execute("UPDATE Event SET artifact_id = 901 WHERE artifact_id = 900")
    full.execute("UPDATE Event SET id = 50 WHERE artifact_id = 901")
    full.node("Artifact", 901, 10, name="a@v1")
    report = bring(full)

    assert not report.equal
    assert [(clash.record, clash.message) for clash in report.outcome.clashes] == [
        ("artifact#901", "type_id 10, name 'a@v1' belongs to artifact#900")
    ]
    assert ("Event", (50,), "a node of it is left out") in {
        (loss.table, loss.key, loss.message) for loss in report.losses
    }
    assert {(item.table, item.key, item.there is None) for item in report.differences} >= {
        ("Artifact", (901,), False),
        ("Artifact", (900,), True),
        ("Event", (21,), True),
    }


def test_what_a_dry_run_says_is_what_the_import_does(full, store, bring, preview):
    bring(full)
    full.execute("UPDATE Artifact SET uri = 'moved', last_update_time_since_epoch = 9000 WHERE id = 3")
    full.node("Artifact", 901, 10, name="new")
    entries = len(store.entries())
    told = preview(full).outcome
    assert len(store.entries()) == entries

    assert told == bring(full).outcome
    full.execute("UPDATE Artifact SET create_time_since_epoch = 7000")
    with pytest.raises(AlreadyExists, match="created_at"):
        preview(full)


def test_a_store_with_other_things_under_these_ids_is_left_as_it_is(full, store, bring):
    store.put([Artifact(type="Model", name=str(number)) for number in range(3)], by=BY)
    before = store.facts()

    with pytest.raises(AlreadyExists, match=r"type#10 is there with another name") as caught:
        bring(full)
    assert "nothing was written" in caught.value.hint
    assert store.facts() == before


def test_a_store_with_other_ids_takes_the_import_beside_what_it_holds(full, store, bring):
    other = NodeType(kind=NodeKind.ARTIFACT, name="Other", id=500, created_at=1)
    store.restore([other, Artifact(type="Other", id=5_000, **TIMES)], by=BY)
    report = bring(full)

    assert report.equal
    assert store.get(Artifact, [5_000])[0].type == "Other"


def test_a_name_that_is_taken_under_another_id_is_found_before_anything_is_written(full, store, bring):
    type_ = NodeType(kind=NodeKind.CONTEXT, name="Other", id=500, created_at=1)
    store.restore([type_, Context(type="Other", name="x", id=600, external_id="c", **TIMES)], by=BY)
    entries = store.entries()

    with pytest.raises(AlreadyExists, match=r"context#5 external_id 'c' belongs to context#600"):
        bring(full)
    assert store.entries() == entries


def test_a_row_that_a_user_changed_since_is_left_as_it_is_and_told(full, store, bring):
    bring(full)
    (context,) = store.get(Context, [4])
    store.put([replace(context, custom_properties={"owner": 1.5})], by=BY)
    full.node("Artifact", 901, 10, name="new")
    report = bring(full)

    assert [(clash.record, clash.message) for clash in report.outcome.clashes] == [
        ("context#4", "is there with another custom_properties, updated_at")
    ]
    assert {(item.table, item.key) for item in report.differences} == {
        ("Context", (4,)),
        ("ContextProperty", (4, 1, "owner")),
    }
    assert store.get(Context, [4])[0].custom_properties == {"owner": 1.5}
    assert store.get(Artifact, [901])


def test_a_changed_row_counts_as_here_only_where_it_is(full, store):
    losses = Losses()
    losses.add("Artifact", (3,), Fate.CHANGED, "its state means nothing")
    with closing(full.read()) as source:
        equality = Equality(source, store, losses, ())
        equality.compare(100, lambda *_: None)

    assert equality.comparisons["Artifact"].changed == 0
    assert {item.key for item in equality.differences if item.table == "Artifact"} == {(3,), (900,)}


def test_the_comparison_names_every_row_that_is_not_the_same(full, store, bring):
    bring(full)
    (context,) = store.get(Context, [4])
    store.put([replace(context, custom_properties={"owner": 1.5})], by=BY)
    full.insert("Association", context_id=5, execution_id=7)
    full.execute("UPDATE EventPath SET step_key = 'other' WHERE step_key = ''")

    with closing(full.read()) as source:
        equality = Equality(source, store, Losses(), ())
        equality.compare(100, lambda *_: None)
    assert {(item.table, item.key): (item.there, item.here) for item in equality.differences} == {
        ("Context", (4,)): (ANY, ANY),
        ("ContextProperty", (4, 1, "owner")): ('[4,1,"owner","bool",1]', '[4,1,"owner","double","1.5"]'),
        ("Association", (7, 5)): ("[7,5]", None),
        ("EventPath", (20, 2)): ('[20,2,"key","other"]', '[20,2,"key",""]'),
    }
