"""Listing and filtering."""

from __future__ import annotations

import time

import ml_metadata
from ml_metadata.proto import metadata_store_pb2 as pb
from programs_nodes import with_types

Artifact, Execution, Context, Event, Value = pb.Artifact, pb.Execution, pb.Context, pb.Event, pb.Value
By = ml_metadata.OrderByField
INVALID = "Invalid `filter_query`: "


def options(**named):
    return ml_metadata.ListOptions(**named)


def ids(nodes):
    return [node.id for node in nodes]


def full(tape):
    """Return a store with artifacts 1 to 6, executions 1 to 3 and contexts 1 to 3 that know each other."""
    store, a, e, c = with_types(tape, rows=pb.INT, rate=pb.DOUBLE, split=pb.STRING, used=pb.BOOLEAN)
    other = store.put_artifact_type(pb.ArtifactType(name="Other"))
    for number in range(1, 6):
        properties = {
            "rows": Value(int_value=number * 10),
            "rate": Value(double_value=number / 4),
            "split": Value(string_value="train" if number % 2 else "test"),
            "used": Value(bool_value=number > 2),
        }
        custom = {"my note": Value(string_value=f"n{number}"), "rows": Value(int_value=-number)}
        state = (Artifact.LIVE, Artifact.PENDING)[number % 2]
        store.put_artifacts(
            [
                Artifact(
                    type_id=a,
                    name=f"a{number}",
                    uri=f"file:///{number}.csv",
                    state=state,
                    external_id=f"x{number}",
                    properties=properties,
                    custom_properties=custom,
                )
            ]
        )
        time.sleep(0.002)
    store.put_artifacts([Artifact(type_id=other, name="lonely")])
    for number in (1, 2, 3):
        custom = {"parent_dag_id": Value(int_value=number % 2)}
        store.put_executions(
            [Execution(type_id=e, name=f"e{number}", last_known_state=number + 1, custom_properties=custom)]
        )
        store.put_contexts(
            [Context(type_id=c, name=f"c{number}", properties={"split": Value(string_value=f"s{number}")})]
        )
        time.sleep(0.002)
    store.put_events(
        [
            Event(artifact_id=1, execution_id=1, type=Event.INPUT, milliseconds_since_epoch=100),
            Event(artifact_id=2, execution_id=1, type=Event.OUTPUT, milliseconds_since_epoch=200),
        ]
    )
    store.put_events(
        [
            Event(artifact_id=2, execution_id=2, type=Event.INPUT, milliseconds_since_epoch=300),
            Event(artifact_id=3, execution_id=2, type=Event.OUTPUT, milliseconds_since_epoch=400),
        ]
    )
    store.put_attributions_and_associations(
        [pb.Attribution(artifact_id=n, context_id=1) for n in (1, 2, 3)]
        + [pb.Attribution(artifact_id=3, context_id=2)],
        [pb.Association(execution_id=n, context_id=1) for n in (1, 2, 3)],
    )
    store.put_parent_contexts([pb.ParentContext(child_id=2, parent_id=1), pb.ParentContext(child_id=3, parent_id=1)])
    return store


def limits_and_orders(tape):
    store = full(tape)
    tape("all", lambda: ids(store.get_artifacts()))
    tape("two", lambda: ids(store.get_artifacts(options(limit=2))))
    tape("none is all", lambda: ids(store.get_artifacts(options(limit=None))))
    tape("zero is all", lambda: ids(store.get_artifacts(options(limit=0))))
    tape("more than there are", lambda: ids(store.get_artifacts(options(limit=500))))
    tape(
        "a negative limit",
        store.get_artifacts,
        options(limit=-1),
        says="Invalid list_options.limit value passed. list_options.limit is expected to be greater than 1",
    )
    tape("by id, down", lambda: ids(store.get_artifacts(options(order_by=By.ID, is_asc=False))))
    tape("by no field, down", lambda: ids(store.get_executions(options(is_asc=False))))
    tape("by creation", lambda: ids(store.get_contexts(options(order_by=By.CREATE_TIME))))
    tape("by creation, down", lambda: ids(store.get_contexts(options(order_by=By.CREATE_TIME, is_asc=False, limit=2))))
    (second,) = store.get_artifacts_by_id([2])
    second.uri = "moved"
    store.put_artifacts([second])
    tape("by update", lambda: ids(store.get_artifacts(options(order_by=By.UPDATE_TIME))))
    tape("by update, down", lambda: ids(store.get_artifacts(options(order_by=By.UPDATE_TIME, is_asc=False, limit=3))))
    tape("of a context", lambda: ids(store.get_artifacts_by_context(1, options(limit=2, is_asc=False))))
    tape("executions of a context", lambda: ids(store.get_executions_by_context(1)))
    tape("executions of a context, two", lambda: ids(store.get_executions_by_context(1, options(limit=2))))


def many_pages(tape):
    store, a, _e, _c = with_types(tape)
    for start in range(0, 250, 50):
        store.put_artifacts([Artifact(type_id=a, name=f"n{number:03}") for number in range(start, start + 50)])
    for order in By:
        for up in (True, False):
            found = ids(store.get_artifacts(options(order_by=order, is_asc=up)))
            tape.note(f"{order.name} {'up' if up else 'down'}", [len(found), sorted(found) == list(range(1, 251))])
    tape("exactly a page", lambda: len(store.get_artifacts(options(limit=100))))
    tape("a page and one", lambda: len(store.get_artifacts(options(limit=101))))
    tape("with a filter", lambda: len(store.get_artifacts(options(filter_query="name >= 'n100'"))))


