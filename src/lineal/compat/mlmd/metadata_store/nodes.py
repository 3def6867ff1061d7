"""The methods of `MetadataStore` that put and get nodes: artifacts, executions and contexts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lineal.compat.mlmd.metadata_store.calling import ExtraOptions, copied, masked
from lineal.compat.mlmd.metadata_store.declaring import Declaring
from lineal.compat.mlmd.metadata_store.listing import ListOptions
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2


class NodeMethods(Declaring):
    """Artifacts, executions and contexts, by themselves."""

    # artifacts ---------------------------------------------------------------------------------
    def put_artifacts(
        self,
        artifacts: Sequence[pb.Artifact],
        field_mask_paths: Sequence[str] | None = None,
        extra_options: ExtraOptions | None = None,
    ) -> list[int]:
        """Return the ids of artifacts, inserted or, with an id, updated; all or none.

        An update replaces everything but id, name, type and create time: what is not given is erased. With
        `field_mask_paths` only these fields change (`properties.rows` is one property).
        """
        request = masked(service_pb2.PutArtifactsRequest(), field_mask_paths)
        copied(artifacts, into=request.artifacts)
        return list(self._put("PutArtifacts", request, {"Artifact": request.artifacts}).artifact_ids)

    def get_artifacts(
        self, list_options: ListOptions | None = None, extra_options: ExtraOptions | None = None
    ) -> list[pb.Artifact]:
        """Return artifacts, all or those that the options name."""
        return self._list("GetArtifacts", "artifacts", service_pb2.GetArtifactsRequest(), list_options)

    def get_artifacts_by_id(
        self, artifact_ids: Iterable[int], extra_options: ExtraOptions | None = None
    ) -> list[pb.Artifact]:
        """Return those of these artifacts that exist."""
        request = service_pb2.GetArtifactsByIDRequest()
        request.artifact_ids.extend(artifact_ids)
        return list(self._answer("GetArtifactsByID", request).artifacts)

    def get_artifacts_by_type(
        self, type_name: str, type_version: str | None = None, extra_options: ExtraOptions | None = None
    ) -> list[pb.Artifact]:
        """Return the artifacts of a type, [] where there is no such type."""
        request = service_pb2.GetArtifactsByTypeRequest(type_version=type_version)
        request.type_name = type_name
        return list(self._answer("GetArtifactsByType", request).artifacts)

    def get_artifact_by_type_and_name(
        self,
        type_name: str,
        artifact_name: str,
        type_version: str | None = None,
        extra_options: ExtraOptions | None = None,
    ) -> pb.Artifact | None:
        """Return the artifact of this name, or None."""
        request = service_pb2.GetArtifactByTypeAndNameRequest(type_version=type_version)
        request.type_name = type_name
        request.artifact_name = artifact_name
        answer = self._answer("GetArtifactByTypeAndName", request)
        return answer.artifact if answer.HasField("artifact") else None

    def get_artifacts_by_external_ids(
        self, external_ids: Iterable[str], extra_options: ExtraOptions | None = None
    ) -> list[pb.Artifact]:
        """Return the artifacts with these external ids. Raises NotFoundError if there is none."""
        request = service_pb2.GetArtifactsByExternalIdsRequest(external_ids=external_ids)
        return list(self._answer("GetArtifactsByExternalIds", request).artifacts)

    def get_artifacts_by_uri(self, uri: str, extra_options: ExtraOptions | None = None) -> list[pb.Artifact]:
        """Return the artifacts with this URI."""
        return list(self._answer("GetArtifactsByURI", service_pb2.GetArtifactsByURIRequest(uris=[uri])).artifacts)

    def get_artifacts_and_types_by_artifact_ids(
        self, artifact_ids: Iterable[int], extra_options: ExtraOptions | None = None
    ) -> tuple[list[pb.Artifact], list[pb.ArtifactType]]:
        """Return those of these artifacts that exist, and their types."""
        request = service_pb2.GetArtifactsByIDRequest(populate_artifact_types=True)
        request.artifact_ids.extend(artifact_ids)
        answer = self._answer("GetArtifactsByID", request)
        return list(answer.artifacts), list(answer.artifact_types)

    # executions --------------------------------------------------------------------------------
    def put_executions(
        self,
        executions: Sequence[pb.Execution],
        field_mask_paths: Sequence[str] | None = None,
        extra_options: ExtraOptions | None = None,
    ) -> list[int]:
        """Return the ids of executions, inserted or, with an id, updated; all or none.

        An update replaces everything but id, name, type and create time: what is not given is erased. With
        `field_mask_paths` only these fields change (`properties.rows` is one property).
        """
        request = masked(service_pb2.PutExecutionsRequest(), field_mask_paths)
        copied(executions, into=request.executions)
        return list(self._put("PutExecutions", request, {"Execution": request.executions}).execution_ids)

    def get_executions(
        self, list_options: ListOptions | None = None, extra_options: ExtraOptions | None = None
    ) -> list[pb.Execution]:
        """Return executions, all or those that the options name."""
        return self._list("GetExecutions", "executions", service_pb2.GetExecutionsRequest(), list_options)

    def get_executions_by_id(
        self, execution_ids: Iterable[int], extra_options: ExtraOptions | None = None
    ) -> list[pb.Execution]:
        """Return those of these executions that exist."""
        request = service_pb2.GetExecutionsByIDRequest()
        request.execution_ids.extend(execution_ids)
        return list(self._answer("GetExecutionsByID", request).executions)

    def get_executions_by_type(
        self, type_name: str, type_version: str | None = None, extra_options: ExtraOptions | None = None
    ) -> list[pb.Execution]:
        """Return the executions of a type, [] where there is no such type."""
        request = service_pb2.GetExecutionsByTypeRequest(type_version=type_version)
        request.type_name = type_name
        return list(self._answer("GetExecutionsByType", request).executions)

    def get_execution_by_type_and_name(
        self,
        type_name: str,
        execution_name: str,
        type_version: str | None = None,
        extra_options: ExtraOptions | None = None,
    ) -> pb.Execution | None:
        """Return the execution of this name, or None."""
        request = service_pb2.GetExecutionByTypeAndNameRequest(type_version=type_version)
        request.type_name = type_name
        request.execution_name = execution_name
        answer = self._answer("GetExecutionByTypeAndName", request)
        return answer.execution if answer.HasField("execution") else None

    def get_executions_by_external_ids(
        self, external_ids: Iterable[str], extra_options: ExtraOptions | None = None
    ) -> list[pb.Execution]:
        """Return the executions with these external ids. Raises NotFoundError if there is none."""
        request = service_pb2.GetExecutionsByExternalIdsRequest(external_ids=external_ids)
        return list(self._answer("GetExecutionsByExternalIds", request).executions)

    # contexts ----------------------------------------------------------------------------------
    def put_contexts(
        self,
        contexts: Sequence[pb.Context],
        field_mask_paths: Sequence[str] | None = None,
        extra_options: ExtraOptions | None = None,
    ) -> list[int]:
        """Return the ids of contexts, inserted or, with an id, updated; all or none.

        An update replaces everything but id, name, type and create time: what is not given is erased. With
        `field_mask_paths` only these fields change (`properties.rows` is one property).
        """
        request = masked(service_pb2.PutContextsRequest(), field_mask_paths)
        copied(contexts, into=request.contexts)
        return list(self._put("PutContexts", request, {"Context": request.contexts}).context_ids)

    def get_contexts(
        self, list_options: ListOptions | None = None, extra_options: ExtraOptions | None = None
    ) -> list[pb.Context]:
        """Return contexts, all or those that the options name."""
        return self._list("GetContexts", "contexts", service_pb2.GetContextsRequest(), list_options)

    def get_contexts_by_id(
        self, context_ids: Iterable[int], extra_options: ExtraOptions | None = None
    ) -> list[pb.Context]:
        """Return those of these contexts that exist."""
        request = service_pb2.GetContextsByIDRequest()
        request.context_ids.extend(context_ids)
        return list(self._answer("GetContextsByID", request).contexts)

    def get_contexts_by_type(
        self, type_name: str, type_version: str | None = None, extra_options: ExtraOptions | None = None
    ) -> list[pb.Context]:
        """Return the contexts of a type, [] where there is no such type."""
        request = service_pb2.GetContextsByTypeRequest(type_version=type_version)
        request.type_name = type_name
        return list(self._answer("GetContextsByType", request).contexts)

    def get_context_by_type_and_name(
        self,
        type_name: str,
        context_name: str,
        type_version: str | None = None,
        extra_options: ExtraOptions | None = None,
    ) -> pb.Context | None:
        """Return the context of this name, or None."""
        request = service_pb2.GetContextByTypeAndNameRequest(type_version=type_version)
        request.type_name = type_name
        request.context_name = context_name
        answer = self._answer("GetContextByTypeAndName", request)
        return answer.context if answer.HasField("context") else None

    def get_contexts_by_external_ids(
        self, external_ids: Iterable[str], extra_options: ExtraOptions | None = None
    ) -> list[pb.Context]:
        """Return the contexts with these external ids. Raises NotFoundError if there is none."""
        request = service_pb2.GetContextsByExternalIdsRequest(external_ids=external_ids)
        return list(self._answer("GetContextsByExternalIds", request).contexts)
