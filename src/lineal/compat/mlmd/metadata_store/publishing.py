"""The methods of `MetadataStore` that put nodes and the edges between them in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lineal.compat.mlmd.metadata_store.calling import ExtraOptions, copied
from lineal.compat.mlmd.metadata_store.declaring import Declaring
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2


class PublishingMethods(Declaring):
    """A whole execution, or a whole subgraph, at once."""

    def put_execution(
        self,
        execution: pb.Execution,
        artifact_and_events: Sequence[tuple[pb.Artifact, pb.Event | None]],
        contexts: Sequence[pb.Context] | None,
        reuse_context_if_already_exist: bool = False,
        reuse_artifact_if_already_exist_by_external_id: bool = False,
        force_reuse_context: bool = False,
        force_update_time: bool = False,
        extra_options: ExtraOptions | None = None,
    ) -> tuple[int, list[int], list[int]]:
        """Return the ids of an execution, its artifacts and its contexts, put with the edges between them, or nothing.

        To use a stored artifact as it is, leave it out and name its id in the event: `(None, Event(artifact_id=7))`.
        With the artifact, `Artifact(id=7)`, it is updated, and everything that is not given is erased. Every artifact
        is attributed to every context.
        """
        options = service_pb2.PutExecutionRequest.Options(
            reuse_context_if_already_exist=reuse_context_if_already_exist,
            reuse_artifact_if_already_exist_by_external_id=reuse_artifact_if_already_exist_by_external_id,
            force_update_time=force_update_time,
            force_reuse_context=force_reuse_context,
        )
        request = service_pb2.PutExecutionRequest(options=options)
        if execution is not None:  # the service says what is missing
            request.execution.CopyFrom(execution)
        copied(contexts or (), into=request.contexts)
        for pair in artifact_and_events:
            if pair:
                artifact, event = (*pair, None)[:2]
                target = request.artifact_event_pairs.add(event=event)
                if artifact is not None:
                    target.artifact.CopyFrom(artifact)
        artifacts = [pair.artifact for pair in request.artifact_event_pairs]
        nodes: dict[str, Sequence[Any]] = {
            "Execution": [request.execution],
            "Artifact": artifacts,
            "Context": request.contexts,
        }
        answer = self._put("PutExecution", request, nodes)
        return answer.execution_id, list(answer.artifact_ids), list(answer.context_ids)

    def put_lineage_subgraph(
        self,
        executions: Sequence[pb.Execution],
        artifacts: Sequence[pb.Artifact],
        contexts: Sequence[pb.Context],
        event_edges: Sequence[tuple[int | None, int | None, pb.Event]],
        reuse_context_if_already_exist: bool = False,
        reuse_artifact_if_already_exist_by_external_id: bool = False,
        extra_options: ExtraOptions | None = None,
    ) -> tuple[list[int], list[int], list[int]]:
        """Return the ids of executions, artifacts and contexts, put with the events between them, or nothing.

        An event edge is (index of the execution, index of the artifact, event); where an index is None the event names
        the id of a stored node. Every node belongs to every context.
        """
        options = service_pb2.PutLineageSubgraphRequest.Options(
            reuse_context_if_already_exist=reuse_context_if_already_exist,
            reuse_artifact_if_already_exist_by_external_id=reuse_artifact_if_already_exist_by_external_id,
        )
        request = service_pb2.PutLineageSubgraphRequest(options=options)
        copied(executions or (), into=request.executions)
        copied(artifacts or (), into=request.artifacts)
        copied(contexts or (), into=request.contexts)
        for execution_index, artifact_index, event in event_edges:
            request.event_edges.add(execution_index=execution_index, artifact_index=artifact_index, event=event)
        nodes: dict[str, Sequence[Any]] = {
            "Execution": request.executions,
            "Artifact": request.artifacts,
            "Context": request.contexts,
        }
        answer = self._put("PutLineageSubgraph", request, nodes)
        return list(answer.execution_ids), list(answer.artifact_ids), list(answer.context_ids)
