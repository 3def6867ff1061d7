"""PutExecution and PutLineageSubgraph: everything at once, or nothing."""

from __future__ import annotations

import pytest

from lineal.compat.mlmd.errors import ALREADY_EXISTS, INVALID_ARGUMENT, NOT_FOUND, OUT_OF_RANGE

REUSE = "options { reuse_context_if_already_exist: true }"
BY_EXTERNAL_ID = "options { reuse_artifact_if_already_exist_by_external_id: true }"
CALLS = {
    "PutExecution": ("execution {{ type_id: 12 }} {}", "artifact_event_pairs {{ artifact {{ {} }} }}"),
    "PutLineageSubgraph": ("executions {{ type_id: 12 }} {}", "artifacts {{ {} }}"),
}
"""How each call wraps its parts: the whole, and one artifact."""


@pytest.fixture
def stored(client):
    """A client of a store with artifacts 1 (`e`) and 2, execution 1 named `x`, contexts 1 `c` and 2 `d`."""
    client("PutArtifacts", 'artifacts { type_id: 10 name: "n" uri: "u" external_id: "e" } artifacts { type_id: 10 }')
    client("PutExecutions", 'executions { type_id: 12 name: "x" }')
    client("PutContexts", 'contexts { type_id: 13 name: "c" } contexts { type_id: 13 name: "d" }')
    return client


def artifact(client, id_):
    return client("GetArtifactsByID", f"artifact_ids: {id_}").artifacts[0]


def context(client, id_):
    return client("GetContextsByID", f"context_ids: {id_}").contexts[0]


def events(client, execution_id):
    found = client("GetEventsByExecutionIDs", f"execution_ids: {execution_id}").events
    return [(event.artifact_id, event.type) for event in found]


def members(client, context_id):
    artifacts = client("GetArtifactsByContext", f"context_id: {context_id}").artifacts
    executions = client("GetExecutionsByContext", f"context_id: {context_id}").executions
    return [node.id for node in artifacts], [node.id for node in executions]


def test_an_execution_is_put_with_all_that_belongs_to_it_in_one_entry(stored):
    before = len(stored.store.entries())
    answer = stored(
        "PutExecution",
        """execution { type_id: 12 name: "run" }
        artifact_event_pairs { event { artifact_id: 1 type: INPUT path { steps { key: "data" } } } }
        artifact_event_pairs { artifact { type_id: 11 uri: "new" } event { type: OUTPUT } }
        artifact_event_pairs { artifact { type_id: 11 } }
        artifact_event_pairs {}
        contexts { type_id: 13 name: "one" } contexts { type_id: 13 name: "two" }""",
    )
    assert (answer.execution_id, list(answer.artifact_ids), list(answer.context_ids)) == (2, [1, 3, 4, -1], [3, 4])
    assert events(stored, 2) == [(1, 3), (3, 4)]
    assert members(stored, 3) == members(stored, 4) == ([1, 3, 4], [2])
    assert artifact(stored, 1).uri == "u"
    assert len(stored.store.entries()) == before + 1
    assert stored.store.entries(newest_first=True, limit=1)[0].action == "PutExecution"


def test_an_artifact_with_only_an_id_is_wiped_and_one_in_the_event_is_not(stored):
    stored("PutExecution", "execution { id: 1 } artifact_event_pairs { event { artifact_id: 1 type: INPUT } }")
    assert artifact(stored, 1).uri == "u"
    stored("PutExecution", "execution { id: 1 } artifact_event_pairs { artifact { id: 1 } event { type: OUTPUT } }")
    assert (artifact(stored, 1).uri, artifact(stored, 1).name) == ("", "n")


PLAIN = """execution { type_id: 12 name: "run" }
    artifact_event_pairs { event { artifact_id: 1 type: INPUT milliseconds_since_epoch: 7 } }
    artifact_event_pairs { artifact { type_id: 10 name: "out" properties { key: "a" value { int_value: 1 } } }
                           event { type: OUTPUT path { steps { key: "model" } steps { index: 2 } } } }
    contexts { type_id: 13 name: "c" properties { key: "a" value { int_value: 9 } } }
    contexts { type_id: 13 name: "new" }
    options { reuse_context_if_already_exist: true }"""


