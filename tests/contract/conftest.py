"""One suite for every store. A backend is one small class here: how to open its store, and how to look behind it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lineal.model.ids import Micros
from lineal.model.publication import Origin
from lineal.store.location import of_database
from lineal.store.open import open_store


class HandClock:
    """A clock turned by hand; each look takes a millisecond."""

    def __init__(self) -> None:
        self.time = 1_700_000_000_000_000

    def now(self) -> Micros:
        self.time += 1_000
        return Micros(self.time)


class SqliteBackend:
    """A store in a file of its own."""

    def __init__(self, directory: Path) -> None:
        self._location = of_database(directory / "store.db")
        self._opened = []

    def open(self, clock=None):
        """Return the store; each call gives another client of the same data."""
        store = open_store(self._location, clock=clock)
        self._opened.append(store)
        return store

    def url(self) -> str:
        """What another process opens."""
        return self._location.url

    def dump(self) -> dict[str, list[tuple]]:
        """Return every row of every table, read without our code."""
        with closing(sqlite3.connect(self._location.database)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(tables)}

    def close(self) -> None:
        for store in self._opened:
            store.close()


BACKENDS = {"sqlite": SqliteBackend}


@pytest.fixture(params=sorted(BACKENDS))
def backend(request, tmp_path):
    backend = BACKENDS[request.param](tmp_path)
    yield backend
    backend.close()


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def store(backend, clock):
    return backend.open(clock)


@pytest.fixture
def by():
    return Origin(actor="ada", action="test")


@pytest.fixture
def clean(store):
    """Give a check that the ledger and the tables agree."""

    def check():
        report = store.verify()
        assert report.findings == []
        assert report.entries == len(store.entries(limit=10**9))
        return report

    return check
