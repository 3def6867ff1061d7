"""Servers as fixtures: one of each kind a worker, started when first asked for, gone at the end.

`postgresql` and `mariadb` are the servers, which tests may restart and kill; `postgresql_url` and `mariadb_url` are an
empty database each. A kind that this machine lacks skips with what to install, and fails in CI.
`serve_grpc` is our own server, over a store that the test has open.
"""

from __future__ import annotations

import pytest

from lineal.store.location import locate
from lineal.store.open import open_store
from tests.servers.mariadb import MariadbServer
from tests.servers.postgresql import PostgresServer
from tests.servers.process import NotInstalled


@pytest.fixture(scope="session")
def postgresql():
    yield from _serve(PostgresServer)


@pytest.fixture(scope="session")
def mariadb():
    yield from _serve(MariadbServer)


@pytest.fixture(scope="session")
def postgresql_template(postgresql):
    """The name of a database that holds an empty store: copying it is faster than migrating each time."""
    url = postgresql.new_database()
    open_store(locate(url)).close()
    return url.rpartition("/")[2]


@pytest.fixture
def postgresql_url(postgresql):
    yield from _database(postgresql)


@pytest.fixture
def mariadb_url(mariadb):
    yield from _database(mariadb)


def _serve(kind):
    try:
        server = kind()
    except NotInstalled as missing:
        pytest.skip(str(missing))
    yield server
    server.close()


def _database(server):
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.fixture(scope="session")
def _our_servers():
    from tests.servers.ours import OurServers  # what needs no server needs no gRPC either

    servers = OurServers()
    yield servers
    servers.close()


@pytest.fixture
def serve_grpc(_our_servers):
    """Return what serves an open store over gRPC and gives the address; all are stopped when the test ends."""
    yield _our_servers.grpc
    _our_servers.stop()