def test_an_execution_that_inserts_everything_is_one_entry_and_stored_contexts_stay(stored):
    before = len(stored.store.entries())
    answer = stored("PutExecution", PLAIN)

    assert (answer.execution_id, list(answer.artifact_ids), list(answer.context_ids)) == (2, [1, 3], [1, 3])
    found = stored("GetEventsByExecutionIDs", "execution_ids: 2").events
    assert [(event.artifact_id, event.type) for event in found] == [(1, 3), (3, 4)]
    assert found[0].milliseconds_since_epoch == 7
    assert [step.WhichOneof("value") for step in found[1].path.steps] == ["key", "index"]
    assert members(stored, 1) == members(stored, 3) == ([1, 3], [2])
    assert dict(context(stored, 1).properties) == {}
    assert artifact(stored, 3).properties["a"].int_value == 1
    assert len(stored.store.entries()) == before + 1


@pytest.mark.parametrize("free", ['name: "run"', 'name: "out"', " "])
def test_a_taken_name_in_an_execution_that_inserts_everything_is_refused(stored, free):
    stored("PutExecution", PLAIN)

    code, message = stored.refused("PutExecution", PLAIN.replace(free, " "))

    assert code == ALREADY_EXISTS
    assert message.startswith("Given node already exists: ")


@pytest.mark.parametrize(
    ("was", "now", "code", "contains"),
    [
        ("artifact_id: 1", "artifact_id: 99", INVALID_ARGUMENT, "No artifact with the given id 99"),
        ("int_value: 1", 'string_value: ""', INVALID_ARGUMENT, "Found unmatched property type: a"),
        ('"a" value', '"b2" value', INVALID_ARGUMENT, "Found unknown property: b2"),
        ("type: OUTPUT", "", INVALID_ARGUMENT, "No event type is specified."),
        ("contexts { type_id: 13", "contexts {", INVALID_ARGUMENT, "Context is missing a type_id"),
        ('name: "new"', "", INVALID_ARGUMENT, "Context is missing a name"),
        ("type_id: 10", "type_id: 99", NOT_FOUND, "type_id: 99"),
    ],
)
def test_what_is_wrong_with_an_execution_that_inserts_everything_is_said_as_by_ml_metadata(
    stored, was, now, code, contains
):
    found, message = stored.refused("PutExecution", PLAIN.replace(was, now))

    assert (found, contains in message) == (code, True), message


def test_one_artifact_may_be_input_and_output_of_a_run(stored):
    text = """execution { type_id: 12 }
        artifact_event_pairs { artifact { id: 2 uri: "p" } event { type: INPUT } }
        artifact_event_pairs { artifact { id: 2 uri: "q" } event { type: OUTPUT } }"""
    assert list(stored("PutExecution", text).artifact_ids) == [2, 2]
    assert artifact(stored, 2).uri == "q"
    assert events(stored, 2) == [(2, 3), (2, 4)]


