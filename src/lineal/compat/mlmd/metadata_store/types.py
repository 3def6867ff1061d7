"""The methods of `MetadataStore` that put and get types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lineal.compat.mlmd.metadata_store.calling import Calling, ExtraOptions, copied
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2


class TypeMethods(Calling):
    """Types: a kind, a name, a version, and the properties that nodes of the type may have."""

    # artifact types ----------------------------------------------------------------------
    def put_artifact_type(
        self,
        artifact_type: pb.ArtifactType,
        can_add_fields: bool = False,
        can_omit_fields: bool = False,
        extra_options: ExtraOptions | None = None,
    ) -> int:
        """Return the id of an artifact type, new or the one it has.

        Raises AlreadyExistsError where the stored type has other properties, unless the flags allow to add some to it
        or to leave some of its out.
        """
        request = service_pb2.PutArtifactTypeRequest(
            artifact_type=artifact_type, can_add_fields=can_add_fields, can_omit_fields=can_omit_fields
        )
        return int(self._answer("PutArtifactType", request).type_id)

    def put_artifact_types(
        self,
        artifact_types: Sequence[pb.ArtifactType],
        can_add_fields: bool = False,
        can_omit_fields: bool = False,
        extra_options: ExtraOptions | None = None,
    ) -> list[int]:
        """Return the ids of several artifact types, put in one transaction. ML Metadata itself has no such method."""
        request = service_pb2.PutTypesRequest(can_add_fields=can_add_fields, can_omit_fields=can_omit_fields)
        copied(artifact_types, into=request.artifact_types)
        return list(self._answer("PutTypes", request).artifact_type_ids)

    def get_artifact_type(
        self, type_name: str, type_version: str | None = None, extra_options: ExtraOptions | None = None
    ) -> pb.ArtifactType:
        """Return the type of this name and version, or raise NotFoundError."""
        request = service_pb2.GetArtifactTypeRequest(type_version=type_version)
        request.type_name = type_name
        found: pb.ArtifactType = self._answer("GetArtifactType", request).artifact_type
        return found

    def get_artifact_types(self, extra_options: ExtraOptions | None = None) -> list[pb.ArtifactType]:
        """Return all artifact types but ML Metadata's own simple ones."""
        return list(self._answer("GetArtifactTypes", service_pb2.GetArtifactTypesRequest()).artifact_types)

    def get_artifact_types_by_id(
        self, type_ids: Iterable[int], extra_options: ExtraOptions | None = None
    ) -> list[pb.ArtifactType]:
        """Return those of these types that exist."""
        request = service_pb2.GetArtifactTypesByIDRequest()
        request.type_ids.extend(type_ids)
        return list(self._answer("GetArtifactTypesByID", request).artifact_types)

    def get_artifact_types_by_external_ids(
        self, external_ids: Iterable[str], extra_options: ExtraOptions | None = None
    ) -> list[pb.ArtifactType]:
        """Return the types with these external ids. Raises NotFoundError if there is none."""
        request = service_pb2.GetArtifactTypesByExternalIdsRequest(external_ids=external_ids)
        return list(self._answer("GetArtifactTypesByExternalIds", request).artifact_types)

    # execution types ---------------------------------------------------------------------
    def put_execution_type(
        self,
        execution_type: pb.ExecutionType,
        can_add_fields: bool = False,
        can_omit_fields: bool = False,
        extra_options: ExtraOptions | None = None,
    ) -> int:
        """Return the id of an execution type, new or the one it has.

        Raises AlreadyExistsError where the stored type has other properties, unless the flags allow to add some to it
        or to leave some of its out.
        """
        request = service_pb2.PutExecutionTypeRequest(can_add_fields=can_add_fields, can_omit_fields=can_omit_fields)
        request.execution_type.CopyFrom(execution_type)
        return int(self._answer("PutExecutionType", request).type_id)

    def put_execution_types(
        self,
        execution_types: Sequence[pb.ExecutionType],
        can_add_fields: bool = False,
        can_omit_fields: bool = False,
        extra_options: ExtraOptions | None = None,
    ) -> list[int]:
        """Return the ids of several execution types, put in one transaction. ML Metadata itself has no such method."""
        request = service_pb2.PutTypesRequest(can_add_fields=can_add_fields, can_omit_fields=can_omit_fields)
        copied(execution_types, into=request.execution_types)
        return list(self._answer("PutTypes", request).execution_type_ids)

    def get_execution_type(
        self, type_name: str, type_version: str | None = None, extra_options: ExtraOptions | None = None
    ) -> pb.ExecutionType:
        """Return the type of this name and version, or raise NotFoundError."""
        request = service_pb2.GetExecutionTypeRequest(type_version=type_version)
        request.type_name = type_name
        found: pb.ExecutionType = self._answer("GetExecutionType", request).execution_type
        return found

    def get_execution_types(self, extra_options: ExtraOptions | None = None) -> list[pb.ExecutionType]:
        """Return all execution types but ML Metadata's own simple ones."""
        return list(self._answer("GetExecutionTypes", service_pb2.GetExecutionTypesRequest()).execution_types)

    def get_execution_types_by_id(
        self, type_ids: Iterable[int], extra_options: ExtraOptions | None = None
    ) -> list[pb.ExecutionType]:
        """Return those of these types that exist."""
        request = service_pb2.GetExecutionTypesByIDRequest()
        request.type_ids.extend(type_ids)
        return list(self._answer("GetExecutionTypesByID", request).execution_types)

    def get_execution_types_by_external_ids(
        self, external_ids: Iterable[str], extra_options: ExtraOptions | None = None
    ) -> list[pb.ExecutionType]:
        """Return the types with these external ids. Raises NotFoundError if there is none."""
        request = service_pb2.GetExecutionTypesByExternalIdsRequest(external_ids=external_ids)
        return list(self._answer("GetExecutionTypesByExternalIds", request).execution_types)

    # context types -----------------------------------------------------------------------
    def put_context_type(
        self,
        context_type: pb.ContextType,
        can_add_fields: bool = False,
        can_omit_fields: bool = False,
        extra_options: ExtraOptions | None = None,
    ) -> int:
        """Return the id of a context type, new or the one it has.

        Raises AlreadyExistsError where the stored type has other properties, unless the flags allow to add some to it
        or to leave some of its out.
        """
        request = service_pb2.PutContextTypeRequest(
            context_type=context_type, can_add_fields=can_add_fields, can_omit_fields=can_omit_fields
        )
        return int(self._answer("PutContextType", request).type_id)

    def put_context_types(
        self,
        context_types: Sequence[pb.ContextType],
        can_add_fields: bool = False,
        can_omit_fields: bool = False,
        extra_options: ExtraOptions | None = None,
    ) -> list[int]:
        """Return the ids of several context types, put in one transaction. ML Metadata itself has no such method."""
        request = service_pb2.PutTypesRequest(can_add_fields=can_add_fields, can_omit_fields=can_omit_fields)
        copied(context_types, into=request.context_types)
        return list(self._answer("PutTypes", request).context_type_ids)

    def get_context_type(
        self, type_name: str, type_version: str | None = None, extra_options: ExtraOptions | None = None
    ) -> pb.ContextType:
        """Return the type of this name and version, or raise NotFoundError."""
        request = service_pb2.GetContextTypeRequest(type_version=type_version)
        request.type_name = type_name
        found: pb.ContextType = self._answer("GetContextType", request).context_type
        return found

    def get_context_types(self, extra_options: ExtraOptions | None = None) -> list[pb.ContextType]:
        """Return all context types but ML Metadata's own simple ones."""
        return list(self._answer("GetContextTypes", service_pb2.GetContextTypesRequest()).context_types)

    def get_context_types_by_id(
        self, type_ids: Iterable[int], extra_options: ExtraOptions | None = None
    ) -> list[pb.ContextType]:
        """Return those of these types that exist."""
        request = service_pb2.GetContextTypesByIDRequest()
        request.type_ids.extend(type_ids)
        return list(self._answer("GetContextTypesByID", request).context_types)

    def get_context_types_by_external_ids(
        self, external_ids: Iterable[str], extra_options: ExtraOptions | None = None
    ) -> list[pb.ContextType]:
        """Return the types with these external ids. Raises NotFoundError if there is none."""
        request = service_pb2.GetContextTypesByExternalIdsRequest(external_ids=external_ids)
        return list(self._answer("GetContextTypesByExternalIds", request).context_types)
