"""The planner: its memory, its switch, and what a compact snapshot leaves to the database."""

from __future__ import annotations

import gc
import os
import tracemalloc
from contextlib import suppress
from dataclasses import replace

import pytest

from lineal.errors import FailedPrecondition, InvalidArgument
from lineal.model.edges import Event, EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Origin
from lineal.model.traversal import Direction
from lineal.store.location import of_database
from lineal.store.open import open_store
from lineal.store.snapshot import numeric

BY = Origin(actor="ada", action="test")
WIDTH = 2_000
MODULE = numeric._module


@pytest.fixture
def location(tmp_path):
    return of_database(tmp_path / "store.db")


@pytest.fixture(autouse=True)
def without_numpy(monkeypatch):
    """Let no test depend on whether another one has loaded NumPy or SciPy before."""
    monkeypatch.setattr(numeric, "_module", lambda _: None)


def opened(location, options=""):
    return open_store(replace(location, url=location.url + options))


def fan(store):
    """Put one artifact that many executions read."""
    (hub,) = store.put([Artifact(type="Dataset")], by=BY)
    runs = store.put([Execution(type="Train") for _ in range(WIDTH)], by=BY)
    store.put_edges([Event(artifact_id=hub.id, execution_id=run.id, type=EventType.INPUT) for run in runs], by=BY)
    return hub


def held(store):
    return store.facts()["closure snapshot"]


def asked_often(store, start):
    return [store.closure([start], Direction.DOWNSTREAM) for _ in range(4)][-1]


def test_the_snapshot_is_switched_off_by_the_url(location):
    store = opened(location, "?snapshot=0")
    hub = fan(store)

    assert len(asked_often(store, hub).events) == WIDTH
    assert held(store) == "off"
    store.close()


@pytest.mark.parametrize("memory", ["-1", "much", "1.5", "9" * 10])
def test_a_memory_that_is_no_number_of_mebibytes_is_refused(location, memory):
    with pytest.raises(InvalidArgument, match=f"snapshot={memory} is no number of MiB"):
        opened(location, f"?snapshot={memory}")


def test_a_snapshot_takes_the_memory_it_says_and_stays_within_its_bound(location):
    store = opened(location)
    hub = fan(store)
    whole = asked_often(store, hub)
    size = int(held(store).split()[-2])
    assert held(store) == f"{WIDTH} events, whole, 0 newer ones beside it, {size} bytes"
    # Two ids and a pointer or two, and what the events say.
    assert (8 + 25) * WIDTH <= size <= (8 + 25 + 8) * WIDTH + 10_000

    forms = {}
    for room in (size, size - 1, 30 * WIDTH, 12 * WIDTH):
        store._planner._room, store._planner._snapshot = room, None
        found = asked_often(store, hub)
        assert (dict(found.executions), list(found.events)) == (dict(whole.executions), list(whole.events))
        forms[room] = held(store).split(", ")[1] if "," in held(store) else held(store)
        if store._planner._snapshot:
            assert store._planner._snapshot.bytes <= room
    assert forms == {size: "whole", size - 1: "compact", 30 * WIDTH: "compact", 12 * WIDTH: "not loaded"}
    store.close()


def test_an_overlay_that_would_take_too_much_memory_makes_the_snapshot_load_again(location):
    store = opened(location)
    hub = fan(store)
    asked_often(store, hub)
    store._planner._room = store._planner._snapshot.bytes + 100 * 41
    runs = store.put([Execution(type="Train") for _ in range(50)], by=BY)
    store.put_edges([Event(artifact_id=hub.id, execution_id=run.id, type=EventType.INPUT) for run in runs], by=BY)

    assert len(store.closure([hub], Direction.DOWNSTREAM).executions) == WIDTH + 50
    assert f"{WIDTH + 50} events, whole, 0 newer" in held(store)
    store.close()


