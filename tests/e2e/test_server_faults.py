"""A server that stops, or is killed, in the middle of load: writers go on with the store they have, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lineal
from lineal.errors import StoreUnavailable
from lineal.model.edges import EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Origin
from lineal.server.calls import Caller, Calls
from lineal.store.location import locate
from lineal.store.open import open_store

pytestmark = pytest.mark.reliability

BY = Origin(actor="ada", action="fault test")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(lineal.__file__).parent.parent)}

# Two threads a process share one pool. A write that failed may have been kept or not: the next has another number.
WRITER = """
import itertools, os, sys, threading
from lineal.errors import Aborted, Unavailable
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.store.location import locate
from lineal.store.open import open_store

store, writer, stop = open_store(locate(sys.argv[1])), sys.argv[2], sys.argv[3]

def write(thread):
    for number in itertools.count():
        if os.path.exists(stop):
            return
        name = f"{writer}{thread}@{number}"
        flights = Artifact(type="RawData", name="flights@1", fingerprint="sha256:1")
        model = Artifact(type="Model", name=name, fingerprint=f"sha256:{name}")
        try:
            published = store.publish(
                Publication(
                    execution=Execution(type="Train", name=name),
                    uses=[
                        Use(artifact=flights, type=EventType.INPUT),
                        Use(artifact=model, type=EventType.OUTPUT, aliases=("newest",)),
                    ],
                    contexts=[Context(type="Experiment", name="e")],
                ),
                by=Origin(actor=writer, action="publish"),
            )
        except (Aborted, Unavailable):
            os.write(1, f"unknown {name}\\n".encode())
        else:
            os.write(1, f"kept {name} {published.execution_id} {published.entry}\\n".encode())

threads = [threading.Thread(target=write, args=(thread,)) for thread in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
store.close()
"""


class Writers:
    """Processes that publish until they are told to stop, and what they said."""

    def __init__(self, url, directory, count):
        self._stop = directory / "stop"
        self.said = []
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, url, f"w{number}", str(self._stop)],
                env=ENVIRONMENT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(count)
        ]

    def each_keeps(self, count):
        """Wait until each process acknowledged so many further writes."""
        for process in self._processes:
            kept = 0
            while kept < count:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                self.said.append(line)
                kept += line.startswith("kept")

    def end(self):
        """Stop all, and return what was acknowledged and which names were not."""
        self._stop.touch()
        for process in self._processes:
            self.said += process.stdout.readlines()
            assert (process.wait(timeout=120), process.stderr.read()) == (0, "")
        words = [line.split() for line in self.said]
        kept = {name: (int(id_), int(entry)) for _, name, id_, entry in (said for said in words if said[0] == "kept")}
        return kept, {said[1] for said in words if said[0] == "unknown"}

    def kill(self):
        for process in self._processes:
            with process:
                process.kill()


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def url(server, tmp_path):
    url = server.new_database()
    yield f"{url}?home={tmp_path}/home"
    server.drop_database(url)


@pytest.fixture
def store(url):
    store = open_store(locate(url))
    yield store
    store.close()


@pytest.fixture
def writers(url, store, tmp_path):
    writers = Writers(url, tmp_path, 2)
    yield writers
    writers.kill()


def check_whole(store, kept, unknown):
    """Check that every acknowledged write is there as it was acknowledged, and that no other one is there by half."""
    runs = {run.name: run for run in store.list(Execution, ListOptions(limit=10**6)).items}
    assert {name: (runs[name].id, runs[name].entry) for name in kept} == kept
    assert set(runs) - set(kept) <= unknown
    for run in runs.values():
        events = store.events(executions=[run.id])
        assert [event.type for event in events] == [EventType.INPUT, EventType.OUTPUT]
        assert store.get(Artifact, [events[1].artifact_id])[0].name == run.name
        assert len(store.memberships([NodeKey(NodeKind.EXECUTION, run.id)])) == 1
    models = store.list(Artifact, ListOptions(type="Model", limit=10**6)).items
    assert len(models) == len(runs) == len(store.entries(limit=10**6)) == len(store.aliases(history=True))
    assert store.verify().findings == []


@pytest.mark.parametrize("fault", ["restart", "kill"])
def test_no_acknowledged_write_is_lost_and_every_writer_goes_on_when_the_server_is_back(
    server, store, writers, campaign, fault
):
    rounds, between = (20, 25) if campaign else (2, 10)
    writers.each_keeps(between)
    for _ in range(rounds):
        if fault == "restart":
            server.restart()
        else:
            server.kill()
            server.start()
        writers.each_keeps(between)
    check_whole(store, *writers.end())


def test_a_reader_that_slept_through_a_restart_sees_no_error(server, store):
    store.put([Artifact(type="Model", name="m")], by=BY)
    server.restart()
    assert [node.name for node in store.list(Artifact).items] == ["m"]
    server.kill()
    server.start()
    store.put([Artifact(type="Model", name="n")], by=BY)
    assert [node.name for node in store.list(Artifact).items] == ["m", "n"]


def test_what_a_batch_wrote_before_the_server_went_is_undone_and_said(server, store):
    with pytest.raises(StoreUnavailable), store.batch():  # noqa: PT012  the block is the batch
        store.put([Artifact(type="Model", name="m")], by=BY)
        server.restart()
        store.put([Artifact(type="Model", name="n")], by=BY)
    assert store.list(Artifact).items == []
    store.put([Artifact(type="Model", name="m")], by=BY)
    assert store.verify().findings == []


def test_a_store_whose_server_is_down_says_where_to_its_opener_and_to_no_caller_elsewhere(server, store, url):
    calls = Calls(store, longest=10**6)
    server.stop()
    try:
        with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1"):
            open_store(locate(url))
        answer = calls.answer("GetArtifacts", b"", Caller(name="elsewhere"))
    finally:
        server.start()
    assert (answer.code, answer.text) == (14, "the server's database cannot be reached now, try again")
    store = open_store(locate(url))
    store.put([Artifact(type="Model", name="m")], by=BY)
    store.close()
