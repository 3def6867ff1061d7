"""The HTTP port: uvicorn on a socket of ours, on the server's event loop, without uvicorn's own signal handling."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from lineal.server.desk import Desk
from lineal.server.ports import listening
from lineal.server.settings import Settings
from lineal.server.tls import Tls
from lineal.server.web.app import web_app


class _Uvicorn(uvicorn.Server):
    """uvicorn that leaves SIGTERM and SIGINT to the process it is a part of, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpListener:
    """One HTTP port. Make it, start it, stop it, all on one event loop."""

    def __init__(self, desk: Desk, settings: Settings, port: int) -> None:
        self._socket = listening(settings.host, port, door="HTTP", option="--port")
        self.port: int = self._socket.getsockname()[1]
        tls = settings.tls
        config = uvicorn.Config(
            web_app(desk, settings),
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            h11_max_incomplete_event_size=settings.limits.metadata_bytes,
            ssl_context_factory=None if tls is None else lambda _config, _default: _context(tls),
        )
        self._uvicorn = _Uvicorn(config)
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Answer from now on."""
        self._serving = asyncio.create_task(self._uvicorn.serve(sockets=[self._socket]))
        listening = asyncio.create_task(self._uvicorn.listening.wait())
        await asyncio.wait({self._serving, listening}, return_when=asyncio.FIRST_COMPLETED)
        if self._serving.done():
            listening.cancel()
            await self._serving

    async def stop(self, seconds: float) -> None:
        """Take no new connections, give the calls in flight this long, then cut them.

        May be called again meanwhile: the call that gives less time decides.
        """
        if self._serving is None:
            self._socket.close()
            return
        self._uvicorn.should_exit = True
        await asyncio.wait({self._serving}, timeout=seconds)
        self._uvicorn.force_exit = True
        for connection in tuple(self._uvicorn.server_state.connections):
            # From Python 3.12 on a server is not closed while a connection is open, of a half-sent request for example.
            connection.transport.abort()
        await self._serving


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="lineal-tls-") as directory:  # ssl reads chains from files only
        certificate, key = Path(directory, "certificate.pem"), Path(directory, "key.pem")
        certificate.write_bytes(tls.certificate)
        key.touch(mode=0o600)
        key.write_bytes(tls.key)
        context.load_cert_chain(certificate, key)
    if tls.client_authority is not None:
        context.load_verify_locations(cadata=tls.client_authority.decode("ascii"))
        context.verify_mode = ssl.CERT_REQUIRED
    return context
