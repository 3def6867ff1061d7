"""A server that cannot start gives back what it had."""

from __future__ import annotations

import asyncio
import socket

import pytest

from lineal.errors import Unavailable
from lineal.server.running import Server
from lineal.server.settings import Settings
from lineal.store.location import of_database
from lineal.store.open import open_store


@pytest.fixture
def store(tmp_path):
    store = open_store(of_database(tmp_path / "store.db"))
    yield store
    store.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


@pytest.mark.parametrize("taken", ["grpc_port", "http_port"])
def test_a_start_that_fails_leaves_no_port_open(store, taken):
    own = free_port()
    other = {"grpc_port": "http_port", "http_port": "grpc_port"}[taken]

    async def start():
        with socket.create_server(("127.0.0.1", 0)) as there:
            settings = Settings(**{taken: there.getsockname()[1], other: own})
            with pytest.raises(Unavailable, match="cannot listen"):
                await Server(store, settings).start()
            socket.create_server(("127.0.0.1", own)).close()

    asyncio.run(start())
