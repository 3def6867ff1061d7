"""Sockets that listen: a port that cannot be had is one sentence, said before anything else is started."""

from __future__ import annotations

import socket

from lineal.errors import Unavailable
from lineal.server.settings import authority

_BACKLOG = 128


def listening(host: str, port: int, *, door: str, option: str) -> socket.socket:
    """Return a socket that listens; Unavailable where the port cannot be had, naming the door and its option."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Unavailable(
            f"{door} cannot listen on {authority(host, port)}: {error.strerror}",
            hint=f"choose another port with {option}, or 0 for a free one",
        ) from error
