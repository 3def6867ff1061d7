"""Events between messages and records, PutEvents, and the reads of events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

from google.protobuf.message import Message

from lineal.compat.mlmd.errors import AlreadyExistsError, InvalidArgumentError
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.call import Call, Handler
from lineal.compat.mlmd.service.kinds import ARTIFACT, EXECUTION, unique
from lineal.compat.mlmd.service.records import MILLISECOND
from lineal.errors import AlreadyExists, NotFound
from lineal.model.edges import Edge, Event, EventType
from lineal.model.ids import ArtifactId, ExecutionId, Micros
from lineal.model.publication import Causality
from lineal.model.values import INT64_MAX

_TYPES = {type_.value: type_ for type_ in EventType}


def put_events(call: Call, request: service_pb.PutEventsRequest) -> Message:
    """Write events between stored nodes; they never change, so a repeated one is ALREADY_EXISTS."""
    for message in request.events:
        if not message.HasField("artifact_id"):
            raise InvalidArgumentError("No artifact id is specified.")
        if not message.HasField("execution_id"):
            raise InvalidArgumentError("No execution id is specified.")
    events = [event_of(message, message.artifact_id, message.execution_id) for message in request.events]
    write_edges(call, events)
    return service_pb.PutEventsResponse()


def get_events_by_execution_ids(call: Call, request: service_pb.GetEventsByExecutionIDsRequest) -> Message:
    """Return the events of executions, one execution after the other, each oldest first; none for an unknown id."""
    events = call.store.events(executions=[ExecutionId(id_) for id_ in unique(request.execution_ids)])
    # As ML Metadata finds them: by its index of executions, in which events stand in the order they came.
    events = sorted(events, key=lambda event: event.execution_id)
    response = service_pb.GetEventsByExecutionIDsResponse()
    write_events(events, response.events)
    return response


def get_events_by_artifact_ids(call: Call, request: service_pb.GetEventsByArtifactIDsRequest) -> Message:
    """Return the events of artifacts, by artifact, execution and type; none for an unknown id."""
    events = call.store.events(artifacts=[ArtifactId(id_) for id_ in unique(request.artifact_ids)])
    # As ML Metadata finds them: by the unique key of its table.
    events = sorted(events, key=lambda event: (event.artifact_id, event.execution_id, event.type.value))
    response = service_pb.GetEventsByArtifactIDsResponse()
    write_events(events, response.events)
    return response


def event_of(message: Any, artifact_id: int, execution_id: int) -> Event:
    """Return the record of an event between these nodes."""
    return Event(artifact_id=ArtifactId(artifact_id), execution_id=ExecutionId(execution_id), **facts_of(message))


class Facts(TypedDict):
    """What an event says beside the nodes that it is between."""

    type: EventType
    path: tuple[str | int, ...]
    time: Micros | None


def facts_of(message: Any) -> Facts:
    """Return type, path and time of an event. A step of a path that is neither index nor key is left out."""
    check_event_type(message)
    path: tuple[str | int, ...] = ()
    if message.HasField("path"):
        steps = [(step, step.WhichOneof("value")) for step in message.path.steps]
        path = tuple(getattr(step, which) for step, which in steps if which is not None)
    time = message.milliseconds_since_epoch * MILLISECOND if message.HasField("milliseconds_since_epoch") else None
    if time is not None and not -INT64_MAX <= time <= INT64_MAX:
        raise InvalidArgumentError(f"milliseconds_since_epoch {message.milliseconds_since_epoch} is out of range.")
    return {"type": _TYPES[message.type], "path": path, "time": None if time is None else Micros(time)}


def check_event_type(message: Any) -> None:
    """Refuse an event without a type."""
    if message.type not in _TYPES or _TYPES[message.type] is EventType.UNKNOWN:
        raise InvalidArgumentError("No event type is specified.")


def write_events(events: Iterable[Event], target: Any) -> None:
    """Add stored events to the field of an answer."""
    for event in events:
        message = target.add(
            artifact_id=event.artifact_id,
            execution_id=event.execution_id,
            type=event.type.value,
            milliseconds_since_epoch=(event.time or 0) // MILLISECOND,
        )
        for step in event.path:
            if isinstance(step, int):
                message.path.steps.add(index=step)
            else:
                message.path.steps.add(key=step)


def write_edges(call: Call, edges: Sequence[Edge]) -> None:
    """Write edges; what contradicts time is kept and noted in the ledger, as ML Metadata's users expect."""
    try:
        call.store.put_edges(edges, by=call.by, causality=Causality.FLAG)
    except AlreadyExists as error:
        raise AlreadyExistsError(f"Given event already exists: {error.message}") from error
    except NotFound as error:
        raise InvalidArgumentError(_missing(call, edges) or error.message) from error


def _missing(call: Call, edges: Sequence[Edge]) -> str | None:
    """Return what ML Metadata says of the first node that an edge touches and that is not there."""
    events = [edge for edge in edges if isinstance(edge, Event)]
    for kind, ids in (
        (ARTIFACT, unique(event.artifact_id for event in events)),
        (EXECUTION, unique(event.execution_id for event in events)),
    ):
        found = {node.id for node in call.store.get(kind.model, ids, existing=True)}
        missing = [id_ for id_ in ids if id_ not in found]
        if missing:
            return f"No {kind.word} with the given id {missing[0]}"
    return None


HANDLERS: dict[str, Handler] = {
    "PutEvents": put_events,
    "GetEventsByExecutionIDs": get_events_by_execution_ids,
    "GetEventsByArtifactIDs": get_events_by_artifact_ids,
}
