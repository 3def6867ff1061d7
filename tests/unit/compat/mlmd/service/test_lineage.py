"""GetLineageSubgraph: which nodes, which fields, and where a walk ends."""

from __future__ import annotations

import pytest

from lineal.compat.mlmd.errors import INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED

CHAIN = 6


@pytest.fixture
def chain(client):
    """A client of artifact 1 → execution 1 → artifact 2 → … → artifact 7; execution n lies in context n."""
    client("PutArtifacts", 'artifacts { type_id: 10 name: "a" } ' + "artifacts { type_id: 10 } " * CHAIN)
    for number in range(1, CHAIN + 1):
        client(
            "PutExecution",
            f"""execution {{ type_id: 12 }}
            artifact_event_pairs {{ event {{ artifact_id: {number} type: DECLARED_INPUT }} }}
            artifact_event_pairs {{ event {{ artifact_id: {number + 1} type: INTERNAL_OUTPUT }} }}
            contexts {{ type_id: 13 name: "c{number}" }}""",
        )
    client(
        "PutParentContexts", "parent_contexts { child_id: 1 parent_id: 2 } parent_contexts { child_id: 3 parent_id: 6 }"
    )
    return client


def ask(client, options, mask=""):
    return client("GetLineageSubgraph", f"lineage_subgraph_query_options {{ {options} }} {mask}").lineage_subgraph


def ids(graph):
    return [node.id for node in graph.artifacts], [node.id for node in graph.executions]


def start(query, kind="artifacts"):
    return f'starting_{kind} {{ filter_query: "{query}" }}'


