"""Publishing on PostgreSQL waits for the server once; guesses that were wrong change nothing but the time it takes."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest

from lineal.errors import Aborted, AlreadyExists, CausalityViolation, NotFound, StoreUnavailable
from lineal.model.edges import EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.store.dialects.postgresql_wire import PostgresqlWire
from lineal.store.location import locate
from lineal.store.open import open_store
from tests.databases.proxy import Proxy

BY = Origin(actor="ada", action="test")
PLAIN = "sslmode=disable&gssencmode=disable"


@pytest.fixture
def url(postgresql, postgresql_template):
    url = postgresql.new_database(template=postgresql_template)
    yield url
    postgresql.drop_database(url)


@pytest.fixture
def proxy(postgresql):
    proxy = Proxy(postgresql.port)
    yield proxy
    proxy.close()


@pytest.fixture
def store(url, proxy, postgresql, tmp_path):
    store = open_store(locate(url.replace(f":{postgresql.port}/", f":{proxy.port}/") + f"?home={tmp_path}&{PLAIN}"))
    yield store
    assert store.verify().findings == []
    store.close()


@pytest.fixture
def other(url, tmp_path):
    """Another process's client, as far as the database can tell."""
    store = open_store(locate(f"{url}?home={tmp_path}"))
    yield store
    store.close()


@pytest.fixture
def used(store):
    """Three datasets that are there, and a first publication by which the store knows its context and its end."""
    keys = store.put([Artifact(type="Dataset", name=f"d@{number}") for number in range(3)], by=BY)
    store.publish(publication("first", [key.id for key in keys]), by=BY)
    return [key.id for key in keys]


def publication(name, used, **more):
    return Publication(
        execution=Execution(type="Train", name=name, custom_properties={"epochs": 3, "rate": 0.1}, **more),
        uses=[
            *(Use(artifact=id_, type=EventType.INPUT) for id_ in used),
            Use(artifact=Artifact(type="Model", name=f"{name}@1"), type=EventType.OUTPUT),
            Use(artifact=Artifact(type="Metrics", name=f"{name}@1"), type=EventType.OUTPUT),
        ],
        contexts=[Context(type="Experiment", name="e")],
    )


@contextmanager
def turns(proxy, expected):
    before = proxy.turns
    yield
    assert proxy.turns - before == expected


def test_a_publication_waits_for_the_server_once(store, proxy, used):
    for number in range(5):
        with turns(proxy, 1):
            store.publish(publication(f"run-{number}", used), by=BY)
    assert len(store.named(Artifact, "Model", "run-3@1")) == 1
    (context,) = store.named(Context, "Experiment", "e")
    assert len(store.list(Execution).items) == 6
    keys = [NodeKey(NodeKind.EXECUTION, node.id) for node in store.list(Execution).items]
    assert {edge.context_id for edge in store.memberships(keys)} == {context.id}


def test_reading_nodes_waits_once(store, proxy, used):
    store.get(Artifact, used)
    with turns(proxy, 1):
        assert len(store.get(Artifact, used)) == 3


def test_when_another_process_wrote_meanwhile_nothing_is_lost_or_written_twice(store, other, proxy, used):
    other.put([Artifact(type="Model", name="theirs")], by=BY)
    store.publish(publication("mine", used), by=BY)
    other.publish(publication("theirs", used), by=BY)
    store.publish(publication("mine again", used), by=BY)
    assert [entry.seq for entry in store.entries()] == list(range(1, 7))
    assert len(store.list(Execution).items) == 4
    # Alone again, it soon trusts its guesses again.
    for number in range(3):
        store.publish(publication(f"more-{number}", used), by=BY)
    with turns(proxy, 1):
        store.publish(publication("last", used), by=BY)


def test_what_the_guess_got_wrong_is_told_as_if_it_had_been_asked(store, other, used):
    entries = len(store.entries())
    with pytest.raises(AlreadyExists, match="'first' exists as execution#1"):
        store.publish(publication("first", used), by=BY)
    with pytest.raises(NotFound, match="artifact#999 not found"):
        store.publish(publication("none", [*used, 999]), by=BY)
    early = store.get(Artifact, used)[0].created_at - 1
    with pytest.raises(CausalityViolation, match="was made after"):
        store.publish(publication("early", used, started_at=1, ended_at=early), by=BY)
    assert len(store.entries()) == entries


def test_content_that_is_there_is_reused_in_spite_of_the_guess(store, used):
    again = Publication(
        execution=Execution(type="Train", name="again"),
        uses=[Use(artifact=Artifact(type="Model", name="first@1"), type=EventType.OUTPUT)],
    )
    published = store.publish(again, by=BY)
    assert published.reused == {0}


