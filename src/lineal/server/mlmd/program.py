"""From the flags of MLMD's server to a server of ours that runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from lineal.compat.mlmd.urls import may_create_database, url_of
from lineal.server.mlmd.configuration import channel_arguments, server_config, tls_of_config
from lineal.server.mlmd.database import opened
from lineal.server.mlmd.flags import Value
from lineal.server.settings import GRPC_PORT, Settings
from lineal.server.start import serve
from lineal.store.location import locate


def run(flags: Mapping[str, Value]) -> int:
    """Serve what the flags describe, until it is stopped, and return the exit code."""
    config = server_config(flags)
    settings = Settings(
        grpc_port=int(flags.get("grpc_port", GRPC_PORT)),
        http_port=None,
        tls=tls_of_config(config),
        grpc_options=channel_arguments(flags),
    )
    location = locate(url_of(config.connection_config))
    if location.temporary:
        sys.stderr.write("warning: no database is named; what is written goes when this server stops\n")
    store = opened(
        location,
        may_create_database=may_create_database(config.connection_config),
        may_upgrade=config.migration_options.enable_upgrade_migration,
        retries=config.connection_config.retry_options.max_num_retries,
    )
    return serve(store, settings, name=location.shown)
