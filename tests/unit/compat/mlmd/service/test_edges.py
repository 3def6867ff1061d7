"""Events, attributions, associations and parent contexts."""

from __future__ import annotations

import pytest

from lineal.compat.mlmd.errors import ALREADY_EXISTS, INVALID_ARGUMENT, NOT_FOUND
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb


@pytest.fixture
def nodes(client):
    """A client of a store with artifacts 1 and 2, executions 1 and 2, contexts 1 to 4."""
    client("PutArtifacts", "artifacts { type_id: 10 } artifacts { type_id: 10 }")
    client("PutExecutions", "executions { type_id: 12 } executions { type_id: 12 }")
    client("PutContexts", " ".join(f'contexts {{ type_id: 13 name: "{name}" }}' for name in "abcd"))
    return client


def events(client, **ids):
    ((kind, wanted),) = ids.items()
    return list(client(f"GetEventsBy{kind.title()}IDs", f"{kind}_ids: {wanted}").events)


@pytest.mark.parametrize("type_", [name for name in pb.Event.Type.keys() if name != "UNKNOWN"])  # noqa: SIM118  an enum
def test_an_event_comes_back_as_it_was_put(nodes, type_):
    path = 'path { steps { index: -3 } steps { key: "" } steps { index: 9223372036854775807 } steps { key: "k" } }'
    nodes("PutEvents", f"events {{ artifact_id: 1 execution_id: 2 type: {type_} milliseconds_since_epoch: -7 {path} }}")

    (event,) = events(nodes, artifact=[1])
    assert [event] == events(nodes, execution=[2])
    assert (event.artifact_id, event.execution_id, event.type) == (1, 2, pb.Event.Type.Value(type_))
    assert event.milliseconds_since_epoch == -7
    steps = [(step.WhichOneof("value"), step.index or step.key) for step in event.path.steps]
    assert steps == [("index", -3), ("key", ""), ("index", 9223372036854775807), ("key", "k")]


def test_an_event_without_a_time_has_the_server_s(nodes):
    nodes("PutEvents", "events { artifact_id: 1 execution_id: 1 type: INPUT path { steps {} } }")
    (event,) = events(nodes, artifact=[1, 1, 99])
    assert event.milliseconds_since_epoch > 1_500_000_000_000
    assert len(event.path.steps) == 0
    assert events(nodes, execution=[2, 99]) == events(nodes, artifact=[]) == []


def test_a_pair_may_have_events_of_several_types_but_each_once(nodes):
    nodes("PutEvents", "events { artifact_id: 1 execution_id: 1 type: INPUT }")
    nodes("PutEvents", "events { artifact_id: 1 execution_id: 1 type: OUTPUT }")
    for text in ("events { artifact_id: 1 execution_id: 1 type: INPUT milliseconds_since_epoch: 3 }",):
        code, message = nodes.refused("PutEvents", f"events {{ artifact_id: 2 execution_id: 1 type: INPUT }} {text}")
        assert code == ALREADY_EXISTS
        assert message.startswith("Given event already exists: ")
    twice = "events { artifact_id: 2 execution_id: 2 type: INPUT }"
    assert nodes.refused("PutEvents", twice * 2)[0] == ALREADY_EXISTS


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ("artifact_id: 1 execution_id: 1", "No event type is specified."),
        ("artifact_id: 1 execution_id: 1 type: UNKNOWN", "No event type is specified."),
        ("execution_id: 1 type: INPUT", "No artifact id is specified."),
        ("artifact_id: 1 type: INPUT", "No execution id is specified."),
        ("artifact_id: 99 execution_id: 1 type: INPUT", "No artifact with the given id 99"),
        ("artifact_id: 1 execution_id: 99 type: INPUT", "No execution with the given id 99"),
        ("artifact_id: 0 execution_id: 1 type: INPUT", "No artifact with the given id 0"),
        (
            "artifact_id: 1 execution_id: 1 type: INPUT milliseconds_since_epoch: 9223372036854775807",
            "milliseconds_since_epoch 9223372036854775807 is out of range.",
        ),
    ],
)
def test_a_wrong_event_is_refused_with_the_known_text_and_all_with_it(nodes, event, text):
    good = "events { artifact_id: 2 execution_id: 2 type: INPUT }"
    assert nodes.refused("PutEvents", f"{good} events {{ {event} }}") == (INVALID_ARGUMENT, text)


def test_an_event_that_contradicts_time_is_kept_and_noted(nodes):
    nodes("PutEvents", "events { artifact_id: 1 execution_id: 1 type: OUTPUT }")
    nodes("PutEvents", "events { artifact_id: 1 execution_id: 1 type: INPUT }")
    assert "a cycle" in nodes.store.entries(newest_first=True, limit=1)[0].findings[-1]