def test_a_database_that_was_set_back_is_not_written_on_an_old_belief(other, url, postgresql):
    """Behind the store's back its newest entry goes, as when a backup is restored."""
    for name in ("a", "b", "c"):
        other.publish(publication(name, []), by=BY)
    with postgresql.admin(url.rpartition("/")[2]) as connection:
        # Triggers do not fire for a replica's own work.
        connection.execute("SET session_replication_role = replica")
        for table in ("artifact", "execution", "event", "attribution", "association"):
            connection.execute(f"DELETE FROM {table} WHERE entry = 3")
        connection.execute("DELETE FROM ledger_entry WHERE seq = 3")
        connection.execute("DELETE FROM property_int WHERE node_id = 3")
        connection.execute("DELETE FROM property_double WHERE node_id = 3")
    other.publish(publication("d", []), by=BY)
    assert [entry.seq for entry in other.entries()] == [1, 2, 3]
    assert [node.name for node in other.list(Execution).items] == ["a", "b", "d"]
    assert other.verify().findings == []


def test_a_context_of_before_the_database_was_set_back_is_not_taken_for_another_one(other, store, url, postgresql):
    # The third time it is known: the first makes it, the second finds that out.
    for name in ("a", "b", "b", "b"):
        other.publish(Publication(execution=Execution(type="Train"), contexts=[experiment(name)]), by=BY)
    with postgresql.admin(url.rpartition("/")[2]) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("execution", "context", "association"):
            connection.execute(f"DELETE FROM {table} WHERE entry > 1")
        connection.execute("DELETE FROM ledger_entry WHERE seq > 1")
    store.put([experiment("x")], by=BY)
    # By this it knows the store's end again, and trusts its guesses.
    other.publish(Publication(execution=Execution(type="Train"), contexts=[experiment("c")]), by=BY)

    published = other.publish(Publication(execution=Execution(type="Train"), contexts=[experiment("b")]), by=BY)
    assert other.get(Context, published.context_ids)[0].name == "b"
    assert other.verify().findings == []


def experiment(name):
    return Context(type="Experiment", name=name)


@pytest.mark.parametrize("lost", ["question", "answer"])
def test_a_publication_whose_question_or_answer_was_lost_is_kept_exactly_once(store, proxy, used, lost):
    entries = len(store.entries())
    proxy.loses = lost
    published = store.publish(publication("cut", used), by=BY)
    assert proxy.loses is None
    assert store.get(Execution, [published.execution_id])[0].name == "cut"
    assert len(store.entries()) == entries + 1


def test_a_publication_of_which_nobody_knows_whether_it_was_kept_is_not_made_again(
    store, other, proxy, used, monkeypatch
):
    def away(_wire):
        raise psycopg.OperationalError("connection refused")

    entries = len(other.entries())
    proxy.loses = "answer"
    with monkeypatch.context() as patched, pytest.raises(StoreUnavailable, match="not known whether it was kept"):  # noqa: PT012
        patched.setattr(PostgresqlWire, "reconnect", away)
        store.publish(Publication(execution=Execution(type="Train")), by=BY)
    assert len(other.entries()) == entries + 1


def test_what_a_publication_names_twice_is_one_node(store, used):
    dataset = Artifact(type="Dataset", name="twice@1", fingerprint="sha256:1")
    published = store.publish(
        Publication(
            execution=Execution(type="Train"),
            uses=[Use(artifact=dataset, type=kind) for kind in (EventType.INPUT, EventType.DECLARED_INPUT)],
            contexts=[Context(type="Experiment", name="new")] * 2,
        ),
        by=BY,
    )
    assert len(published.artifact_ids) == len(published.context_ids) == 2
    assert len({*published.artifact_ids}) == len({*published.context_ids}) == 1


def test_a_batch_whose_commit_was_lost_on_the_way_is_undone_and_says_so(store, proxy, used):
    entries = len(store.entries())
    with pytest.raises(Aborted, match="nothing of this write was kept"):
        batch_that_loses(store, proxy, "question")
    assert len(store.entries()) == entries


def test_a_batch_whose_commit_was_done_but_not_answered_is_kept(store, proxy, used):
    entries = len(store.entries())
    batch_that_loses(store, proxy, "answer")
    assert len(store.entries()) == entries + 1
    assert len(store.named(Artifact, "Model", "cut")) == 1


def batch_that_loses(store, proxy, lost):
    with store.batch():
        store.put([Artifact(type="Model", name="cut")], by=BY)
        proxy.loses = lost
