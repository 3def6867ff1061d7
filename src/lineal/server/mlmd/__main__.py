"""`python -m lineal.server.mlmd FLAGS`: what an image runs in the place of MLMD's own server."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lineal.compat.mlmd.urls import url_of
from lineal.errors import LinealError
from lineal.server.mlmd.configuration import channel_arguments, server_config, tls_of_config
from lineal.server.mlmd.database import opened
from lineal.server.mlmd.flags import parse_flags
from lineal.server.settings import GRPC_PORT, Settings
from lineal.server.start import serve
from lineal.store.location import locate


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve what the flags of MLMD's server describe, and return the exit code; an error is a line on stderr."""
    try:
        return _main(sys.argv[1:] if arguments is None else arguments)
    except LinealError as error:
        _say(f"error: {error.message}")
        if error.hint:
            _say(f"hint:  {error.hint}")
        return error.status.exit


def _main(arguments: Sequence[str]) -> int:
    flags = parse_flags(arguments)
    config = server_config(flags)
    settings = Settings(
        grpc_port=int(flags.get("grpc_port", GRPC_PORT)),
        http_port=None,
        tls=tls_of_config(config),
        grpc_options=channel_arguments(flags),
    )
    location = locate(url_of(config.connection_config))
    if location.temporary:
        _say("warning: no database is named; what is written goes when this server stops")
    store = opened(
        location,
        may_upgrade=config.migration_options.enable_upgrade_migration,
        retries=config.connection_config.retry_options.max_num_retries,
    )
    return serve(store, settings, name=location.shown)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