def test_a_member_of_a_context_is_found_from_both_sides(nodes):
    text = "attributions { artifact_id: 1 context_id: 2 } associations { execution_id: 2 context_id: 2 }"
    nodes("PutAttributionsAndAssociations", text)
    entries = len(nodes.store.entries())
    nodes("PutAttributionsAndAssociations", text + text)

    assert len(nodes.store.entries()) == entries
    assert [node.id for node in nodes("GetContextsByArtifact", "artifact_id: 1").contexts] == [2]
    assert [node.id for node in nodes("GetContextsByExecution", "execution_id: 2").contexts] == [2]
    assert [node.id for node in nodes("GetArtifactsByContext", "context_id: 2").artifacts] == [1]
    assert [node.id for node in nodes("GetExecutionsByContext", "context_id: 2").executions] == [2]
    assert list(nodes("GetArtifactsByContext", "context_id: 99").artifacts) == []


def test_many_memberships_of_one_call_are_one_entry(nodes):
    nodes("PutArtifacts", "artifacts { type_id: 10 } " * 1500)
    before = len(nodes.store.entries())
    text = " ".join(f"attributions {{ artifact_id: {id_} context_id: {id_ % 4 + 1} }}" for id_ in range(1, 1501))
    nodes("PutAttributionsAndAssociations", text)
    assert len(nodes.store.entries()) == before + 1
    assert len(nodes("GetArtifactsByContext", "context_id: 3").artifacts) == 375


@pytest.mark.parametrize(
    ("edge", "text"),
    [
        ("attributions { artifact_id: 99 context_id: 1 }", "Artifact id not found."),
        ("attributions { artifact_id: 1 context_id: 99 }", "Context id not found."),
        ("attributions { artifact_id: 1 }", "Context id not found."),
        ("associations { execution_id: 99 context_id: 1 }", "Execution id not found."),
        ("associations { context_id: 1 }", "Execution id not found."),
    ],
)
def test_a_membership_of_nothing_is_refused(nodes, edge, text):
    good = "attributions { artifact_id: 1 context_id: 1 }"
    assert nodes.refused("PutAttributionsAndAssociations", f"{good} {edge}") == (INVALID_ARGUMENT, text)


@pytest.mark.parametrize("id_", [2, 99])
def test_a_node_in_no_context_is_not_found(nodes, id_):
    expected = (NOT_FOUND, f"No contexts found for artifact_id: {id_}")
    assert nodes.refused("GetContextsByArtifact", f"artifact_id: {id_}") == expected
    assert nodes.refused("GetContextsByExecution", f"execution_id: {id_}")[0] == NOT_FOUND


# contexts inside contexts ----------------------------------------------------------------------------


def inside(*pairs):
    return " ".join(f"parent_contexts {{ child_id: {child} parent_id: {parent} }}" for child, parent in pairs)


def ids(contexts):
    return [node.id for node in contexts]


def test_parents_and_children_are_found_one_level_each(nodes):
    nodes("PutParentContexts", inside((1, 2), (2, 3), (1, 4)))
    assert ids(nodes("GetParentContextsByContext", "context_id: 1").contexts) == [2, 4]
    assert ids(nodes("GetChildrenContextsByContext", "context_id: 2").contexts) == [1]
    assert ids(nodes("GetParentContextsByContext", "context_id: 3").contexts) == []
    assert ids(nodes("GetChildrenContextsByContext", "context_id: 99").contexts) == []

    parents = nodes("GetParentContextsByContexts", "context_ids: [1, 2, 3, 99, 1]").contexts
    assert {id_: ids(found.parent_contexts) for id_, found in parents.items()} == {1: [2, 4], 2: [3]}
    assert parents[1].parent_contexts[0].name == "b"
    children = nodes("GetChildrenContextsByContexts", "context_ids: [4, 2, 1]").contexts
    assert {id_: ids(found.children_contexts) for id_, found in children.items()} == {2: [1], 4: [1]}


@pytest.mark.parametrize(
    ("text", "code", "begins"),
    [
        (inside((1, 2)), ALREADY_EXISTS, "Given parent_context already exists: child_id: 1 parent_id: 2"),
        (inside((3, 4), (3, 4)), ALREADY_EXISTS, "Given parent_context already exists: child_id: 3 parent_id: 4"),
        (inside((2, 1)), INVALID_ARGUMENT, "There is a cycle detected of the given relationship"),
        (inside((2, 3), (3, 4), (4, 1)), INVALID_ARGUMENT, "There is a cycle detected"),
        (inside((3, 3)), INVALID_ARGUMENT, "Given parent / child id in the parent_context cannot be found"),
        (inside((1, 99)), INVALID_ARGUMENT, "Given parent / child id in the parent_context cannot be found"),
        ("parent_contexts { child_id: 1 }", INVALID_ARGUMENT, "Missing parent / child id in the parent_context"),
    ],
)
def test_a_wrong_parent_is_refused_with_the_known_text(nodes, text, code, begins):
    nodes("PutParentContexts", inside((1, 2)))
    found, message = nodes.refused("PutParentContexts", text)
    assert found == code
    assert message.startswith(begins)
