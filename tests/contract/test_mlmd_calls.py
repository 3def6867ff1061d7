"""ML Metadata's calls on every database; the rules of each call have their tests beside the service."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.protobuf import text_format

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service import Service
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.types import NodeType

TYPES = """
artifact_types { name: "T" properties { key: "a" value: INT } properties { key: "b" value: DOUBLE } }
execution_types { name: "E" } context_types { name: "C" }
"""
WRITERS = 8


def ask(service, method, text=""):
    """Call with a request as text; a refusal is returned as its code."""
    request = text_format.Parse(text, getattr(service_pb, f"{method}Request")())
    try:
        return service.call(method, request)
    except errors.StatusError as error:
        return error.error_code


@pytest.fixture
def call(store):
    service = Service(store)
    ask(service, "PutTypes", TYPES)
    return lambda method, text="": ask(service, method, text)


def ids(nodes):
    return [node.id for node in nodes]


def test_types_are_widened_replaced_and_refused(call, clean):
    widened = 'artifact_type { name: "T" properties { key: "c" value: BOOLEAN } external_id: "e" }'
    assert call("PutArtifactType", widened) == errors.ALREADY_EXISTS
    flags = "can_add_fields: true can_omit_fields: true"
    assert call("PutArtifactType", f"{widened} {flags}").type_id == 10
    assert call("PutExecutionType", 'execution_type { name: "F" external_id: "e" }') == errors.ALREADY_EXISTS
    assert call("PutExecutionType", 'execution_type { name: "f" input_type { any {} } base_type: TRAIN }').type_id == 13
    assert call("PutExecutionType", 'execution_type { name: "F" base_type: UNSET }') == errors.UNIMPLEMENTED
    assert call("GetExecutionType", 'type_name: "f"').execution_type.input_type.HasField("any")
    assert call("GetExecutionType", 'type_name: "F"') == errors.NOT_FOUND
    assert sorted(call("GetArtifactType", 'type_name: "T"').artifact_type.properties) == ["a", "b", "c"]
    clean()


def test_nodes_are_put_replaced_masked_and_checked(call, clean):
    largest = 'properties { key: "a" value { int_value: 9223372036854775807 } }'
    full = f'type_id: 10 name: "n" uri: "u" external_id: "x" {largest}'
    call(
        "PutArtifacts",
        f'artifacts {{ {full} }} artifacts {{ type_id: 10 name: "N" }} artifacts {{ type_id: 10 name: "n " }}',
    )
    for taken in ('name: "n"', 'external_id: "x"'):
        assert call("PutArtifacts", f"artifacts {{ type_id: 10 {taken} }}") == errors.ALREADY_EXISTS
    call("PutArtifacts", 'artifacts { id: 1 uri: "v" } update_mask { paths: "uri" }')
    (node,) = call("GetArtifactsByExternalIds", 'external_ids: "x"').artifacts
    assert (node.uri, node.properties["a"].int_value) == ("v", 2**63 - 1)

    checked = "options { abort_if_latest_updated_time_changed: true }"
    time = f"last_update_time_since_epoch: {node.last_update_time_since_epoch}"
    there = full.replace('"u"', '"v"')
    same = f"artifacts {{ id: 1 {there} {time} }} {checked}"
    assert call("PutArtifacts", same).artifact_ids == call("PutArtifacts", same).artifact_ids == [1]
    assert call("PutArtifacts", f"artifacts {{ id: 1 {time} }} {checked}").artifact_ids == [1]
    assert call("PutArtifacts", f"artifacts {{ id: 1 {time} }} {checked}") == errors.FAILED_PRECONDITION
    assert call("GetArtifactByTypeAndName", 'type_name: "T" artifact_name: "N"').artifact.id == 2
    assert ids(call("GetArtifactsByURI", 'uris: ""').artifacts) == [1, 2, 3]
    clean()


def test_an_execution_is_put_with_its_artifacts_and_contexts_or_not_at_all(call, store, clean):
    text = """execution { type_id: 11 } contexts { type_id: 12 name: "c" }
        artifact_event_pairs {
            artifact { type_id: 10 external_id: "x" } event { type: OUTPUT path { steps { index: 1 } } } }
        options { reuse_context_if_already_exist: true reuse_artifact_if_already_exist_by_external_id: true }"""
    first, second = call("PutExecution", text), call("PutExecution", text)
    assert (first.artifact_ids, first.context_ids) == (second.artifact_ids, second.context_ids) == ([1], [1])
    before = store.facts()
    assert call("PutExecution", f"{text} artifact_event_pairs {{ event {{ artifact_id: 99 type: INPUT }} }}") == 3
    assert {name: count for name, count in store.facts().items() if name.endswith(" rows")} == {
        name: count for name, count in before.items() if name.endswith(" rows")
    }
    assert ids(call("GetExecutionsByContext", "context_id: 1").executions) == [1, 2]
    assert [event.execution_id for event in call("GetEventsByArtifactIDs", "artifact_ids: 1").events] == [1, 2]
    assert call("PutEvents", "events { artifact_id: 1 execution_id: 1 type: OUTPUT }") == errors.ALREADY_EXISTS
    assert len(store.entries()) == 3
    clean()


def test_contexts_lie_in_contexts_and_memberships_repeat_without_change(call, clean):
    call("PutContexts", " ".join(f'contexts {{ type_id: 12 name: "{name}" }}' for name in "abc"))
    call("PutArtifacts", "artifacts { type_id: 10 }")
    call(
        "PutParentContexts", "parent_contexts { child_id: 1 parent_id: 2 } parent_contexts { child_id: 2 parent_id: 3 }"
    )
    assert call("PutParentContexts", "parent_contexts { child_id: 1 parent_id: 2 }") == errors.ALREADY_EXISTS
    assert call("PutParentContexts", "parent_contexts { child_id: 3 parent_id: 1 }") == errors.INVALID_ARGUMENT
    parents = call("GetParentContextsByContexts", "context_ids: [1, 2, 3]").contexts
    assert {id_: ids(found.parent_contexts) for id_, found in parents.items()} == {1: [2], 2: [3]}
    for _ in range(2):
        call("PutAttributionsAndAssociations", "attributions { artifact_id: 1 context_id: 3 }")
    assert ids(call("GetContextsByArtifact", "artifact_id: 1").contexts) == [3]
    clean()


def test_pages_filters_and_lineage(call, clean):
    properties = (
        'properties { key: "b" value { double_value: 0.1 } } custom_properties { key: "k" value { string_value: "ß" } }'
    )
    call("PutArtifacts", f"artifacts {{ type_id: 10 {properties} }} " * 7)
    call("PutExecutions", "executions { type_id: 11 } executions { type_id: 11 last_known_state: CACHED }")
    edges = ((1, 1, "INPUT"), (2, 1, "OUTPUT"), (2, 2, "INPUT"), (3, 2, "PENDING_OUTPUT"))
    call("PutEvents", " ".join(f"events {{ artifact_id: {a} execution_id: {e} type: {t} }}" for a, e, t in edges))

    found, token = [], ""
    while True:
        order = "order_by_field { field: CREATE_TIME is_asc: false }"
        page = call("GetArtifacts", f'options {{ max_result_size: 3 {order} next_page_token: "{token}" }}')
        found += ids(page.artifacts)
        if not (token := page.next_page_token):
            break
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7]

    query = (
        "properties.b.double_value = 0.1 AND custom_properties.k.string_value = 'ß' AND events_e.type = PENDING_OUTPUT"
    )
    assert ids(call("GetArtifacts", f'options {{ filter_query: "{query}" }}').artifacts) == [3]
    assert call("GetArtifacts", 'options { filter_query: "x\'" }') == errors.INVALID_ARGUMENT
    around = " AND ".join(f"(events_{number}.type = INPUT OR LOWER('E{number}') = type)" for number in range(100))
    assert ids(call("GetArtifacts", f'options {{ filter_query: "{around}" }}').artifacts) == [1, 2]
    start = 'starting_artifacts { filter_query: "id = 3" } direction: UPSTREAM'
    graph = call("GetLineageSubgraph", f"lineage_subgraph_query_options {{ {start} }}").lineage_subgraph
    assert (ids(graph.artifacts), ids(graph.executions)) == ([1, 2, 3], [1, 2])
    stop = 'ending_executions { filter_query: "last_known_state = CACHED" include_ending_nodes: true }'
    graph = call("GetLineageSubgraph", f"lineage_subgraph_query_options {{ {start} {stop} }}").lineage_subgraph
    assert (ids(graph.artifacts), ids(graph.executions)) == ([3], [2])
    clean()


@pytest.mark.parametrize("large", [2**31, 2**53 + 1, 2**62 - 10])
def test_ids_beyond_32_bits_are_ids_like_others(store, by, clean, large):
    times = {"created_at": 1_000, "updated_at": 2_000}
    types = [NodeType(kind=kind, name="T", id=large + at, created_at=1) for at, kind in enumerate(NodeKind)]
    nodes = [
        Artifact(type="T", id=large, **times),
        Artifact(type="T", id=large + 1, **times),
        Execution(type="T", id=large, **times),
        Context(type="T", id=large, name="c", **times),
    ]
    store.restore([*types, *nodes], by=by)
    service = Service(store)

    ends = f"execution_id: {large} type:"
    both = f"events {{ artifact_id: {large} {ends} INPUT }} events {{ artifact_id: {large + 1} {ends} OUTPUT }}"
    ask(service, "PutEvents", both)
    ask(
        service,
        "PutAttributionsAndAssociations",
        f"attributions {{ artifact_id: {large} context_id: {large} }}",
    )
    (artifact_type,) = [type_.id for type_ in types if type_.kind is NodeKind.ARTIFACT]
    put = ask(service, "PutArtifacts", f"artifacts {{ type_id: {artifact_type} }}")

    assert put.artifact_ids == [large + 2]
    assert ask(service, "PutContextType", 'context_type { name: "next" }').type_id == large + 3
    start = f'starting_artifacts {{ filter_query: "id = {large + 1}" }} direction: UPSTREAM'
    graph = ask(service, "GetLineageSubgraph", f"lineage_subgraph_query_options {{ {start} }}").lineage_subgraph
    assert [ids(graph.artifacts), ids(graph.executions), ids(graph.contexts)] == [[large, large + 1], [large], [large]]
    assert ids(ask(service, "GetArtifactsByContext", f"context_id: {large}").artifacts) == [large]
    clean()


SHARED = """execution { type_id: 11 } contexts { type_id: 12 name: "shared" }
    artifact_event_pairs { artifact { type_id: 10 external_id: "one" } event { type: INPUT } }
    options { reuse_context_if_already_exist: true reuse_artifact_if_already_exist_by_external_id: true }