def test_a_compact_snapshot_reads_what_events_say_when_they_are_looked_at(location):
    store = opened(location)
    hub = fan(store)
    store._planner._room = 30 * WIDTH
    found, other = asked_often(store, hub), asked_often(store, hub)
    (run,) = store.put([Execution(type="Train")], by=BY)
    store.put_edges([Event(artifact_id=hub.id, execution_id=run.id, type=EventType.INPUT)], by=BY)

    # What came after the question is not in its answer.
    assert len(found.events) == WIDTH
    assert [event.id for event in found.events] == list(range(1, WIDTH + 1))
    store.close()
    assert found.events[0].artifact_id == hub.id
    with pytest.raises(FailedPrecondition, match="this store is closed"):
        len(other.events)


def test_another_database_in_the_same_place_is_noticed(location, tmp_path):
    store = opened(location)
    hub = fan(store)
    asked_often(store, hub)
    snapshot = store._planner._snapshot
    # The same number of entries, but not the same ones.
    mark = snapshot.state.mark._replace(leaf=b"of another store")
    snapshot.known.clear()
    snapshot.state = snapshot.state._replace(mark=mark)

    assert len(store.closure([hub], Direction.DOWNSTREAM).executions) == WIDTH
    assert store._planner._snapshot is not snapshot
    store.close()


def test_a_slice_and_an_index_of_an_answers_events_are_those_of_the_list(location):
    store = opened(location)
    hub = fan(store)
    asked_often(store, hub)
    (run,) = store.put([Execution(type="Train")], by=BY)
    store.put_edges([Event(artifact_id=hub.id, execution_id=run.id, type=EventType.INPUT)], by=BY)
    events = store.closure([NodeKey(NodeKind.ARTIFACT, hub.id)], Direction.DOWNSTREAM).events

    plain = list(events)
    assert "1 newer" in held(store)
    assert [events[at] for at in (0, 5, -1, WIDTH)] == [plain[at] for at in (0, 5, -1, WIDTH)]
    assert events[WIDTH - 2 :] == plain[WIDTH - 2 :]
    assert events == plain
    assert repr(events) == repr(plain)
    with pytest.raises(IndexError):
        events[WIDTH + 1]
    store.close()


def test_scipy_gets_its_matrix_only_where_there_is_memory_for_it(location, monkeypatch):
    monkeypatch.setattr(numeric, "_module", MODULE)
    monkeypatch.setattr(numeric, "LARGE", 0)
    store = opened(location)
    hub = fan(store)
    first = asked_often(store, hub)
    size, matrices = store._planner._snapshot.bytes, store._planner._snapshot.matrices
    (matrix,) = matrices.values()
    assert matrix.bytes == pytest.approx(4 * (WIDTH + 2 + WIDTH), abs=50)

    for room, count in ((size, 1), (size - 50, 0)):
        store._planner._room, store._planner._snapshot = room, None
        assert asked_often(store, hub) == first
        assert len(store._planner._snapshot.matrices) == count
        assert store._planner._snapshot.bytes <= room
    store.close()


def test_what_a_snapshot_says_it_takes_is_what_python_allocates_for_it(location):
    store = opened(location, "?timeout=5")
    hub = fan(store)
    store.closure([hub], Direction.DOWNSTREAM)
    store._planner._read = 10**18
    store.closure([hub], Direction.DOWNSTREAM)
    store._planner._snapshot = None
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        store.closure([hub], Direction.DOWNSTREAM)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Arrays grow by an eighth more than they need.
    assert store._planner._snapshot.bytes <= after - before <= 1.2 * store._planner._snapshot.bytes + 20_000
    store.close()


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="platform: processes are not forked here")
def test_a_forked_child_brings_the_snapshot_up_also_if_the_lock_was_held(location):
    store = opened(location)
    hub = fan(store)
    asked_often(store, hub)
    (run,) = store.put([Execution(type="Train")], by=BY)
    store.put_edges([Event(artifact_id=hub.id, execution_id=run.id, type=EventType.INPUT)], by=BY)
    with store._planner._lock:
        child = os.fork()
        if child == 0:
            # Nothing of the test framework may run twice.
            found = 0
            with suppress(BaseException):
                found = len(store.closure([hub], Direction.DOWNSTREAM).executions)
            os._exit(0 if found == WIDTH + 1 else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert len(store.closure([hub], Direction.DOWNSTREAM).executions) == WIDTH + 1
    store.close()