@pytest.mark.parametrize(
    ("text", "code", "contains"),
    [
        ("", INVALID_ARGUMENT, "No execution is found"),
        ("execution {}", INVALID_ARGUMENT, "Type id is missing."),
        ("execution { id: 99 }", INVALID_ARGUMENT, "Cannot find the given id 99"),
        ("execution { type_id: 99 }", NOT_FOUND, "type_id: 99"),
        ('execution { type_id: 12 name: "x" }', ALREADY_EXISTS, "Given node already exists: "),
        ("NEW artifact_event_pairs { event { type: INPUT } }", INVALID_ARGUMENT, "event must have an artifact_id"),
        ("NEW artifact_event_pairs { event { artifact_id: 99 type: INPUT } }", INVALID_ARGUMENT, "given id 99"),
        ("NEW artifact_event_pairs { artifact { id: 99 } }", INVALID_ARGUMENT, "Cannot find the given id 99"),
        (
            "NEW artifact_event_pairs { artifact { type_id: 10 } event {} }",
            INVALID_ARGUMENT,
            "No event type is specified.",
        ),
        (
            "NEW artifact_event_pairs { artifact { id: 1 } event { artifact_id: 2 type: INPUT } }",
            INVALID_ARGUMENT,
            "event.artifact_id is not aligned with the artifact",
        ),
        (
            "NEW artifact_event_pairs { artifact { type_id: 10 } event { artifact_id: 9 type: INPUT } }",
            INVALID_ARGUMENT,
            "event.artifact_id is not aligned with the artifact",
        ),
        (
            "NEW artifact_event_pairs { artifact { id: 1 } event { execution_id: 1 type: INPUT } }",
            INVALID_ARGUMENT,
            "event.execution_id does not match with the given execution",
        ),
        ("NEW contexts { id: 1 }", INVALID_ARGUMENT, "Context is missing a type_id"),
        ("NEW contexts { type_id: 13 }", INVALID_ARGUMENT, "Context is missing a name"),
        ('NEW contexts { id: 99 type_id: 13 name: "y" }', INVALID_ARGUMENT, "Cannot find the given id 99"),
        ('NEW contexts { type_id: 99 name: "y" }', NOT_FOUND, "type_id: 99"),
        ('NEW contexts { type_id: 13 name: "c" }', ALREADY_EXISTS, "Given node already exists: "),
        ('NEW contexts { type_id: 13 name: "y" } contexts { type_id: 13 name: "y" }', ALREADY_EXISTS, "given twice"),
        (
            'NEW artifact_event_pairs { artifact { type_id: 10 name: "n" } }',
            ALREADY_EXISTS,
            "Given node already exists: ",
        ),
    ],
)
def test_a_wrong_part_leaves_nothing_of_the_execution(stored, text, code, contains):
    found, message = stored.refused("PutExecution", text.replace("NEW", "execution { type_id: 12 }", 1))
    assert found == code
    assert contains in message


def test_an_event_may_name_the_id_its_node_is_about_to_get(stored):
    answer = stored("PutExecution", "execution { type_id: 12 } artifact_event_pairs { artifact { type_id: 10 } }")
    artifact, execution = answer.artifact_ids[0] + 1, answer.execution_id + 1

    event = f"event {{ artifact_id: {artifact} execution_id: {execution} type: OUTPUT }}"
    pair = f"artifact_event_pairs {{ artifact {{ type_id: 10 }} {event} }}"
    answer = stored("PutExecution", f"execution {{ type_id: 12 }} {pair}")

    assert (list(answer.artifact_ids), answer.execution_id) == ([artifact], execution)
    (found,) = stored("GetEventsByArtifactIDs", f"artifact_ids: {artifact}").events
    assert (found.artifact_id, found.execution_id) == (artifact, execution)


def test_an_event_may_name_the_artifact_that_is_reused_by_its_external_id(stored):
    (known,) = stored("PutArtifacts", 'artifacts { type_id: 10 external_id: "known" }').artifact_ids
    reused = 'artifact {{ type_id: 10 external_id: "known" }}'
    pair = f"artifact_event_pairs {{{{ {reused} event {{{{ artifact_id: {{}} type: OUTPUT }}}} }}}}"
    rest = "execution { type_id: 12 } options { reuse_artifact_if_already_exist_by_external_id: true }"

    found, message = stored.refused("PutExecution", f"{pair.format(known + 1)} {rest}")
    assert (found, f"aligned with the artifact: {known + 1} and {known}" in message) == (INVALID_ARGUMENT, True)
    assert list(stored("PutExecution", f"{pair.format(known)} {rest}").artifact_ids) == [known]


def test_a_repeated_event_undoes_the_whole_call(stored):
    text = "execution { id: 1 } artifact_event_pairs { event { artifact_id: 1 type: INPUT } }"
    stored("PutExecution", text)
    code, message = stored.refused("PutExecution", f"{text} artifact_event_pairs {{ artifact {{ type_id: 10 }} }}")
    assert code == ALREADY_EXISTS
    assert message.startswith("Given event already exists: ")