@pytest.mark.parametrize(
    ("options", "artifacts", "executions"),
    [
        ("max_num_hops: 0", [4], []),
        ("max_num_hops: 1", [4], [3, 4]),
        ("max_num_hops: 2", [3, 4, 5], [3, 4]),
        ("max_num_hops: 2 direction: BIDIRECTIONAL", [3, 4, 5], [3, 4]),
        ("max_num_hops: 2 direction: UPSTREAM", [3, 4], [3]),
        ("max_num_hops: 3 direction: DOWNSTREAM", [4, 5], [4, 5]),
        ("direction: UPSTREAM", [1, 2, 3, 4], [1, 2, 3]),
        ("direction: DOWNSTREAM", [4, 5, 6, 7], [4, 5, 6]),
        ("", [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_walk_goes_so_many_hops_this_way(chain, options, artifacts, executions):
    graph = ask(chain, f"{start('id = 4')} {options}")
    assert ids(graph) == (artifacts, executions)
    assert {(event.artifact_id, event.execution_id) for event in graph.events} == {
        (artifact, execution) for artifact in artifacts for execution in executions if artifact - execution in {0, 1}
    }


def test_a_walk_starts_at_everything_the_filter_finds(chain):
    assert ids(ask(chain, f"{start('id IN (2, 5)', 'executions')} max_num_hops: 1")) == ([2, 3, 5, 6], [2, 5])


def test_nodes_have_only_ids_and_types_are_all_there_are(chain):
    graph = ask(chain, start("name = 'a'"))
    assert [field.name for field, _ in graph.artifacts[0].ListFields()] == ["id"]
    assert [field.name for field, _ in graph.executions[0].ListFields()] == ["id"]
    assert [field.name for field, _ in graph.contexts[0].ListFields()] == ["id"]
    assert [type_.id for type_ in graph.artifact_types] == [1, 2, 3, 4, 10, 11]
    assert [type_.id for type_ in graph.execution_types] == [5, 6, 7, 8, 9, 12]
    assert [type_.name for type_ in graph.context_types] == ["C"]
    assert len(graph.contexts) == len(graph.associations) == CHAIN
    assert len(graph.attributions) == 2 * CHAIN
    assert {(edge.child_id, edge.parent_id) for edge in graph.parent_contexts} == {(1, 2), (3, 6)}


@pytest.mark.parametrize("field", ["artifacts", "executions", "contexts", "events", "attributions", "associations"])
def test_a_read_mask_keeps_the_named_fields(chain, field):
    graph = ask(chain, start("id = 1"), f'read_mask {{ paths: "{field}" paths: "bogus" }}')
    assert [found.name for found, _ in graph.ListFields()] == [field]


def test_a_read_mask_of_unknown_fields_leaves_nothing_and_an_empty_one_everything(chain):
    assert ask(chain, start("id = 1"), 'read_mask { paths: "bogus" }').ListFields() == []
    assert ask(chain, start("id = 1"), "read_mask {}") == ask(chain, start("id = 1"))


@pytest.mark.parametrize(
    ("ending", "artifacts", "executions"),
    [
        ('ending_artifacts { filter_query: "id = 3" }', [4, 5, 6, 7], [3, 4, 5, 6]),
        ('ending_artifacts { filter_query: "id = 3" include_ending_nodes: true }', [3, 4, 5, 6, 7], [3, 4, 5, 6]),
        ('ending_executions { filter_query: "id IN (3, 5)" }', [4, 5], [4]),
        ('ending_executions { filter_query: "id IN (3, 5)" include_ending_nodes: true }', [4, 5], [3, 4, 5]),
        (
            """ending_executions { filter_query: "id = 3" include_ending_nodes: true }
            ending_artifacts { filter_query: "id = 6" }""",
            [4, 5],
            [3, 4, 5],
        ),
        ('ending_artifacts { filter_query: "id = 99" }', [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6]),
        ('ending_artifacts { filter_query: "id = 4" }', [], []),
        ("ending_artifacts { filter_query: '' }", [], []),
        ("ending_artifacts {}", [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6]),
        ("ending_executions { include_ending_nodes: true }", [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6]),
    ],
)
def test_ending_nodes_stop_the_walk_and_are_left_out_unless_asked_for(chain, ending, artifacts, executions):
    graph = ask(chain, f"{start('id = 4')} {ending}")
    assert ids(graph) == (artifacts, executions)
    assert all(event.artifact_id in artifacts and event.execution_id in executions for event in graph.events)


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        ("", INVALID_ARGUMENT, "Missing arguments for listing starting nodes."),
        ("starting_artifacts {}", INVALID_ARGUMENT, "Cannot list starting nodes if `filter_query` is unspecified."),
        (start(""), INVALID_ARGUMENT, "Cannot list starting nodes if `filter_query` is unspecified."),
        (f"{start('id = 1')} max_num_hops: -1", INVALID_ARGUMENT, "max_num_hops cannot be negative"),
        (start("id = 99"), NOT_FOUND, "Cannot find qualified nodes to start the traversal."),
        (start("bogus = 1"), INVALID_ARGUMENT, "Invalid `filter_query`: "),
        (
            f"{start('id = 1')} ending_artifacts {{ filter_query: 'bogus' }}",
            INVALID_ARGUMENT,
            "Invalid `filter_query`: ",
        ),
    ],
)
def test_a_wrong_question_is_refused_with_the_known_text(chain, options, code, text):
    found, message = chain.refused("GetLineageSubgraph", f"lineage_subgraph_query_options {{ {options} }}")
    assert found == code
    assert message.startswith(text)


def test_no_hop_is_cut_where_none_was_asked_for(client):
    length = 300
    edges = [
        f"event_edges {{ execution_index: {at} artifact_index: {at + side} event {{ type: {type_} }} }}"
        for at in range(length)
        for side, type_ in ((0, "INPUT"), (1, "OUTPUT"))
    ]
    nodes = "executions { type_id: 12 } " * length + "artifacts { type_id: 10 } " * (length + 1)
    client("PutLineageSubgraph", nodes + " ".join(edges))
    graph = ask(client, start("id = 1"), 'read_mask { paths: "artifacts" }')
    assert len(graph.artifacts) == length + 1


def test_the_old_lineage_call_is_unimplemented(chain):
    assert chain.refused("GetLineageGraph") == (UNIMPLEMENTED, "GetLineageGraph is not implemented.")
