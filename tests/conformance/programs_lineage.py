"""Lineage."""

from __future__ import annotations

from ml_metadata.proto import metadata_store_pb2 as pb
from programs_nodes import with_types

Artifact, Execution, Context, Event = pb.Artifact, pb.Execution, pb.Context, pb.Event
Query = pb.LineageSubgraphQueryOptions


def chain(tape, length):
    """Return a store with artifact 1 → execution 1 → artifact 2 → … and one context around the first step."""
    store, a, e, c = with_types(tape)
    artifacts = [Artifact(type_id=a, name=f"a{number}") for number in range(1, length + 2)]
    runs = [Execution(type_id=e, name=f"e{number}") for number in range(1, length + 1)]
    edges = [(number, number, Event(type=Event.INPUT)) for number in range(length)]
    edges += [(number, number + 1, Event(type=Event.OUTPUT)) for number in range(length)]
    store.put_lineage_subgraph(runs, artifacts, [], edges)
    store.put_contexts([Context(type_id=c, name="group"), Context(type_id=c, name="above")])
    store.put_attributions_and_associations(
        [pb.Attribution(artifact_id=1, context_id=1)], [pb.Association(execution_id=1, context_id=1)]
    )
    store.put_parent_contexts([pb.ParentContext(child_id=1, parent_id=2)])
    return store


def query(artifacts=None, executions=None, **named):
    asked = Query(**named)
    if artifacts is not None:
        asked.starting_artifacts.filter_query = artifacts
    if executions is not None:
        asked.starting_executions.filter_query = executions
    return asked


def nodes(graph):
    return {
        "artifacts": sorted(node.id for node in graph.artifacts),
        "executions": sorted(node.id for node in graph.executions),
        "contexts": sorted(node.id for node in graph.contexts),
        "events": sorted((event.execution_id, event.artifact_id, event.type) for event in graph.events),
        "attributions": sorted((edge.artifact_id, edge.context_id) for edge in graph.attributions),
        "associations": sorted((edge.execution_id, edge.context_id) for edge in graph.associations),
    }


def walking(tape):
    store = chain(tape, 4)

    def walk(step, *asked, **named):
        tape(step, lambda: nodes(store.get_lineage_subgraph(query(*asked, **named))))

    walk("both ways", "name = 'a3'")
    walk("upstream", "name = 'a3'", direction=Query.UPSTREAM)
    walk("downstream", "name = 'a3'", direction=Query.DOWNSTREAM)
    walk("both by name", "name = 'a3'", direction=Query.BIDIRECTIONAL)
    walk("no hop", "name = 'a3'", max_num_hops=0)
    walk("one hop", "name = 'a3'", max_num_hops=1)
    walk("two hops up", "name = 'a3'", max_num_hops=2, direction=Query.UPSTREAM)
    walk("three hops down", "name = 'a1'", max_num_hops=3, direction=Query.DOWNSTREAM)
    walk("from an execution", None, "name = 'e2'", max_num_hops=1)
    walk("from an execution, up", None, "name = 'e2'", direction=Query.UPSTREAM)
    walk("from two artifacts", "name = 'a1' OR name = 'a5'", max_num_hops=1)


def endings(tape):
    store = chain(tape, 4)

    def walk(step, start, **named):
        tape(step, lambda: nodes(store.get_lineage_subgraph(query(start, **named))))

    walk("before an artifact", "name = 'a1'", ending_artifacts=Query.EndingNodes(filter_query="name = 'a3'"))
    walk(
        "at an artifact",
        "name = 'a1'",
        ending_artifacts=Query.EndingNodes(filter_query="name = 'a3'", include_ending_nodes=True),
    )
    walk("before an execution", "name = 'a1'", ending_executions=Query.EndingNodes(filter_query="name = 'e3'"))
    walk(
        "at an execution",
        "name = 'a1'",
        ending_executions=Query.EndingNodes(filter_query="name = 'e3'", include_ending_nodes=True),
    )
    walk("at nothing", "name = 'a1'", ending_executions=Query.EndingNodes(filter_query="name = 'zz'"))
    walk("at no filter", "name = 'a1'", ending_artifacts=Query.EndingNodes())
    walk("at no filter, included", "name = 'a1'", ending_executions=Query.EndingNodes(include_ending_nodes=True))
    walk("at an empty filter", "name = 'a1'", ending_artifacts=Query.EndingNodes(filter_query=""))
    walk(
        "at an empty filter, included",
        "name = 'a1'",
        ending_artifacts=Query.EndingNodes(filter_query="", include_ending_nodes=True),
    )


def an_event_between_two_at_the_limit(tape):
    store = chain(tape, 2)
    both = query("name IN ('a1', 'a2')", max_num_hops=1, direction=Query.UPSTREAM)
    tape("found", lambda: nodes(store.get_lineage_subgraph(both)))


def wrong_questions(tape):
    store = chain(tape, 1)

    def ask(step, asked, **more):
        tape(step, store.get_lineage_subgraph, asked, **more)

    ask("no start", query(), says="Missing arguments for listing starting nodes.")
    ask("an empty filter", query(""), says="Cannot list starting nodes if `filter_query` is unspecified.")
    ask(
        "no filter",
        Query(starting_artifacts=Query.StartingNodes()),
        says="Cannot list starting nodes if `filter_query` is unspecified.",
    )
    ask("no match", query("name = 'zz'"), says="Cannot find qualified nodes to start the traversal.")
    ask("negative hops", query("name = 'a1'", max_num_hops=-1), says="max_num_hops cannot be negative")
    ask("a wrong filter", query("foo = 1"), says="Invalid `filter_query`: ")
    ask(
        "a wrong ending",
        query("name = 'a1'", ending_artifacts=Query.EndingNodes(filter_query="foo = 1")),
        says="Invalid `filter_query`: ",
    )


def masks(tape):
    store = chain(tape, 1)

    def ask(step, *paths):
        graph = store.get_lineage_subgraph(query("name = 'a1'"), list(paths))
        tape.note(step, {field.name: len(value) for field, value in graph.ListFields()})

    for field in pb.LineageGraph.DESCRIPTOR.fields:
        if field.name != "parent_contexts":
            ask(field.name, field.name)
    ask("two", "artifacts", "events")
    ask("an unknown one", "nothing")
    ask("a part of one", "artifacts.id")
    ask("a known and an unknown one", "executions", "nothing")


def whole_answers(tape):
    store = chain(tape, 1)
    graph = store.get_lineage_subgraph(
        query("name = 'a1'"),
        ["artifacts", "executions", "contexts", "artifact_types", "execution_types", "context_types", "events"],
    )
    tape.note("nodes are complete", graph)


def parents_of_contexts(tape):
    store = chain(tape, 1)
    graph = store.get_lineage_subgraph(query("name = 'a1'"))
    tape.note("parent contexts", [(edge.child_id, edge.parent_id) for edge in graph.parent_contexts])


def long_chains(tape):
    store = chain(tape, 120)
    graph = store.get_lineage_subgraph(query("name = 'a1'", direction=Query.DOWNSTREAM))
    tape.note("artifacts of a chain of 121", len(graph.artifacts))


def many_starts(tape):
    store = chain(tape, 150)
    graph = store.get_lineage_subgraph(query("id > 0", max_num_hops=0))
    tape.note("of 151 starting nodes", len(graph.artifacts))
