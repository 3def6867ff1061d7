"""The bodies of requests on their way in: so many bytes of them are held at a time, and none that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from lineal.errors import ResourceExhausted
from lineal.server.web.frames import HEAD

_AT_A_TIME = 4
"""So many of the longest requests are held at a time; of others, as many as that is."""

_PATIENCE = 20.0
"""Seconds until the next piece of a body must be here; a half-open gRPC connection gets as many."""


class ClientLeftError(Exception):
    """The connection ended before the body did."""


class Bodies:
    """Reads bodies, and counts what is held of them until their calls are answered. Lives on one event loop."""

    def __init__(self, *, longest: int, patience: float = _PATIENCE) -> None:
        self._longest = longest
        self._patience = patience
        self._room = _AT_A_TIME * _encoded(longest)

    @asynccontextmanager
    async def of(self, request: Request, *, text: bool) -> AsyncIterator[bytes]:
        """Give the whole body of a request, held until the block ends.

        Raises ResourceExhausted as soon as it is too long or no room is left, TimeoutError where it stands still,
        ClientLeftError.
        """
        most = _encoded(self._longest) if text else self._longest + HEAD
        pieces: list[bytes] = []
        held = 0
        try:
            async for piece in self._pieces(request):
                held += len(piece)
                self._room -= len(piece)
                if held > most:
                    raise ResourceExhausted(f"the request has more than {self._longest:,} bytes")
                if self._room < 0:
                    raise ResourceExhausted("this server holds as many bytes of requests as it takes; try again")
                pieces.append(piece)
            yield b"".join(pieces)
        finally:
            self._room += held

    async def _pieces(self, request: Request) -> AsyncIterator[bytes]:
        more = True
        while more:
            async with asyncio.timeout(self._patience):
                message = await request.receive()
            if message["type"] == "http.disconnect":
                raise ClientLeftError
            more = message.get("more_body", False)
            yield message.get("body", b"")


def _encoded(size: int) -> int:
    """Return how long the frame of a message of this size is as base64 text."""
    return (size + HEAD) * 4 // 3 + 4
