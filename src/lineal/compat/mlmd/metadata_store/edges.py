"""The methods of `MetadataStore` about edges: events, attributions, associations, parent contexts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lineal.compat.mlmd.metadata_store.calling import Calling, ExtraOptions
from lineal.compat.mlmd.metadata_store.listing import ListOptions, OrderByField
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2


class EdgeMethods(Calling):
    """Edges, and the nodes that they lead to."""

    # put -----------------------------------------------------------------------------------------
    def put_events(self, events: Sequence[pb.Event], extra_options: ExtraOptions | None = None) -> None:
        """Put events between stored nodes; they never change. Raises AlreadyExistsError where one is there already."""
        request = service_pb2.PutEventsRequest()
        request.events.extend(events)
        self._answer("PutEvents", request)

    def put_attributions_and_associations(
        self,
        attributions: Sequence[pb.Attribution],
        associations: Sequence[pb.Association],
        extra_options: ExtraOptions | None = None,
    ) -> None:
        """Put artifacts and executions into contexts. What is there already is no change."""
        request = service_pb2.PutAttributionsAndAssociationsRequest()
        request.attributions.extend(attributions)
        request.associations.extend(associations)
        self._answer("PutAttributionsAndAssociations", request)

    def put_parent_contexts(
        self, parent_contexts: Sequence[pb.ParentContext], extra_options: ExtraOptions | None = None
    ) -> None:
        """Put contexts below others. Raises AlreadyExistsError for a repeat, InvalidArgumentError for a cycle."""
        request = service_pb2.PutParentContextsRequest()
        request.parent_contexts.extend(parent_contexts)
        self._answer("PutParentContexts", request)

    # get -----------------------------------------------------------------------------------------
    def get_events_by_execution_ids(
        self, execution_ids: Iterable[int], extra_options: ExtraOptions | None = None
    ) -> list[pb.Event]:
        """Return every event of these executions."""
        request = service_pb2.GetEventsByExecutionIDsRequest()
        request.execution_ids.extend(execution_ids)
        return list(self._answer("GetEventsByExecutionIDs", request).events)

    def get_events_by_artifact_ids(
        self, artifact_ids: Iterable[int], extra_options: ExtraOptions | None = None
    ) -> list[pb.Event]:
        """Return every event of these artifacts."""
        request = service_pb2.GetEventsByArtifactIDsRequest()
        request.artifact_ids.extend(artifact_ids)
        return list(self._answer("GetEventsByArtifactIDs", request).events)

    def get_artifacts_by_context(
        self, context_id: int, list_options: ListOptions | None = None, extra_options: ExtraOptions | None = None
    ) -> list[pb.Artifact]:
        """Return the artifacts of a context, by id unless the options say otherwise."""
        request = service_pb2.GetArtifactsByContextRequest()
        request.context_id = context_id
        return self._list("GetArtifactsByContext", "artifacts", request, list_options)

    def get_executions_by_context(
        self, context_id: int, list_options: ListOptions | None = None, extra_options: ExtraOptions | None = None
    ) -> list[pb.Execution]:
        """Return the executions of a context, the newest first unless the options say otherwise."""
        request = service_pb2.GetExecutionsByContextRequest()
        request.context_id = context_id
        newest_first = ListOptions(order_by=OrderByField.CREATE_TIME, is_asc=False)
        return self._list("GetExecutionsByContext", "executions", request, list_options or newest_first)

    def get_contexts_by_artifact(self, artifact_id: int, extra_options: ExtraOptions | None = None) -> list[pb.Context]:
        """Return the contexts that an artifact is attributed to."""
        request = service_pb2.GetContextsByArtifactRequest()
        request.artifact_id = artifact_id
        return list(self._answer("GetContextsByArtifact", request).contexts)

    def get_contexts_by_execution(
        self, execution_id: int, extra_options: ExtraOptions | None = None
    ) -> list[pb.Context]:
        """Return the contexts that an execution is associated with."""
        request = service_pb2.GetContextsByExecutionRequest()
        request.execution_id = execution_id
        return list(self._answer("GetContextsByExecution", request).contexts)

    def get_parent_contexts_by_context(
        self, context_id: int, extra_options: ExtraOptions | None = None
    ) -> list[pb.Context]:
        """Return the contexts right above a context."""
        request = service_pb2.GetParentContextsByContextRequest()
        request.context_id = context_id
        return list(self._answer("GetParentContextsByContext", request).contexts)

    def get_children_contexts_by_context(
        self, context_id: int, extra_options: ExtraOptions | None = None
    ) -> list[pb.Context]:
        """Return the contexts right below a context."""
        request = service_pb2.GetChildrenContextsByContextRequest()
        request.context_id = context_id
        return list(self._answer("GetChildrenContextsByContext", request).contexts)
