"""PutArtifacts, PutExecutions, PutContexts."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from google.protobuf.message import Message

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.call import Call, Handler
from lineal.compat.mlmd.service.kinds import ARTIFACT, CONTEXT, EXECUTION, Kind
from lineal.compat.mlmd.service.puts import Puts


def put_artifacts(call: Call, request: service_pb.PutArtifactsRequest) -> Message:
    """Insert artifacts, and replace those with an id; see `Puts`."""
    unchanged = request.options.abort_if_latest_updated_time_changed
    ids = _put(call, ARTIFACT, request.artifacts, request, unchanged_since=unchanged)
    return service_pb.PutArtifactsResponse(artifact_ids=ids)


def put_executions(call: Call, request: service_pb.PutExecutionsRequest) -> Message:
    """Insert executions, and replace those with an id."""
    return service_pb.PutExecutionsResponse(execution_ids=_put(call, EXECUTION, request.executions, request))


def put_contexts(call: Call, request: service_pb.PutContextsRequest) -> Message:
    """Insert contexts, and replace those with an id."""
    return service_pb.PutContextsResponse(context_ids=_put(call, CONTEXT, request.contexts, request))


def _put(call: Call, kind: Kind, messages: Any, request: Any, *, unchanged_since: bool = False) -> list[int]:
    paths = list(request.update_mask.paths)
    updates = any(message.HasField("id") for message in messages)
    # What is only inserted needs no read, so the one write is its own transaction.
    with call.store.batch(by=call.by) if updates else nullcontext():
        puts = Puts(call)
        puts.know_nodes(kind, messages)
        places = [puts.add(kind, message, paths=paths, unchanged_since=unchanged_since) for message in messages]
        puts.write()
        return [puts.id_at(place) for place in places]


HANDLERS: dict[str, Handler] = {
    "PutArtifacts": put_artifacts,
    "PutExecutions": put_executions,
    "PutContexts": put_contexts,
}
