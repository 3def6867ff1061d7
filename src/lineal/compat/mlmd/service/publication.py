"""A PutExecution that inserts everything, as one publication: one verb of the store in the place of several.

What the store refuses is put again step by step, which says what ML Metadata says.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.call import Call
from lineal.compat.mlmd.service.events import facts_of
from lineal.compat.mlmd.service.kinds import ARTIFACT, CONTEXT, EXECUTION
from lineal.compat.mlmd.service.puts import Puts
from lineal.errors import AlreadyExists, InvalidArgument, NotFound
from lineal.model.ids import ArtifactId
from lineal.model.publication import Causality, Publication, Use


def published(call: Call, request: service_pb.PutExecutionRequest) -> Message | None:
    """Return the answer, or None where nothing was written because this request needs more than a publication."""
    if not _is_plain(request):
        return None
    try:
        found = call.store.publish(_publication(call, request), by=call.by)
    except (AlreadyExists, InvalidArgument, NotFound):
        return None
    return service_pb.PutExecutionResponse(
        execution_id=found.execution_id, artifact_ids=found.artifact_ids, context_ids=found.context_ids
    )


def _is_plain(request: service_pb.PutExecutionRequest) -> bool:
    """Return whether nothing is updated, events name no new node, and contexts of a name are taken for the same."""
    if request.execution.HasField("id") or (request.contexts and not request.options.reuse_context_if_already_exist):
        return False
    for pair in request.artifact_event_pairs:
        if not pair.HasField("event") or pair.event.HasField("execution_id"):
            return False
        if pair.HasField("artifact") and (
            pair.event.HasField("artifact_id") or pair.artifact.HasField("id") or pair.artifact.HasField("external_id")
        ):
            return False
    return all(
        context.name and context.HasField("type_id") and not context.HasField("id") for context in request.contexts
    )


def _publication(call: Call, request: service_pb.PutExecutionRequest) -> Publication:
    puts = Puts(call)
    return Publication(
        execution=puts.fresh(EXECUTION, request.execution),
        uses=[_use(puts, pair) for pair in request.artifact_event_pairs],
        contexts=[puts.fresh(CONTEXT, context) for context in request.contexts],
        causality=Causality.FLAG,
        all_join=True,
        reuse=False,
    )


def _use(puts: Puts, pair: Any) -> Use:
    artifact = puts.fresh(ARTIFACT, pair.artifact) if pair.HasField("artifact") else ArtifactId(pair.event.artifact_id)
    return Use(artifact=artifact, **facts_of(pair.event))
