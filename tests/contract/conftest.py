"""One suite for every store; `--backend NAME` runs it on that database only."""

from __future__ import annotations

import pytest

from lineal.model.ids import Micros
from lineal.model.publication import Origin


class HandClock:
    """A clock turned by hand; each look takes a millisecond."""

    def __init__(self) -> None:
        self.time = 1_700_000_000_000_000

    def now(self) -> Micros:
        self.time += 1_000
        return Micros(self.time)


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
