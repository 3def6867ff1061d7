"""`lineal serve`: the workspace over gRPC and HTTP, for ML Metadata's clients and for browsers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineal.cli.options import Url, Verbose
from lineal.server.extra import need_extra
from lineal.store.location import check_place, locate
from lineal.store.open import schema_version
from lineal.workspace import open_workspace

_PORTS, _LIMITS, _TLS = "Ports", "Limits", "TLS"


def serve(
    url: Url = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            metavar="N",
            help="HTTP and grpc-web; 0 finds a free one.",
            rich_help_panel=_PORTS,
        ),
    ] = None,
    grpc_port: Annotated[
        int | None,
        typer.Option(
            "--grpc-port", min=0, max=65535, metavar="N", help="gRPC; 0 finds a free one.", rich_help_panel=_PORTS
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="A loopback address; any other is refused while there are no users.",
            rich_help_panel=_PORTS,
        ),
    ] = "127.0.0.1",
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            "--tls-cert",
            metavar="FILE",
            help="The server's certificate, intermediate ones after it (PEM).",
            rich_help_panel=_TLS,
        ),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option("--tls-key", metavar="FILE", help="Its key (PEM, not encrypted).", rich_help_panel=_TLS),
    ] = None,
    tls_client_ca: Annotated[
        Path | None,
        typer.Option(
            "--tls-client-ca",
            metavar="FILE",
            help="Clients must show a certificate that this authority signed (PEM).",
            rich_help_panel=_TLS,
        ),
    ] = None,
    max_message_mb: Annotated[
        int,
        typer.Option(
            "--max-message-mb",
            min=1,
            max=2047,
            metavar="MIB",
            help="The longest request and answer.",
            rich_help_panel=_LIMITS,
        ),
    ] = 100,
    workers: Annotated[
        int,
        typer.Option("--workers", min=1, metavar="N", help="Calls that run at the same time.", rich_help_panel=_LIMITS),
    ] = 16,
    max_calls: Annotated[
        int,
        typer.Option(
            "--max-calls",
            min=1,
            metavar="N",
            help="Calls that run or wait; one more is refused with RESOURCE_EXHAUSTED.",
            rich_help_panel=_LIMITS,
        ),
    ] = 256,
    drain_seconds: Annotated[
        float,
        typer.Option(
            "--drain-seconds",
            min=0,
            metavar="S",
            help="How long calls in flight may go on after SIGTERM.",
            rich_help_panel=_LIMITS,
        ),
    ] = 30,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            metavar="ORIGIN",
            help="A web page's origin that may ask; none may without it.",
            rich_help_panel=_PORTS,
        ),
    ] = None,
    verbose: Verbose = False,  # noqa: ARG001  read by its callback
) -> None:
    """Serve a workspace: ML Metadata's gRPC service, and the same over HTTP for browsers (grpc-web).

    Without a port both doors open: gRPC on 8080, HTTP on 8090; with one of them only that one. On this machine
    only: there are no users yet. The ports stand on stderr when it is ready. SIGTERM and Ctrl-C drain; the second
    one cuts. Exit 0 if every call in flight was finished, 8 if some were cut. Needs the extra: pip install
    'lineal[server]'.
    """
    need_extra()
    # Deferred: the command line starts without gRPC and FastAPI.
    from lineal.server.settings import MEBIBYTE, Limits, Settings, default_ports, loopback
    from lineal.server.start import serve as serve_store
    from lineal.server.tls import tls_of_files

    grpc_door, http_door = default_ports(grpc_port, port)
    settings = Settings(
        grpc_port=grpc_door,
        http_port=http_door,
        host=loopback(host),
        tls=tls_of_files(tls_cert, tls_key, tls_client_ca),
        limits=Limits(
            message_bytes=max_message_mb * MEBIBYTE, workers=workers, calls=max_calls, drain_seconds=drain_seconds
        ),
        allowed_origins=tuple(allow_origin or ()),
    )
    location = locate(url, create=True)
    check_place(location)
    made = schema_version(location) is None
    workspace = open_workspace(url)
    if made:
        typer.echo(f"new store: {workspace.location.shown}", err=True)
    raise typer.Exit(serve_store(workspace.store, settings, name=workspace.location.shown))
