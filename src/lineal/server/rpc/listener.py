"""The gRPC port: opens it with the server's limits, says how healthy it is, drains and closes it."""

from __future__ import annotations

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from lineal.compat.mlmd.proto.pool import POOL
from lineal.errors import Unavailable
from lineal.server.calls import SERVICE_NAME
from lineal.server.desk import Desk
from lineal.server.ports import listening
from lineal.server.rpc.handlers import service_handler
from lineal.server.rpc.reflection import enable_reflection
from lineal.server.settings import Limits, Settings, authority
from lineal.server.tls import Tls

_METADATA, _MOST_METADATA = "grpc.max_metadata_size", "grpc.absolute_max_metadata_size"
_STREAMS = 1024
_HALF_OPEN_MS = 20_000
_SILENT_MS = 60_000


class GrpcListener:
    """One gRPC port. Make it, start it, stop it, all on one event loop."""

    def __init__(self, desk: Desk, settings: Settings, port: int) -> None:
        self._desk = desk
        self._server = grpc.aio.server(options=_options(settings))
        self._health = health.aio.HealthServicer()
        self._server.add_generic_rpc_handlers((service_handler(desk),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        enable_reflection(self._server, (SERVICE_NAME, health.SERVICE_NAME), (POOL, descriptor_pool.Default()))
        # gRPC says on stderr, in its own words, when a port is taken; so that is found out before.
        listening(settings.host, port, door="gRPC", option="--grpc-port").close()
        self.port = self._listen(authority(settings.host, port), settings.tls)

    async def start(self) -> None:
        """Answer from now on."""
        await self._server.start()
        await self._say(health_pb2.HealthCheckResponse.SERVING)

    async def drain(self) -> None:
        """Say NOT_SERVING, while calls are still taken, so that whoever balances calls stops sending them here."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, seconds: float) -> None:
        """Refuse new calls, give those in flight this long, then cut them."""
        await self._server.stop(seconds)

    def _listen(self, address: str, tls: Tls | None) -> int:
        try:
            if tls is None:
                return int(self._server.add_insecure_port(address))
            return int(self._server.add_secure_port(address, _credentials(tls)))
        except RuntimeError as error:
            raise Unavailable(
                f"gRPC cannot listen on {address}: another program has the port, or this one may not use it",
                hint="choose another one with --grpc-port, or 0 for a free one",
            ) from error

    async def _say(self, status: int) -> None:
        for name in ("", SERVICE_NAME):
            await self._health.set(name, status)


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.key, tls.certificate)], root_certificates=tls.client_authority, require_client_auth=tls.mutual
    )


def _options(settings: Settings) -> list[tuple[str, int | str]]:
    """Return gRPC's channel arguments, those that the settings replace among them."""
    limits: Limits = settings.limits
    options: dict[str, int | str] = {
        "grpc.max_receive_message_length": limits.message_bytes,
        "grpc.max_send_message_length": -1,  # the desk judges answers, with a clearer text
        _METADATA: limits.metadata_bytes,
        "grpc.max_concurrent_streams": _STREAMS,
        # With it two servers share a port in silence, and each gets half of the calls.
        "grpc.so_reuseport": 0,
        "grpc.server_handshake_timeout_ms": _HALF_OPEN_MS,
        # A peer that vanished is noticed; one that is only silent answers the ping and stays.
        "grpc.keepalive_time_ms": _SILENT_MS,
        "grpc.keepalive_timeout_ms": _HALF_OPEN_MS,
        # MLMD's clients may ping idle connections as often as they like (GrpcChannelArguments).
        "grpc.http2.max_ping_strikes": 0,
    }
    options |= dict(settings.grpc_options)
    # Between its two limits gRPC refuses calls by chance; with one there is nothing between them.
    options.setdefault(_MOST_METADATA, options[_METADATA])
    return list(options.items())
