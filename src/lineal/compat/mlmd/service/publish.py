"""PutExecution and PutLineageSubgraph: executions with their artifacts, events and contexts, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf.message import Message

from lineal.compat.mlmd.errors import InvalidArgumentError, NotFoundError
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.call import Call, Handler
from lineal.compat.mlmd.service.edge_ends import Ends, ends_of
from lineal.compat.mlmd.service.events import check_event_type, event_of, write_edges
from lineal.compat.mlmd.service.kinds import ARTIFACT, CONTEXT, EXECUTION
from lineal.compat.mlmd.service.listing import every_page
from lineal.compat.mlmd.service.publication import published
from lineal.compat.mlmd.service.puts import Puts
from lineal.model.edges import Association, Attribution, Edge, Event
from lineal.model.ids import ArtifactId, ContextId, ExecutionId, NodeKey
from lineal.model.listing import ListOptions

Place = tuple[int | None, int]
"""Where the id of a node will come from: its place among the puts, or the id itself."""


def put_execution(call: Call, request: service_pb.PutExecutionRequest) -> Message:
    """Put an execution with everything that belongs to it; all listed artifacts join all listed contexts."""
    if not request.HasField("execution"):
        raise InvalidArgumentError("No execution is found.")
    pairs = request.artifact_event_pairs
    _check_pairs(request)
    answer = published(call, request)
    if answer is not None:
        return answer
    given = [pair.artifact for pair in pairs if pair.HasField("artifact")]
    with call.store.batch(by=call.by):
        puts = Puts(call)
        puts.know_nodes(EXECUTION, [request.execution])
        execution = puts.add(EXECUTION, request.execution)
        put = iter(_artifacts(call, puts, given, reuse=request.options.reuse_artifact_if_already_exist_by_external_id))
        contexts = _contexts(
            call,
            puts,
            request.contexts,
            reuse=request.options.reuse_context_if_already_exist,
            force=request.options.force_reuse_context,
            untyped="Context is missing a type_id: name: {name!r}. Type id is missing.",
        )
        forced = request.options.force_update_time and request.execution.HasField("id")
        puts.write(touch=[NodeKey(EXECUTION.kind, request.execution.id)] if forced else [])
        execution_id = puts.id_at(execution)
        artifact_ids = [
            puts.id_at(next(put))
            if pair.HasField("artifact")
            else (pair.event.artifact_id if pair.HasField("event") else -1)
            for pair in pairs
        ]
        context_ids = [_id(puts, place) for place in contexts]
        events = []
        for pair, artifact_id in zip(pairs, artifact_ids, strict=True):
            if pair.HasField("event"):
                # Only now: a node that was new, or known by its external id, had no id before.
                _check_ids(pair.event, artifact_id, execution_id)
                events.append(event_of(pair.event, artifact_id, execution_id))
        members = [id_ for id_ in artifact_ids if id_ != -1]
        write_edges(call, [*events, *_memberships([execution_id], members, context_ids)])
    return service_pb.PutExecutionResponse(
        execution_id=execution_id, artifact_ids=artifact_ids, context_ids=context_ids
    )


def put_lineage_subgraph(call: Call, request: service_pb.PutLineageSubgraphRequest) -> Message:
    """Put executions, artifacts and contexts, and the events that the edges between them describe."""
    ends = [ends_of(edge, request) for edge in request.event_edges]
    with call.store.batch(by=call.by):
        puts = Puts(call)
        puts.know_nodes(EXECUTION, request.executions)
        executions = [puts.add(EXECUTION, message) for message in request.executions]
        reuse = request.options.reuse_artifact_if_already_exist_by_external_id
        artifacts = _artifacts(call, puts, request.artifacts, reuse=reuse)
        contexts = _contexts(
            call,
            puts,
            request.contexts,
            reuse=request.options.reuse_context_if_already_exist,
            force=False,
            untyped="Type id is missing. Context {name!r} is missing a type_id.",
        )
        puts.write()
        execution_ids = [puts.id_at(place) for place in executions]
        artifact_ids = [puts.id_at(place) for place in artifacts]
        context_ids = [_id(puts, place) for place in contexts]
        events = [_event(end, artifact_ids, execution_ids) for end in ends]
        write_edges(call, [*events, *_memberships(execution_ids, artifact_ids, context_ids)])
    return service_pb.PutLineageSubgraphResponse(
        execution_ids=execution_ids, artifact_ids=artifact_ids, context_ids=context_ids
    )


def _check_pairs(request: service_pb.PutExecutionRequest) -> None:
    """Refuse an event without a type, and one that has no artifact beside it and names none."""
    for pair in request.artifact_event_pairs:
        if pair.HasField("event"):
            check_event_type(pair.event)
            if not pair.HasField("artifact") and not pair.event.HasField("artifact_id"):
                raise InvalidArgumentError("If no artifact is present, given event must have an artifact_id.")


def _check_ids(event: Any, artifact_id: int, execution_id: int) -> None:
    """Refuse an event that names other nodes than its pair and the request do."""
    if event.HasField("execution_id") and event.execution_id != execution_id:
        raise InvalidArgumentError(
            f"Request's event.execution_id does not match with the given execution: {event.execution_id}"
        )
    if event.HasField("artifact_id") and event.artifact_id != artifact_id:
        raise InvalidArgumentError(
            f"Given event.artifact_id is not aligned with the artifact: {event.artifact_id} and {artifact_id}"
        )


def _artifacts(call: Call, puts: Puts, messages: Sequence[Any], *, reuse: bool) -> list[int]:
    """Add artifacts; with `reuse` one whose external id is taken is an update of the artifact that has it."""
    puts.know_nodes(ARTIFACT, messages)
    if not reuse:
        return [puts.add(ARTIFACT, message) for message in messages]
    named = [message for message in messages if not message.HasField("id") and message.external_id]
    wanted = sorted({message.external_id for message in named})
    owners: dict[str, int] = {}
    if wanted:
        found = [node for page in every_page(call, ARTIFACT, ListOptions(external_ids=wanted)) for node in page]
        owners = {node.external_id or "": node.id or 0 for node in found}
        puts.know(ARTIFACT, owners.values())
    fresh: dict[str, int] = {}
    places: list[int] = []
    for message in messages:
        external_id = message.external_id
        if message.HasField("id") or not external_id:
            places.append(puts.add(ARTIFACT, message))
        elif external_id in owners:
            places.append(puts.update(ARTIFACT, owners[external_id], message))
        elif external_id in fresh:
            places.append(puts.change(ARTIFACT, fresh[external_id], message))
        else:
            fresh[external_id] = puts.add(ARTIFACT, message)
            places.append(fresh[external_id])
    return places


def _contexts(
    call: Call, puts: Puts, messages: Sequence[Any], *, reuse: bool, force: bool, untyped: str
) -> list[Place]:
    """Add contexts; one that is reused is left as it is. `untyped` is what the call says of one without a type."""
    by_id = [message for message in messages if message.HasField("id")]
    puts.know_nodes(CONTEXT, by_id)
    _check_contexts(puts, messages, force=force, untyped=untyped)
    stored = _named(call, messages) if reuse else {}
    fresh: dict[tuple[int, str], int] = {}
    places: list[Place] = []
    for message in messages:
        name = (message.type_id, message.name)
        if message.HasField("id"):
            places.append((None, message.id) if force else (puts.add(CONTEXT, message), 0))
        elif name in stored:
            places.append((None, stored[name]))
        elif reuse and name in fresh:
            places.append((fresh[name], 0))
        else:
            fresh[name] = puts.add(CONTEXT, message)
            places.append((fresh[name], 0))
    return places


def _check_contexts(puts: Puts, messages: Sequence[Any], *, force: bool, untyped: str) -> None:
    for message in messages:
        if force and message.HasField("id"):
            if not puts.known(CONTEXT, message.id):
                raise NotFoundError(f"Results missing for ids: {{{message.id}}}. There is no such context.")
            continue
        if not message.HasField("type_id"):
            raise InvalidArgumentError(untyped.format(name=message.name))
        if not message.HasField("name"):
            raise InvalidArgumentError(
                f"Context is missing a name: type_id: {message.type_id}. Context name should not be empty"
            )


def _named(call: Call, messages: Iterable[Any]) -> dict[tuple[int, str], int]:
    """Return the ids of the stored contexts that have the type and name of one of these without an id."""
    names: dict[int, set[str]] = {}
    for message in messages:
        if not message.HasField("id"):
            names.setdefault(message.type_id, set()).add(message.name)
    found: dict[tuple[int, str], int] = {}
    for type_id, wanted in names.items():
        type_ = call.types.by_id(CONTEXT.kind, type_id)
        options = ListOptions(type_id=type_.id, names=sorted(wanted))
        for page in every_page(call, CONTEXT, options):
            found.update({(type_id, node.name or ""): node.id or 0 for node in page})
    return found


def _memberships(executions: Iterable[int], artifacts: Iterable[int], contexts: Iterable[int]) -> list[Edge]:
    edges: list[Edge] = []
    for context in dict.fromkeys(contexts):
        into = ContextId(context)
        edges += [Association(execution_id=ExecutionId(id_), context_id=into) for id_ in dict.fromkeys(executions)]
        edges += [Attribution(artifact_id=ArtifactId(id_), context_id=into) for id_ in dict.fromkeys(artifacts)]
    return edges


def _event(end: Ends, artifacts: Sequence[int], executions: Sequence[int]) -> Event:
    artifact = end.artifact_id if end.artifact_index is None else artifacts[end.artifact_index]
    execution = end.execution_id if end.execution_index is None else executions[end.execution_index]
    return event_of(end.event, artifact or 0, execution or 0)


def _id(puts: Puts, place: Place) -> int:
    at, id_ = place
    return id_ if at is None else puts.id_at(at)


HANDLERS: dict[str, Handler] = {"PutExecution": put_execution, "PutLineageSubgraph": put_lineage_subgraph}
