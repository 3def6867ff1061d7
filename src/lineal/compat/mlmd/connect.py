"""From ML Metadata's configurations to a connection: a Lineal store in this process, or a channel to a server.

What cannot be opened is a RuntimeError, what is no configuration a ValueError: ML Metadata's own choice of errors.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from google.protobuf.message import Message

from lineal.compat.mlmd.connection import Connection
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.reading import reading_only
from lineal.compat.mlmd.remote import Remote
from lineal.compat.mlmd.service import EVERYTHING, Service
from lineal.compat.mlmd.service.failures import hint_of, status_of
from lineal.compat.mlmd.urls import may_create_database, url_of
from lineal.errors import LinealError, NotALinealStore
from lineal.store.location import Location, check_place, locate
from lineal.store.migrations.head import HEAD, KNOWN
from lineal.store.open import open_store, schema_version
from lineal.store.protocol import Store

_SQLITE = pb.SqliteMetadataSourceConfig


def connect(
    config: pb.ConnectionConfig | pb.MetadataStoreClientConfig, *, enable_upgrade_migration: bool
) -> Connection:
    """Return a connection to what the configuration names.

    Raises ValueError for anything that is no configuration, or an upgrade asked of a server; RuntimeError where a
    store cannot be opened, is not Lineal's, or is of another schema and may not be upgraded.
    """
    if isinstance(config, pb.ConnectionConfig):
        return _local(config, may_upgrade=enable_upgrade_migration)
    if not isinstance(config, pb.MetadataStoreClientConfig):
        raise ValueError(  # noqa: TRY004  given
            "MetadataStore is expecting either proto.ConnectionConfig or proto.MetadataStoreClientConfig, "
            f"and got {type(config).__name__}"
        )
    if enable_upgrade_migration:
        raise ValueError(
            "Upgrade migration is not allowed when using gRPC connection client. Upgrade the store at the server: "
            "`lineal upgrade`"
        )
    return Remote(config)


def refuse_foreign(config: pb.ConnectionConfig) -> None:
    """Raise RuntimeError where the configuration names a database that cannot be opened or is not Lineal's."""
    try:
        schema_version(locate(url_of(config)))
    except LinealError as error:
        raise _cannot_open(error) from error


class Local:
    """A store in this process. It is closed when nobody holds this any more."""

    def __init__(self, store: Store, *, writable: bool) -> None:
        seen = store if writable else reading_only(store)
        self._service = Service(seen)
        self._batch: Callable[[], AbstractContextManager[None]] = seen.batch
        self.largest_page = EVERYTHING
        self.snapshot: Callable[[], AbstractContextManager[None]] = store.snapshot
        weakref.finalize(self, store.close)

    def call(self, method: str, request: Message) -> Any:
        """Return the answer of a call. Raises a StatusError."""
        return self._service.call(method, request)

    def call_all(self, calls: Sequence[tuple[str, Message]]) -> list[Any]:
        """Return the answers of calls that are kept together, or not at all. Raises a StatusError."""
        try:
            with self._batch():
                return [self.call(method, request) for method, request in calls]
        except LinealError as error:
            raise status_of(error) from error


def _local(config: pb.ConnectionConfig, *, may_upgrade: bool) -> Local:
    mode = config.sqlite.connection_mode if config.HasField("sqlite") else _SQLITE.READWRITE_OPENCREATE
    try:
        location = locate(url_of(config))
        _check_schema(location, may_upgrade=may_upgrade)
        may_create = mode in {_SQLITE.UNKNOWN, _SQLITE.READWRITE_OPENCREATE}
        if may_create:
            check_place(location)
        store = open_store(location, create=may_create, create_database=may_create_database(config))
    except LinealError as error:
        raise _cannot_open(error) from error
    return Local(store, writable=mode != _SQLITE.READONLY)


def _check_schema(location: Location, *, may_upgrade: bool) -> None:
    version = schema_version(location)
    # A version that is not known is newer: opening says so.
    if version in KNOWN and version != HEAD and not may_upgrade:
        raise RuntimeError(
            f"{location.shown} has schema {version}, this Lineal speaks {HEAD}. Schema migration is disabled; pass "
            "enable_upgrade_migration=True, or run `lineal upgrade`."
        )


def _cannot_open(error: LinealError) -> RuntimeError:
    hint = hint_of(error)
    text = f"{error.message} ({hint})" if hint else error.message
    if isinstance(error, NotALinealStore):
        text += "; a database of ML Metadata's own becomes a Lineal store by `lineal import mlmd URL`"
    return RuntimeError(text)
