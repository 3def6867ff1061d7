"""Starts a Lineal server with a fresh store for each line that it reads, and prints its port; ends with its input."""

from __future__ import annotations

import asyncio
import sys

from lineal.server.running import Server
from lineal.server.settings import Settings
from lineal.store.location import locate
from lineal.store.open import open_store


async def main():
    started = []
    while await asyncio.to_thread(sys.stdin.readline):
        store = open_store(locate("sqlite://"))
        server = Server(store, Settings(grpc_port=0, http_port=None))
        print((await server.start()).grpc, flush=True)  # noqa: T201  the reader's answer
        started.append((server, store))
    for server, store in started:
        await server.stop()
        store.close()


if __name__ == "__main__":
    asyncio.run(main())
