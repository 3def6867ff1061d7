"""Our own server over stores that a test has open: in this process, on one event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from lineal.server.running import Server
from lineal.server.settings import Settings
from lineal.store.protocol import Store

T = TypeVar("T")


class OurServers:
    """Starts servers and stops them. The stores stay the caller's to close, after `stop`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="our-servers")
        self._thread.start()
        self._running: list[Server] = []

    def grpc(self, store: Store, settings: Settings | None = None) -> str:
        """Return the address, such as `127.0.0.1:4711`, of a gRPC server on this store."""
        server = Server(store, replace(settings or Settings(), grpc_port=0, http_port=None))
        ports = self._wait(server.start())
        self._running.append(server)
        return f"127.0.0.1:{ports.grpc}"

    def stop(self) -> None:
        """Stop all servers that run; each has drained when this returns."""
        while self._running:
            self._wait(self._running.pop().stop())

    def close(self) -> None:
        """Stop everything, the event loop too."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)