# reuse -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", CALLS)
def test_a_context_that_is_there_is_reused_and_not_updated(stored, method):
    parts = """contexts { type_id: 13 name: "c" custom_properties { key: "k" value { int_value: 1 } } }
        contexts { type_id: 13 name: "new" } contexts { type_id: 13 name: "new" }"""
    answer = stored(method, CALLS[method][0].format(f"{parts} {REUSE}"))
    assert list(answer.context_ids) == [1, 3, 3]
    assert dict(context(stored, 1).custom_properties) == {}
    assert members(stored, 1) == members(stored, 3) == ([], [2])


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("reuse", ["", REUSE])
def test_a_context_with_an_id_is_replaced_with_reuse_too(stored, method, reuse):
    part = 'contexts { id: 1 type_id: 13 name: "c" custom_properties { key: "k" value { int_value: 6 } } }'
    assert list(stored(method, CALLS[method][0].format(f"{part} {reuse}")).context_ids) == [1]
    assert context(stored, 1).custom_properties["k"].int_value == 6


def test_a_forced_context_counts_by_its_id_alone(stored):
    force = "options { force_reuse_context: true }"
    part = 'contexts { id: 1 type_id: 99 custom_properties { key: "k" value { int_value: 6 } } }'
    answer = stored("PutExecution", f'execution {{ type_id: 12 }} {part} contexts {{ type_id: 13 name: "y" }} {force}')
    assert list(answer.context_ids) == [1, 3]
    assert dict(context(stored, 1).custom_properties) == {}

    code, _ = stored.refused("PutExecution", f"execution {{ type_id: 12 }} contexts {{ id: 99 }} {force}")
    assert code == NOT_FOUND
    code, _ = stored.refused(
        "PutExecution", f'execution {{ type_id: 12 }} contexts {{ type_id: 13 name: "c" }} {force}'
    )
    assert code == ALREADY_EXISTS


@pytest.mark.parametrize("method", CALLS)
def test_an_artifact_of_a_known_external_id_is_an_update_of_it(stored, method):
    whole, one = CALLS[method]
    parts = [
        'external_id: "e" uri: "fresh" name: "ignored"',
        'type_id: 10 external_id: "new"',
        'type_id: 10 external_id: "new" uri: "last"',
        "type_id: 10",
    ]
    answer = stored(method, whole.format(" ".join(map(one.format, parts)) + BY_EXTERNAL_ID))
    assert list(answer.artifact_ids) == [1, 3, 3, 4]
    assert (artifact(stored, 1).uri, artifact(stored, 1).name, artifact(stored, 1).external_id) == ("fresh", "n", "e")
    assert artifact(stored, 3).uri == "last"


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize(
    ("part", "options", "code"),
    [
        ('type_id: 10 external_id: "e"', "", ALREADY_EXISTS),
        ('type_id: 11 external_id: "e"', BY_EXTERNAL_ID, INVALID_ARGUMENT),
        ('id: 2 external_id: "e"', BY_EXTERNAL_ID, ALREADY_EXISTS),
    ],
)
def test_an_external_id_of_another_artifact_is_refused(stored, method, part, options, code):
    whole, one = CALLS[method]
    assert stored.refused(method, whole.format(one.format(part) + options))[0] == code


def test_a_forced_update_time_moves_that_of_the_execution_without_a_change(stored):
    def times():
        execution = stored("GetExecutionsByID", "execution_ids: 1").executions[0]
        nodes = (execution, artifact(stored, 2), context(stored, 1))
        return [node.last_update_time_since_epoch for node in nodes]

    text = (
        """execution { id: 1 } artifact_event_pairs { artifact { id: 2 } } contexts { id: 1 type_id: 13 name: "c" }"""
    )
    stored("PutExecution", text)
    before = times()
    stored("PutExecution", text)
    assert times() == before
    stored("PutExecution", f"{text} options {{ force_update_time: true }}")
    assert [now > then for now, then in zip(times(), before, strict=True)] == [True, False, False]


# PutLineageSubgraph ----------------------------------------------------------------------------------


def edge(*ends, event="type: INPUT"):
    return f"event_edges {{ {' '.join(ends)} event {{ {event} }} }}"


