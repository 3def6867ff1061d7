"""Nobody waits for ever: writers queue without taking the readers' connections, and a silent server is given up."""

from __future__ import annotations

import threading

import pytest

from lineal.errors import StoreTimeout, StoreUnavailable
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.store.dialects import mysql_address, pool, postgresql
from lineal.store.location import locate
from lineal.store.open import open_store

UNKNOWN = r"not known whether it was kept; .*the server does not answer"
BY = Origin(actor="ada", action="test")


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def url(server, tmp_path):
    url = server.new_database()
    yield f"{url}?home={tmp_path}"
    server.drop_database(url)


@pytest.fixture
def opened(url):
    """Give what opens the store with some options; each one is closed at the end."""
    stores = []

    def opened(options):
        stores.append(open_store(locate(f"{url}&{options}")))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def _hasty(monkeypatch):
    """Connecting takes a moment at most."""
    monkeypatch.setattr(postgresql, "CONNECT_SECONDS", 2)
    monkeypatch.setattr(mysql_address, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(pool, "RECONNECT_SECONDS", 0.1)


def in_a_thread(work):
    """Return what a thread raised, or None."""
    raised = []

    def run():
        try:
            work()
        except Exception as error:  # noqa: BLE001  whatever it is, the test tells it
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def test_a_writer_that_waits_for_another_one_holds_no_connection(opened):
    store = opened("pool=1&timeout=0.2")
    with store.batch():
        error = in_a_thread(lambda: store.put([Artifact(type="Model")], by=BY))
    assert isinstance(error, StoreTimeout)
    assert "another writer held the store for more than 0.2 s" in error.message


def test_readers_go_on_while_more_writers_wait_than_there_are_connections(opened):
    store = opened("pool=2&timeout=20")
    threads = [threading.Thread(target=lambda: store.put([Artifact(type="Model")], by=BY)) for _ in range(6)]
    with store.batch():
        for thread in threads:
            thread.start()
        errors = [in_a_thread(lambda: store.list(Artifact)) for _ in range(20)]
    for thread in threads:
        thread.join()
    assert errors == [None] * 20
    assert len(store.list(Artifact).items) == 6


def read(store):
    store.list(Artifact)


def write(store):
    store.put([Artifact(type="Model", name="lost")], by=BY)


@pytest.mark.parametrize("asked", [read, write])
def test_a_server_that_stops_answering_is_given_up_and_used_again_when_it_answers(opened, server, asked):
    store = opened("timeout=0.5")
    store.put([Artifact(type="Model", name="before")], by=BY)
    with server.frozen(), pytest.raises(StoreTimeout, match="the server does not answer") as caught:
        asked(store)
    assert "?timeout=" in caught.value.hint
    store.put([Artifact(type="Model", name="after")], by=BY)
    assert [node.name for node in store.list(Artifact).items] == ["before", "after"]
    assert store.verify().findings == []


def test_a_batch_in_the_middle_of_which_the_server_stops_answering_is_undone(opened, server):
    store = opened("timeout=0.5")
    with pytest.raises(StoreTimeout, match="the server does not answer"), store.batch():  # noqa: PT012
        store.put([Artifact(type="Model", name="m")], by=BY)
        with server.frozen():
            store.list(Artifact)
    assert store.list(Artifact).items == []


@pytest.mark.usefixtures("_hasty")
def test_a_commit_without_an_answer_from_a_server_that_stays_silent_is_told_as_unknown(opened, server):
    store = opened("timeout=0.5")
    freezing = server.frozen()
    try:
        with pytest.raises(StoreUnavailable, match=UNKNOWN), store.batch():  # noqa: PT012
            store.put([Artifact(type="Model", name="m")], by=BY)
            freezing.__enter__()
    finally:
        freezing.__exit__(None, None, None)
    assert {node.name for node in store.list(Artifact).items} <= {"m"}


@pytest.mark.usefixtures("_hasty")
def test_a_server_that_does_not_greet_is_given_up(opened, server):
    opened("timeout=0.5")
    with server.frozen(), pytest.raises(StoreTimeout, match="the server does not answer"):
        opened("timeout=0.5")
