"""The snapshot of a store's events: never behind a commit, never ahead of one, and within its memory."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from lineal.model.edges import Event, EventType
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Publication, Use
from lineal.model.traversal import Direction
from lineal.store import planner

DOWN, UP = Direction.DOWNSTREAM, Direction.UPSTREAM


class Stop(Exception):
    """What the user's own code raises."""


def extend(store, by, artifact_id):
    """Publish a run that reads the artifact; return what it made."""
    used, made = (
        Use(artifact=artifact_id, type=EventType.INPUT),
        Use(artifact=Artifact(type="Model"), type=EventType.OUTPUT),
    )
    return store.publish(Publication(execution=Execution(type="Train"), uses=[used, made]), by=by).artifact_ids[1]


def held(store):
    return store.facts()["closure snapshot"]


@pytest.fixture
def asked(store, by):
    """Give a store that holds a snapshot, and the first artifact of its chain."""
    (first,) = store.put([Artifact(type="Dataset")], by=by)
    extend(store, by, first.id)
    while held(store) == "not loaded":
        store.closure([first], DOWN)
    assert "2 events, whole" in held(store)
    return first


def test_the_first_questions_go_to_the_database_and_the_snapshot_comes_when_they_have_read_as_much(store, by):
    (first,) = store.put([Artifact(type="Dataset")], by=by)
    store.put_edges(
        [
            Event(artifact_id=first.id, execution_id=key.id, type=EventType.INPUT)
            for key in store.put([Execution(type="Train") for _ in range(100)], by=by)
        ],
        by=by,
    )
    answers = []
    while held(store) == "not loaded":
        answers.append(store.closure([first], DOWN))
    assert len(answers) == 2
    assert answers == [store.closure([first], DOWN)] * 2


def test_what_was_committed_before_a_question_is_in_its_answer(asked, store, backend, by):
    other, last = backend.open(), asked.id
    for count in range(2, 12):
        last = extend(other, by, last)
        found = store.closure([asked], DOWN)
        assert len(found.artifacts) == count + 1
        assert len(found.events) == 2 * count
    assert "20 newer ones" in held(store)


def test_an_answer_does_not_change_when_the_store_grows(asked, store, by):
    found = store.closure([asked], DOWN)
    extend(store, by, asked.id)

    store.closure([asked], DOWN)
    assert len(found.events) == 2
    assert len(found.artifacts) == 2


def test_a_batch_sees_its_own_events_and_nobody_else_does(asked, store, backend, by):
    before = store.closure([asked], DOWN)
    with pytest.raises(Stop), store.batch():  # noqa: PT012  the block is the batch
        extend(store, by, asked.id)
        assert len(store.closure([asked], DOWN).artifacts) == 3
        found = []
        thread = threading.Thread(target=lambda: found.append(store.closure([asked], DOWN)))
        thread.start()
        thread.join()
        assert found == [before]
        raise Stop
    assert store.closure([asked], DOWN) == before


def test_while_a_thread_sees_one_state_its_closures_do_not_run_ahead_of_it(asked, store, by):
    def write_and_ask():
        extend(store, by, asked.id)
        later.append(store.closure([asked], DOWN))

    later = []
    with store.snapshot():
        before = store.closure([asked], DOWN)
        thread = threading.Thread(target=write_and_ask)
        thread.start()
        thread.join()
        assert store.closure([asked], DOWN) == before
        assert len(store.get(Artifact, list(before.artifacts))) == 2
    assert len(later[0].artifacts) == 3


def test_a_snapshot_far_behind_is_loaded_again(asked, store, by, monkeypatch):
    monkeypatch.setattr(planner, "SMALLEST_OVERLAY", 10)
    last = asked.id
    for _ in range(5):
        last = extend(store, by, last)
    assert len(store.closure([asked], DOWN).events) == 12
    assert "2 events, whole, 10 newer" in held(store)
    extend(store, by, last)
    assert len(store.closure([asked], DOWN).events) == 14
    assert "14 events, whole, 0 newer" in held(store)


def test_a_restored_event_that_takes_an_older_free_number_is_not_missed(store, by):
    first, second = store.put([Artifact(type="Dataset"), Artifact(type="Dataset")], by=by)
    (run,) = store.put([Execution(type="Train")], by=by)
    event = Event(artifact_id=first.id, execution_id=run.id, type=EventType.INPUT, time=1, id=50)
    store.restore([event], by=by)
    while held(store) == "not loaded":
        store.closure([run], UP)

    store.restore([event._replace(artifact_id=second.id, id=7)], by=by)
    assert set(store.closure([run], UP).artifacts) == {first.id, second.id}


def test_as_of_an_earlier_time_the_answer_is_that_of_then(asked, store, by, clock):
    then = clock.time
    extend(store, by, asked.id)

    assert len(store.closure([asked], DOWN).artifacts) == 3
    assert len(store.closure([asked], DOWN, as_of=then).artifacts) == 2
    assert len(store.closure([asked], DOWN, as_of=clock.time).artifacts) == 3


WRITER = """
import sys
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.store.location import locate
from lineal.store.open import open_store

store = open_store(locate(sys.argv[1]))
last = int(sys.argv[2])
for _ in range(25):
    uses = [Use(artifact=last, type=EventType.INPUT), Use(artifact=Artifact(type="Model"), type=EventType.OUTPUT)]
    publication = Publication(execution=Execution(type="Train"), uses=uses)
    last = store.publish(publication, by=Origin(actor="ada", action="test")).artifact_ids[1]
    print(last, flush=True)
"""


def test_two_processes_write_and_no_finished_write_is_missing_from_the_next_answer(asked, store, backend, by):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, backend.url(), str(asked.id)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for _ in range(25):
        for writer in writers:
            # The writer says this after its commit, and goes on at once.
            said = writer.stdout.readline()
            assert said, writer.stderr.read()
            found = store.closure([asked], DOWN)
            assert int(said) in found.artifacts
            assert len(found.events) == 2 * len(found.executions)
    for writer in writers:
        assert writer.wait() == 0, writer.stderr.read()
        writer.stdout.close()
        writer.stderr.close()
    assert len(store.closure([asked], DOWN).artifacts) == 52
    assert "newer ones" in held(store)


def test_threads_that_ask_while_others_write_see_whole_publications(asked, store, by):
    wrong, done = [], threading.Event()

    def ask():
        while not done.is_set():
            found = store.closure([asked], DOWN)
            if len(found.events) != 2 * len(found.executions) or len(found.artifacts) != len(found.executions) + 1:
                wrong.append(found)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for _ in range(60):
        extend(store, by, asked.id)
    done.set()
    for asker in askers:
        asker.join()
    assert wrong == []
    assert len(store.closure([asked], DOWN).executions) == 61
