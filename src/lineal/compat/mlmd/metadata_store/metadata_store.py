"""`MetadataStore`: ML Metadata's 49 methods on a Lineal store or on any server that speaks ML Metadata's gRPC."""

from __future__ import annotations

import time

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.connect import connect, refuse_foreign
from lineal.compat.mlmd.metadata_store.calling import ExtraOptions
from lineal.compat.mlmd.metadata_store.edges import EdgeMethods
from lineal.compat.mlmd.metadata_store.lineage import LineageMethods
from lineal.compat.mlmd.metadata_store.listing import ListOptions, OrderByField
from lineal.compat.mlmd.metadata_store.nodes import NodeMethods
from lineal.compat.mlmd.metadata_store.publishing import PublishingMethods
from lineal.compat.mlmd.metadata_store.types import TypeMethods
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.remote import MAX_NUM_RESULT

__all__ = ["MAX_NUM_RESULT", "ExtraOptions", "ListOptions", "MetadataStore", "OrderByField", "downgrade_schema"]

_ATTEMPTS = 5
_SCHEMA_VERSION = 10


class MetadataStore(TypeMethods, NodeMethods, PublishingMethods, EdgeMethods, LineageMethods):
    """A store of artifacts, executions, contexts and what connects them. Safe to use from several threads.

    >>> from lineal.compat import mlmd
    >>> from lineal.compat.mlmd.proto import metadata_store_pb2
    >>> config = metadata_store_pb2.ConnectionConfig()
    >>> config.fake_database.SetInParent()
    >>> store = mlmd.MetadataStore(config)
    >>> type_id = store.put_artifact_type(metadata_store_pb2.ArtifactType(name="DataSet"))
    >>> ids = store.put_artifacts([metadata_store_pb2.Artifact(type_id=type_id, uri="flights.csv")])
    >>> [artifact.uri for artifact in store.get_artifacts_by_id(ids)]
    ['flights.csv']
    """

    def __init__(
        self,
        config: pb.ConnectionConfig | pb.MetadataStoreClientConfig,
        enable_upgrade_migration: bool = False,
    ) -> None:
        """Open what the configuration names; see `lineal.compat.mlmd.connect` for what is raised."""
        self._connection = connect(config, enable_upgrade_migration=enable_upgrade_migration)
        self._wait = time.sleep
        self._max_num_retries = _ATTEMPTS
        if isinstance(config, pb.ConnectionConfig) and config.HasField("retry_options"):
            self._max_num_retries = config.retry_options.max_num_retries

    @property
    def pipeline_asset(self) -> None:
        """None: ML Metadata has it for pipelines that an older TFX owned."""


def downgrade_schema(config: pb.ConnectionConfig, downgrade_to_schema_version: int) -> None:
    """Check that a store is at schema version 10, which is what ML Metadata's last releases have and Lineal speaks.

    A Lineal store has no older version: FailedPreconditionError; `lineal export mlmd` writes a database of its own.
    Raises InvalidArgumentError for a version that never was, RuntimeError for a database that is ML Metadata's own.
    """
    if downgrade_to_schema_version < 0:
        raise errors.InvalidArgumentError("downgrade_to_schema_version not specified")
    if downgrade_to_schema_version > _SCHEMA_VERSION:
        raise errors.InvalidArgumentError(
            f"MLMD cannot be downgraded to schema_version: {downgrade_to_schema_version}. The target version should be "
            f"greater or equal to 0, and not above {_SCHEMA_VERSION}."
        )
    refuse_foreign(config)
    if downgrade_to_schema_version < _SCHEMA_VERSION:
        raise errors.FailedPreconditionError(
            f"A Lineal store cannot be downgraded to schema_version: {downgrade_to_schema_version}. "
            "`lineal export mlmd FILE` writes a database for ML Metadata."
        )
