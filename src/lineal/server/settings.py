"""What a server is told before it starts: where it listens, how much it takes, and for how long it drains."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from lineal.errors import PermissionDenied
from lineal.server.tls import Tls

LOOPBACK = "127.0.0.1"

GRPC_PORT = 8080
"""The port MLMD's server listens on."""

HTTP_PORT = 8090

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the server takes; what is beyond is answered RESOURCE_EXHAUSTED, not queued without end."""

    message_bytes: int = 100 * MEBIBYTE
    """The longest request, and the longest answer. KFP's clients send up to 100 MB."""

    metadata_bytes: int = 16 * 1024
    """Headers of one call. KFP starts MLMD's server with 16384."""

    workers: int = 16
    """Calls that run at the same time."""

    calls: int = 256
    """Calls that run or wait for a worker; one more is refused."""

    drain_seconds: float = 30.0
    """How long calls in flight may go on after a stop was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where and how one server listens. A port of 0 is a free one, None is none."""

    grpc_port: int | None = GRPC_PORT
    http_port: int | None = HTTP_PORT
    host: str = LOOPBACK
    tls: Tls | None = None
    limits: Limits = field(default_factory=Limits)
    allowed_origins: tuple[str, ...] = ()
    """Web pages of other origins that may ask; none unless named."""

    grpc_options: tuple[tuple[str, int | str], ...] = ()
    """Channel arguments that replace the server's own."""


def loopback(host: str) -> str:
    """Return the loopback address of a host name, or raise PermissionDenied with the reason.

    Whoever reaches the port may read and write everything: there are no users yet, so only this machine may.
    """
    if host == "localhost":
        return LOOPBACK
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise PermissionDenied(
            f"{host} is not a loopback address, and this server does not know its callers: "
            "whoever reaches the port may read and write the whole workspace",
            hint=f"leave --host out ({LOOPBACK}); put a proxy that authenticates callers in front for other machines",
        )
    return str(address)


def default_ports(grpc: int | None, http: int | None) -> tuple[int | None, int | None]:
    """Return the ports to open: those named, or both at their usual numbers if none is."""
    return (GRPC_PORT, HTTP_PORT) if grpc is None and http is None else (grpc, http)


def authority(host: str, port: int) -> str:
    """Return host and port as one word; an IPv6 address goes in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