FOUND = {
    "id": "id = 2",
    "several ids": "id IN (1, 3, 99)",
    "name": "name = 'a3'",
    "uri like": "uri LIKE '%2.csv'",
    "like one sign": "name LIKE 'a_'",
    "type": "type = 'Other'",
    "type id": "type_id = 10",
    "external id": "external_id = 'x4'",
    "state": "state = LIVE",
    "other states": "state != LIVE",
    "states": "state IN (LIVE, PENDING)",
    "no external id": "external_id IS NULL",
    "an external id": "external_id IS NOT NULL",
    "time": "create_time_since_epoch > 0",
    "int": "properties.rows.int_value = 30",
    "int range": "properties.rows.int_value >= 20 AND properties.rows.int_value < 40",
    "between": "properties.rows.int_value BETWEEN 20 AND 40",
    "double": "properties.rate.double_value > 0.7",
    "string": "properties.split.string_value = 'test'",
    "bool": "properties.used.bool_value = true",
    "custom": "custom_properties.rows.int_value < -3",
    "custom with a space": "custom_properties.`my note`.string_value = 'n5'",
    "two properties": "properties.rows.int_value > 10 AND properties.split.string_value = 'train'",
    "and of both maps": "properties.rows.int_value = 20 AND custom_properties.rows.int_value = -2",
    "arithmetic": "id + 1 = 3",
    "arithmetic with properties": "properties.rows.int_value * 2 - 10 = 30",
    "a hex literal": "id = 0x2",
    "parentheses": "(id = 1 OR id = 2) AND NOT name = 'a1'",
    "not equal, other spelling": "id <> 1 AND id != 2",
    "not in": "id NOT IN (1, 2, 3)",
    "in a context": "contexts_x.id = 2",
    "in a context by name": "contexts_x.name = 'c1'",
    "in a context of a type": "contexts_x.type = 'C' AND contexts_x.name = 'c2'",
    "in two contexts": "contexts_x.name = 'c1' AND contexts_y.name = 'c2'",
    "in one that is two": "contexts_x.name = 'c1' AND contexts_x.name = 'c2'",
    "by event": "events_0.execution_id = 1",
    "by event type": "events_0.type = OUTPUT",
    "by two of an event": "events_0.execution_id = 1 AND events_0.type = INPUT",
    "by event time": "events_0.milliseconds_since_epoch >= 300",
    "upper": "UPPER(name) = 'A2'",
    "length": "LENGTH(uri) > 0",
    "case insensitive words": "name = 'a1' or name = 'a2'",
    "double quotes": 'name = "a1"',
}

WRONG = {
    "syntax": "id = ",
    "an unknown column": "foo = 1",
    "not boolean": "id + 1",
    "an unknown neighbour": "things_x.id = 1",
    "an unknown column of a neighbour": "contexts_x.foo = 1",
    "a number for a state": "state = 2",
    "an unknown state": "state = NEVER",
    "text for a number": "id = 'x'",
    "no value kind": "properties.rows = 1",
    "a struct": "properties.rows.struct_value = 1",
    "an open quote": "name = 'a",
    "an injection": "name = 'a'; DROP TABLE Artifact",
    "nothing but a comment": "-- hello",
}


def filtering_artifacts(tape):
    store = full(tape)
    for step, query in FOUND.items():
        tape(step, lambda query=query: ids(store.get_artifacts(options(filter_query=query))))
    for step, query in WRONG.items():
        tape(step, store.get_artifacts, options(filter_query=query), says=INVALID)
    tape("an empty filter is none", lambda: len(store.get_artifacts(options(filter_query=""))))


def filtering_executions_and_contexts(tape):
    store = full(tape)
    for step, query in {
        "state": "last_known_state = RUNNING",
        "not in states": "last_known_state NOT IN (RUNNING, COMPLETE)",
        "name": "name LIKE 'e%'",
        "by event": "events_x.artifact_id = 2",
        "by event and type": "events_x.artifact_id = 2 AND events_x.type = INPUT",
        "in a context": "contexts_x.name = 'c1'",
    }.items():
        tape(f"executions: {step}", lambda query=query: ids(store.get_executions(options(filter_query=query))))
    for step, query in {
        "property": "properties.split.string_value = 's2'",
        "with an artifact": "artifacts_x.name = 'a3'",
        "with an artifact's uri": "artifacts_x.uri LIKE '%1.csv'",
        "with an execution": "executions_x.name = 'e1'",
        "below": "parent_contexts_x.name = 'c1'",
        "above": "child_contexts_x.id = 3",
    }.items():
        tape(f"contexts: {step}", lambda query=query: ids(store.get_contexts(options(filter_query=query))))
    parent = options(filter_query="custom_properties.parent_dag_id.int_value = 1")
    tape("as Kubeflow asks", lambda: ids(store.get_executions_by_context(1, parent)))
    tape("artifacts of a context", lambda: ids(store.get_artifacts_by_context(1, options(filter_query="id > 1"))))


def filters_that_ml_metadata_gets_wrong(tape):
    store = full(tape)
    for step, query in {
        "either of two properties": "properties.split.string_value = 'test' OR custom_properties.missing.int_value = 1",
        "a property that is not there": "properties.rows.int_value IS NULL",
        "not, over a property": "NOT properties.rows.int_value = 30",
        "a neighbour's external id": "contexts_x.external_id IS NULL",
        "an abandoned state": "state = ABANDONED",
        "a reference": "state != REFERENCE",
        "a pending output": "events_x.type = PENDING_OUTPUT",
    }.items():
        tape(step, lambda query=query: ids(store.get_artifacts(options(filter_query=query))))


def a_filter_that_widens(tape):
    store = full(tape)
    query = "custom_properties.`x' OR 1=1 OR 'y`.int_value = 1"
    tape("a property of that name", lambda: ids(store.get_artifacts(options(filter_query=query))))