def test_a_subgraph_is_put_with_edges_by_index_and_by_id_in_one_entry(stored):
    before = len(stored.store.entries())
    answer = stored(
        "PutLineageSubgraph",
        " ".join(
            [
                "executions { type_id: 12 } executions { id: 1 }",
                "artifacts { type_id: 11 } artifacts { id: 2 uri: 'w' }",
                'contexts { type_id: 13 name: "one" }',
                edge("execution_index: 0 artifact_index: 0", event="type: OUTPUT"),
                edge("execution_index: 0", event="artifact_id: 1 type: INPUT"),
                edge("artifact_index: 1", event="execution_id: 1 type: INPUT"),
                edge(event="artifact_id: 1 execution_id: 1 type: DECLARED_INPUT"),
                edge("execution_index: 1 artifact_index: 1", event="artifact_id: 2 execution_id: 1 type: OUTPUT"),
            ]
        ),
    )
    assert (list(answer.execution_ids), list(answer.artifact_ids), list(answer.context_ids)) == ([2, 1], [3, 2], [3])
    assert events(stored, 2) == [(3, 4), (1, 3)]
    assert events(stored, 1) == [(2, 3), (1, 2), (2, 4)]
    assert members(stored, 3) == ([2, 3], [1, 2])
    assert artifact(stored, 2).uri == "w"
    assert len(stored.store.entries()) == before + 1


@pytest.mark.parametrize(
    ("parts", "code", "contains"),
    [
        (edge("execution_index: 2 artifact_index: 0"), OUT_OF_RANGE, "execution_index 2 that is outside the bounds"),
        (edge("execution_index: 0 artifact_index: 2"), OUT_OF_RANGE, "artifact_index 2 that is outside the bounds"),
        (edge("execution_index: -1 artifact_index: 0"), OUT_OF_RANGE, "execution_index -1"),
        (edge("execution_index: 0"), INVALID_ARGUMENT, "Event_edge is missing an artifact."),
        (edge("artifact_index: 0"), INVALID_ARGUMENT, "Event_edge is missing an execution."),
        (edge("execution_index: 0 artifact_index: 0", event=""), INVALID_ARGUMENT, "No event type is specified."),
        ("event_edges {}", INVALID_ARGUMENT, "No event found for event_edge"),
        (
            edge("execution_index: 0 artifact_index: 1", event="artifact_id: 1 type: INPUT"),
            INVALID_ARGUMENT,
            "Artifact ID mismatch.",
        ),
        (
            edge("execution_index: 0 artifact_index: 0", event="artifact_id: 1 type: INPUT"),
            INVALID_ARGUMENT,
            "Missing artifact ID.",
        ),
        (
            edge("execution_index: 0 artifact_index: 0", event="execution_id: 1 type: INPUT"),
            INVALID_ARGUMENT,
            "Missing execution ID.",
        ),
        (
            edge("execution_index: 1 artifact_index: 0", event="execution_id: 9 type: INPUT"),
            INVALID_ARGUMENT,
            "Execution ID mismatch.",
        ),
        (edge("execution_index: 0", event="artifact_id: 99 type: INPUT"), INVALID_ARGUMENT, "given id 99"),
        (edge(event="artifact_id: 1 execution_id: 99 type: INPUT"), INVALID_ARGUMENT, "given id 99"),
        ("contexts { id: 1 }", INVALID_ARGUMENT, "Type id is missing."),
        ('contexts { id: 1 type_id: 13 name: "d" }', INVALID_ARGUMENT, "is named 'c' and cannot become 'd'"),
        ('contexts { type_id: 13 name: "c" }', ALREADY_EXISTS, "Given node already exists: "),
        ('executions { type_id: 12 name: "x" }', ALREADY_EXISTS, "Given node already exists: "),
    ],
)
def test_a_wrong_part_leaves_nothing_of_the_subgraph(stored, parts, code, contains):
    nodes = "executions { type_id: 12 } executions { id: 1 } artifacts { type_id: 10 } artifacts { id: 2 }"
    found, message = stored.refused("PutLineageSubgraph", f"{nodes} {parts}")
    assert found == code
    assert contains in message


def test_an_empty_subgraph_writes_nothing(stored):
    before = stored.state()
    answer = stored("PutLineageSubgraph")
    assert (list(answer.execution_ids), stored.state()) == ([], before)


def test_a_transaction_tag_becomes_the_reason_of_the_entry(stored):
    stored("PutExecution", 'execution { type_id: 12 } transaction_options { tag: "nightly" }')
    (entry,) = stored.store.entries(newest_first=True, limit=1)
    assert (entry.action, entry.reason) == ("PutExecution", "nightly")
    assert entry.actor in {"mlmd", "grpc:127.0.0.1"}
