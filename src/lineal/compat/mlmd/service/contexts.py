"""Memberships: attributions, associations, and contexts inside contexts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from google.protobuf.message import Message

from lineal.compat.mlmd.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.call import Call, Handler
from lineal.compat.mlmd.service.kinds import ARTIFACT, CONTEXT, EXECUTION, Kind, unique
from lineal.compat.mlmd.service.records import message, write_nodes
from lineal.errors import InvalidArgument, NotFound
from lineal.model.edges import Association, Attribution, ParentContext
from lineal.model.ids import ArtifactId, ContextId, ExecutionId, NodeKey, NodeKind


def put_attributions_and_associations(call: Call, request: service_pb.PutAttributionsAndAssociationsRequest) -> Message:
    """Put artifacts and executions into contexts; what is there stays."""
    attributions = [
        Attribution(artifact_id=ArtifactId(edge.artifact_id), context_id=ContextId(edge.context_id))
        for edge in request.attributions
    ]
    associations = [
        Association(execution_id=ExecutionId(edge.execution_id), context_id=ContextId(edge.context_id))
        for edge in request.associations
    ]
    edges: list[Attribution | Association] = [*attributions, *associations]
    try:
        call.store.put_edges(edges, by=call.by)
    except NotFound:
        # Which one is missing is read only now: usually none is.
        _need(call, ARTIFACT, [edge.artifact_id for edge in attributions])
        _need(call, EXECUTION, [edge.execution_id for edge in associations])
        _need(call, CONTEXT, [edge.context_id for edge in edges])
        raise
    return service_pb.PutAttributionsAndAssociationsResponse()


def put_parent_contexts(call: Call, request: service_pb.PutParentContextsRequest) -> Message:
    """Put contexts into contexts; ALREADY_EXISTS for what is there, INVALID_ARGUMENT for a cycle."""
    for given in request.parent_contexts:
        if not (given.HasField("child_id") and given.HasField("parent_id")):
            given_ids = " ".join(
                f"{field.name}: {value}" for field, value in given.ListFields() if field.name != "system_metadata"
            )
            raise InvalidArgumentError(
                f"Missing parent / child id in the parent_context: {given_ids or 'neither is given'}"
            )
    edges = [
        ParentContext(child_id=ContextId(given.child_id), parent_id=ContextId(given.parent_id))
        for given in request.parent_contexts
    ]
    with call.store.batch(by=call.by):
        _need_pairs(call, edges)
        children = [NodeKey(NodeKind.CONTEXT, edge.child_id) for edge in edges]
        stored = set(call.store.memberships(children, only=[ParentContext]))
        for edge in edges:
            if edge in stored:
                raise AlreadyExistsError(
                    f"Given parent_context already exists: child_id: {edge.child_id} parent_id: {edge.parent_id}"
                )
            stored.add(edge)
        try:
            call.store.put_edges(edges, by=call.by)
        except InvalidArgument as error:
            raise InvalidArgumentError(
                f"There is a cycle detected of the given relationship. {error.message}"
            ) from error
    return service_pb.PutParentContextsResponse()


def get_contexts_of(kind: Kind, call: Call, request: Any) -> Any:
    """Return the contexts of an artifact or execution; NOT_FOUND if it has none, as in ML Metadata."""
    id_ = getattr(request, f"{kind.word}_id")
    with call.store.snapshot():
        edges = call.store.memberships([NodeKey(kind.kind, id_)], only=[Attribution, Association])
        ids = [edge.context_id for edge in edges if not isinstance(edge, ParentContext)]
        contexts = call.store.get(CONTEXT.model, unique(ids))
    if not contexts:
        raise NotFoundError(f"No contexts found for {kind.word}_id: {id_}")
    response = getattr(service_pb, f"GetContextsBy{kind.title}Response")()
    write_nodes(CONTEXT, contexts, call.types, response.contexts)
    return response


def get_parents(call: Call, request: service_pb.GetParentContextsByContextRequest) -> Message:
    """Return the contexts that a context lies directly inside."""
    around = _around(call, [request.context_id], upwards=True)
    return service_pb.GetParentContextsByContextResponse(contexts=around.get(request.context_id, []))


def get_children(call: Call, request: service_pb.GetChildrenContextsByContextRequest) -> Message:
    """Return the contexts directly inside a context."""
    around = _around(call, [request.context_id], upwards=False)
    return service_pb.GetChildrenContextsByContextResponse(contexts=around.get(request.context_id, []))


def get_parents_of_many(call: Call, request: service_pb.GetParentContextsByContextsRequest) -> Message:
    """Return the parents of each context that has some."""
    response = service_pb.GetParentContextsByContextsResponse()
    for id_, parents in _around(call, request.context_ids, upwards=True).items():
        response.contexts[id_].parent_contexts.extend(parents)
    return response


def get_children_of_many(call: Call, request: service_pb.GetChildrenContextsByContextsRequest) -> Message:
    """Return the children of each context that has some."""
    response = service_pb.GetChildrenContextsByContextsResponse()
    for id_, children in _around(call, request.context_ids, upwards=False).items():
        response.contexts[id_].children_contexts.extend(children)
    return response


def _around(call: Call, ids: Iterable[int], *, upwards: bool) -> dict[int, list[Any]]:
    """Return the messages of the parents, or children, of each of these contexts that has some, by id."""
    wanted = set(ids)
    with call.store.snapshot():
        keys = [NodeKey(NodeKind.CONTEXT, id_) for id_ in sorted(wanted)]
        edges = call.store.memberships(keys, only=[ParentContext])
        pairs = [
            (edge.child_id, edge.parent_id) if upwards else (edge.parent_id, edge.child_id)
            for edge in edges
            if isinstance(edge, ParentContext)
        ]
        pairs = [(own, other) for own, other in pairs if own in wanted]
        contexts = call.store.get(CONTEXT.model, unique(other for _, other in pairs))
        by_id = {context.id: message(CONTEXT, context, call.types) for context in contexts}
    found: dict[int, list[Any]] = {}
    for own, other in sorted(pairs):
        found.setdefault(own, []).append(by_id[other])
    return found


def _need(call: Call, kind: Kind, ids: Sequence[int]) -> None:
    wanted = unique(ids)
    if len(call.store.get(kind.model, wanted, existing=True)) != len(wanted):
        raise InvalidArgumentError(f"{kind.title} id not found.")


def _need_pairs(call: Call, edges: Sequence[ParentContext]) -> None:
    wanted = unique([id_ for edge in edges for id_ in (edge.child_id, edge.parent_id)])
    found = {context.id for context in call.store.get(CONTEXT.model, wanted, existing=True)}
    for edge in edges:
        if edge.child_id == edge.parent_id or not found.issuperset((edge.child_id, edge.parent_id)):
            raise InvalidArgumentError(
                "Given parent / child id in the parent_context cannot be found: "
                f"child_id: {edge.child_id} parent_id: {edge.parent_id}"
            )


HANDLERS: dict[str, Handler] = {
    "PutAttributionsAndAssociations": put_attributions_and_associations,
    "PutParentContexts": put_parent_contexts,
    "GetContextsByArtifact": partial(get_contexts_of, ARTIFACT),
    "GetContextsByExecution": partial(get_contexts_of, EXECUTION),
    "GetParentContextsByContext": get_parents,
    "GetChildrenContextsByContext": get_children,
    "GetParentContextsByContexts": get_parents_of_many,
    "GetChildrenContextsByContexts": get_children_of_many,
}
