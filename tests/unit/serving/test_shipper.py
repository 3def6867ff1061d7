"""The shipper: everything once, nothing lost without a word, segments gone only when they may."""

from __future__ import annotations

import json
import os
import threading

import pytest

from lineal.errors import FailedPrecondition
from lineal.serving.frames import decode
from lineal.serving.shipper import Gap, Shipped, ship
from lineal.store.open import open_store


def sequences(workspace):
    return sorted(each.sequence for each in workspace.store.predictions(limit=10_000))


def left(location):
    """Return what lies in the spool's directory, but for the shipper's own lock."""
    return sorted(path.suffix for path in location.spool.iterdir() if path.name != "ship.lock")


def test_without_a_spool_there_is_nothing_to_do(workspace, location):
    assert ship(location, workspace.store) == Shipped()
    assert not location.spool.exists()


def test_records_arrive_once_however_often_they_are_shipped(workspace, location, spool, body):
    writer = spool()
    for _ in range(3):
        writer.append(body())
    assert ship(location, workspace.store) == Shipped(new=3)
    assert ship(location, workspace.store) == Shipped(new=0)
    writer.append(body())
    assert ship(location, workspace.store) == Shipped(new=1)
    assert sequences(workspace) == [1, 2, 3, 4]
    (newest, *_) = workspace.store.predictions(limit=1)
    assert (newest.endpoint, newest.key_id, newest.output, newest.spool) == ("api", "k", 1, writer.name)


def test_a_lost_position_adds_nothing_twice(workspace, location, spool, body):
    writer = spool()
    writer.append(body())
    ship(location, workspace.store)
    (position,) = location.spool.glob("*.position")
    position.write_text("{")
    writer.append(body())
    assert ship(location, workspace.store) == Shipped(new=1)
    assert sequences(workspace) == [1, 2]


def test_a_living_spool_keeps_its_segment_and_a_closed_one_goes(workspace, location, spool, body):
    writer = spool()
    writer.append(body())
    ship(location, workspace.store)
    assert left(location) == [".position", ".spool"]
    writer.close()
    assert ship(location, workspace.store) == Shipped()
    assert left(location) == []


def test_full_segments_of_a_living_spool_go_as_they_are_shipped(workspace, location, spool, body):
    writer = spool(segment_bytes=400)
    for _ in range(30):
        writer.append(body())
    assert ship(location, workspace.store).new == 30
    assert left(location) == [".position", ".spool"]
    writer.skip()
    for _ in range(30):
        writer.append(body())
    shipped = ship(location, workspace.store)
    assert shipped.new == 30
    assert shipped.gaps == (Gap(writer.name, 31, 31),)


def test_a_gap_is_reported_once_and_stays_in_the_ledger(workspace, location, spool, body):
    writer = spool()
    writer.append(body())
    writer.skip()
    writer.skip()
    writer.append(body())
    shipped = ship(location, workspace.store)
    assert shipped.gaps == (Gap(writer.name, 2, 3),)
    assert shipped.gaps[0].count == 2
    (entry,) = workspace.store.entries(newest_first=True, limit=1)
    assert entry.reason == f"records 2 to 3 of spool {writer.name} were lost before they were stored"
    assert ship(location, workspace.store).gaps == ()


def test_a_torn_tail_of_a_dead_writer_loses_no_whole_record_and_is_kept(workspace, location, spool, body):
    writer = spool()
    for _ in range(3):
        writer.append(body())
    writer.close()
    (path,) = location.spool.glob("*.spool")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 5)
    assert ship(location, workspace.store).new == 2
    assert left(location) == [".damaged"]


def test_a_torn_tail_of_a_living_writer_is_waited_for(workspace, location, spool, body):
    writer = spool()
    writer.append(body())
    (path,) = location.spool.glob("*.spool")
    whole = path.read_bytes()
    writer.append(body())
    both = path.read_bytes()
    path.write_bytes(both[:-5])  # what a reader sees in the middle of a write
    assert ship(location, workspace.store).new == 1
    path.write_bytes(both)
    assert ship(location, workspace.store).new == 1
    assert len(whole) < len(both)


def test_damage_in_the_middle_costs_one_record_and_is_said(workspace, location, spool, body):
    writer = spool()
    for _ in range(5):
        writer.append(body())
    writer.close()
    (path,) = location.spool.glob("*.spool")
    data = bytearray(path.read_bytes())
    third = data.index(decode(bytes(data)).frames[3].body)
    data[third + 20] ^= 1
    path.write_bytes(bytes(data))
    shipped = ship(location, workspace.store)
    assert (shipped.new, shipped.gaps) == (4, (Gap(writer.name, 3, 3),))
    assert shipped.damaged > 0
    assert sequences(workspace) == [1, 2, 4, 5]
    assert left(location) == [".damaged"]


def test_records_survive_a_damaged_header(workspace, location, spool, body):
    writer = spool()
    writer.append(body())
    writer.close()
    (path,) = location.spool.glob("*.spool")
    data = bytearray(path.read_bytes())
    data[25] ^= 1
    path.write_bytes(bytes(data))
    assert ship(location, workspace.store).new == 1
    (only,) = workspace.store.predictions()
    assert (only.endpoint, only.sequence) == ("unknown", 1)


def test_a_record_no_store_can_take_is_put_aside_and_holds_up_none(workspace, location, spool, body):
    writer = spool()
    writer.append(body())
    writer.append(b"not a record")
    writer.append(body(confidence=float("inf")))
    writer.append(body())
    shipped = ship(location, workspace.store)
    assert (shipped.new, shipped.refused, shipped.gaps) == (2, 2, ())
    lines = [json.loads(line) for line in (location.spool / "refused.jsonl").read_text().splitlines()]
    assert [line["sequence"] for line in lines] == [2, 3]
    assert ship(location, workspace.store) == Shipped()


def test_what_cannot_be_stored_now_stays_in_the_spool(workspace, location, spool, body):
    writer = spool()
    writer.append(body())
    writer.close()
    closed = open_store(location)
    closed.close()
    with pytest.raises(FailedPrecondition):
        ship(location, closed)
    assert ship(location, workspace.store).new == 1


def test_two_shippers_take_turns(workspace, location, spool, body):
    writer = spool()
    writer.append(body())
    entered, leave = threading.Event(), threading.Event()

    class Slow:
        """The store, held open in the middle of a round."""

        def put_predictions(self, predictions, *, by):
            entered.set()
            leave.wait(10)
            return workspace.store.put_predictions(predictions, by=by)

    rounds = []
    first = threading.Thread(target=lambda: rounds.append(ship(location, Slow())))
    first.start()
    entered.wait(10)
    assert ship(location, workspace.store) == Shipped(busy=True)
    patient = threading.Thread(target=lambda: rounds.append(ship(location, workspace.store, wait=10)))
    patient.start()
    leave.set()
    first.join()
    patient.join()
    assert rounds == [Shipped(new=1), Shipped()]
    assert sequences(workspace) == [1]


def test_many_shippers_in_many_processes_bring_each_record_once(workspace, location, spool, body):
    writer = spool(segment_bytes=2000)
    for _ in range(300):
        writer.append(body())
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                own = open_store(location)
                for _ in range(5):
                    ship(location, own, wait=10)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    for _ in range(100):
        writer.append(body())
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    ship(location, workspace.store)
    assert sequences(workspace) == list(range(1, 401))


def test_what_a_writer_left_that_died_while_it_opened_a_segment_goes(workspace, location):
    location.spool.mkdir(parents=True)
    (location.spool / "dead.00000001.draft").write_bytes(b"half a head")
    ship(location, workspace.store)
    assert left(location) == []
