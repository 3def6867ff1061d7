"""The life of one server: both doors open, a stop is asked for, both drain, everything is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from lineal.server.desk import Desk
from lineal.server.rpc.listener import GrpcListener
from lineal.server.settings import Settings
from lineal.server.web.listener import HttpListener
from lineal.store.protocol import Store

_LAST_BYTES = 0.3
"""Seconds for answers that are made to reach their callers."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a server listens; None where it does not."""

    grpc: int | None
    http: int | None


class Server:
    """A server on a store; `start`, `stop` and everything between on one event loop."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._settings = settings
        self._desk = Desk(store, settings.limits)
        self._grpc: GrpcListener | None = None
        self._http: HttpListener | None = None

    async def start(self) -> Ports:
        """Open both doors and return their ports. Raises Unavailable where a port cannot be had; then none is open."""
        try:
            await self._open()
        except BaseException:
            await self._drain(0)
            self._desk.workers.stop()
            raise
        self._desk.open = True
        return Ports(
            grpc=None if self._grpc is None else self._grpc.port, http=None if self._http is None else self._http.port
        )

    async def stop(self, *, hurry: asyncio.Event | None = None) -> bool:
        """Drain and close; return whether every call in flight came to its end.

        Health says NOT_SERVING first; calls in flight have the settings' time, or until `hurry` is set.
        """
        self._desk.open = False
        if self._grpc is not None:
            await self._grpc.drain()
        drained = asyncio.create_task(self._drain(self._settings.limits.drain_seconds))
        hurried = asyncio.create_task((hurry or asyncio.Event()).wait())
        idle = asyncio.create_task(self._desk.idle.wait())
        await asyncio.wait({drained, hurried, idle}, return_when=asyncio.FIRST_COMPLETED)
        if not drained.done():
            # Who watches health, or only holds a connection, would keep us for the whole time otherwise.
            await self._drain(0 if hurried.done() else _LAST_BYTES)
        hurried.cancel()
        idle.cancel()
        await drained
        return self._desk.workers.stop()

    async def _open(self) -> None:
        settings = self._settings
        if settings.http_port is not None:
            self._http = HttpListener(self._desk, settings, settings.http_port)
        if settings.grpc_port is not None:
            self._grpc = GrpcListener(self._desk, settings, settings.grpc_port)
            await self._grpc.start()
        if self._http is not None:
            await self._http.start()

    async def _drain(self, seconds: float) -> None:
        """Close both doors, at the same time."""
        doors = [door.stop(seconds) for door in (self._grpc, self._http) if door is not None]
        await asyncio.gather(*doors)


async def run_until(
    server: Server, stop: asyncio.Event, *, hurry: asyncio.Event, ready: Callable[[Ports], None]
) -> bool:
    """Run a server from its start to its stop; `ready` is told the ports. Return what `Server.stop` returns."""
    ready(await server.start())
    await stop.wait()
    return await server.stop(hurry=hurry)
