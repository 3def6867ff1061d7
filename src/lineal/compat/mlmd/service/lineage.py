"""GetLineageSubgraph: what is upstream and downstream of the nodes that a filter finds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from google.protobuf.message import Message

from lineal.compat.mlmd.errors import InvalidArgumentError, NotFoundError, UnimplementedError
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.call import Call, Handler
from lineal.compat.mlmd.service.events import write_events
from lineal.compat.mlmd.service.kinds import ARTIFACT, EXECUTION, KINDS, Kind
from lineal.compat.mlmd.service.listing import every_page
from lineal.compat.mlmd.service.schemas import type_message
from lineal.model.edges import Association, Attribution, ParentContext
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.traversal import Closure, Direction

_DIRECTIONS = {
    pb.LineageSubgraphQueryOptions.DIRECTION_UNSPECIFIED: Direction.BOTH,
    pb.LineageSubgraphQueryOptions.UPSTREAM: Direction.UPSTREAM,
    pb.LineageSubgraphQueryOptions.DOWNSTREAM: Direction.DOWNSTREAM,
    pb.LineageSubgraphQueryOptions.BIDIRECTIONAL: Direction.BOTH,
}
_FIELDS = tuple(pb.LineageGraph.DESCRIPTOR.fields_by_name)
_STARTS = {"starting_artifacts": ARTIFACT, "starting_executions": EXECUTION}
_MEMBERSHIP_FIELDS = frozenset({"contexts", "attributions", "associations", "parent_contexts"})


def get_lineage_subgraph(call: Call, request: service_pb.GetLineageSubgraphRequest) -> Message:
    """Return nodes by id only, with their events and memberships, and the types of the store.

    A read mask keeps the named fields; an empty one is none. Everything is of one state of the store.
    """
    options = request.lineage_subgraph_query_options
    paths = set(request.read_mask.paths or _FIELDS)
    graph = pb.LineageGraph()
    with call.store.snapshot():
        closure = _closure(call, options)
        _write_types(call, graph, paths)
        _write_nodes(graph, closure, paths)
        if paths & _MEMBERSHIP_FIELDS:
            _write_memberships(call, graph, closure, paths)
    return service_pb.GetLineageSubgraphResponse(lineage_subgraph=graph)


def get_lineage_graph(_call: Call, _request: service_pb.GetLineageGraphRequest) -> Message:
    """Raise UNIMPLEMENTED, as ML Metadata always did."""
    raise UnimplementedError("GetLineageGraph is not implemented.")


def _closure(call: Call, options: pb.LineageSubgraphQueryOptions) -> Closure:
    which = options.WhichOneof("starting_nodes")
    if which is None:
        raise InvalidArgumentError("Missing arguments for listing starting nodes.")
    query = getattr(options, which).filter_query
    if not query:
        raise InvalidArgumentError("Cannot list starting nodes if `filter_query` is unspecified.")
    if options.max_num_hops < 0:
        raise InvalidArgumentError(f"max_num_hops cannot be negative: max_num_hops = {options.max_num_hops}")
    starts = _keys(call, _STARTS[which], query)
    if not starts:
        raise NotFoundError("Cannot find qualified nodes to start the traversal.")
    left_out, kept = _stops(call, options)
    closure = call.store.closure(
        starts,
        _DIRECTIONS.get(options.direction, Direction.BOTH),
        hops=options.max_num_hops if options.HasField("max_num_hops") else None,
        reproductions=True,
        stops=[*left_out, *kept],
        keep_stops=bool(kept),
    )
    return _without(closure, left_out) if kept else closure


def _stops(call: Call, options: pb.LineageSubgraphQueryOptions) -> tuple[list[NodeKey], list[NodeKey]]:
    """Return the ending nodes that are left out of the answer, and those that are part of it."""
    left_out: list[NodeKey] = []
    kept: list[NodeKey] = []
    for field, kind in (("ending_artifacts", ARTIFACT), ("ending_executions", EXECUTION)):
        ending = getattr(options, field)
        # As in ML Metadata, without a filter there are none, and an empty filter is true of all nodes.
        if ending.HasField("filter_query"):
            (kept if ending.include_ending_nodes else left_out).extend(_keys(call, kind, ending.filter_query))
    return left_out, kept


def _without(closure: Closure, left_out: Iterable[NodeKey]) -> Closure:
    """Return a closure without these nodes and their events."""
    gone = {kind: {key.id for key in left_out if key.kind is kind} for kind in NodeKind}
    artifacts, executions = gone[NodeKind.ARTIFACT], gone[NodeKind.EXECUTION]
    return replace(
        closure,
        artifacts={id_: hops for id_, hops in closure.artifacts.items() if id_ not in artifacts},
        executions={id_: hops for id_, hops in closure.executions.items() if id_ not in executions},
        events=[
            event
            for event in closure.events
            if event.artifact_id not in artifacts and event.execution_id not in executions
        ],
    )


def _keys(call: Call, kind: Kind, query: str) -> list[NodeKey]:
    options = ListOptions(filter=query or None)
    return [NodeKey(kind.kind, node.id or 0) for page in every_page(call, kind, options) for node in page]


def _write_types(call: Call, graph: pb.LineageGraph, paths: Collection[str]) -> None:
    for kind in KINDS:
        field = f"{kind.word}_types"
        if field in paths:
            getattr(graph, field).extend(type_message(kind, type_) for type_ in call.types.all(kind.kind))


def _write_nodes(graph: pb.LineageGraph, closure: Closure, paths: Collection[str]) -> None:
    if "artifacts" in paths:
        for artifact_id in sorted(closure.artifacts):
            graph.artifacts.add(id=artifact_id)
    if "executions" in paths:
        for execution_id in sorted(closure.executions):
            graph.executions.add(id=execution_id)
    if "events" in paths:
        write_events(closure.events, graph.events)


def _write_memberships(call: Call, graph: pb.LineageGraph, closure: Closure, paths: Collection[str]) -> None:
    nodes = [NodeKey(NodeKind.ARTIFACT, id_) for id_ in sorted(closure.artifacts)]
    nodes += [NodeKey(NodeKind.EXECUTION, id_) for id_ in sorted(closure.executions)]
    edges = call.store.memberships(nodes, only=[Attribution, Association])
    contexts = sorted({edge.context_id for edge in edges if not isinstance(edge, ParentContext)})
    if "contexts" in paths:
        graph.contexts.extend(pb.Context(id=id_) for id_ in contexts)
    for edge in edges:
        if isinstance(edge, Attribution) and "attributions" in paths:
            graph.attributions.add(artifact_id=edge.artifact_id, context_id=edge.context_id)
        elif isinstance(edge, Association) and "associations" in paths:
            graph.associations.add(execution_id=edge.execution_id, context_id=edge.context_id)
    if "parent_contexts" in paths:
        keys = [NodeKey(NodeKind.CONTEXT, id_) for id_ in contexts]
        inside = set(contexts)
        for edge in call.store.memberships(keys, only=[ParentContext]):
            if isinstance(edge, ParentContext) and edge.child_id in inside:
                graph.parent_contexts.add(child_id=edge.child_id, parent_id=edge.parent_id)


HANDLERS: dict[str, Handler] = {"GetLineageSubgraph": get_lineage_subgraph, "GetLineageGraph": get_lineage_graph}