"""


def test_racing_clients_share_types_contexts_and_artifacts_and_lose_nothing(backend, store, clean):
    ready = threading.Barrier(WRITERS)
    ask(Service(store), "PutTypes", TYPES)

    def run(number):
        service = Service(backend.open())
        ready.wait()
        own = f'artifact_type {{ name: "R" properties {{ key: "p{number}" value: INT }} }}'
        widened = ask(service, "PutArtifactType", f"{own} can_add_fields: true can_omit_fields: true")
        return [widened, *(ask(service, "PutExecution", SHARED) for _ in range(3))]

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(run, range(WRITERS)))
    assert {answer.type_id for answer, *_ in answers} == {13}
    published = [answer for _, *several in answers for answer in several]
    assert {tuple(answer.artifact_ids) for answer in published} == {(1,)}
    assert {tuple(answer.context_ids) for answer in published} == {(1,)}
    assert sorted(answer.execution_id for answer in published) == list(range(1, 3 * WRITERS + 1))
    service = Service(store)
    declared = ask(service, "GetArtifactType", 'type_name: "R"').artifact_type.properties
    assert sorted(declared) == [f"p{number}" for number in range(WRITERS)]
    assert len(ask(service, "GetEventsByArtifactIDs", "artifact_ids: 1").events) == 3 * WRITERS
    clean()
