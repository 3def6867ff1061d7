"""Faults on purpose: writers killed at any moment, a full disk, a file that may not grow. Nothing is half-written."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import lineal
from lineal.errors import StoreFull, StoreUnavailable
from lineal.model.edges import EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.store.location import of_database
from lineal.store.open import open_store

pytestmark = pytest.mark.reliability

BY = Origin(actor="ada", action="fault test")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(lineal.__file__).parent.parent)}

WRITER = """
import os, sys
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.edges import EventType
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.store.location import locate
from lineal.store.open import open_store

url, writer, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = open_store(locate(url))
for number in range(first, first + count):
    name = f"{writer}@{number}"
    published = store.publish(
        Publication(
            execution=Execution(type="Train", name=name, custom_properties={"n": number}),
            uses=[
                Use(artifact=Artifact(type="RawData", name="flights@1", fingerprint="sha256:1"), type=EventType.INPUT),
                Use(
                    artifact=Artifact(type="Model", name=name, fingerprint=f"sha256:{name}"),
                    type=EventType.OUTPUT,
                    aliases=("newest",),
                ),
            ],
            contexts=[Context(type="Experiment", name="e")],
            metrics=[MetricSeries(execution_id=0, name="loss", steps=[0], values=[0.5], times=[1])],
        ),
        by=Origin(actor=writer, action="publish"),
    )
    os.write(1, f"{number} {published.execution_id} {published.artifact_ids[1]} {published.entry}\\n".encode())
"""


def start(url, writer, first, count):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, writer, str(first), str(count)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def killed_after(process, acknowledgements):
    """Let a writer acknowledge so many, kill it, and return all it acknowledged till its last moment."""
    lines = [process.stdout.readline() for _ in range(acknowledgements)]
    process.send_signal(signal.SIGKILL)
    with process:
        rest, errors = process.stdout.read(), process.stderr.read()
    assert (process.returncode, errors) == (-signal.SIGKILL, b"")
    whole = b"".join(lines) + rest
    return [tuple(map(int, line.split())) for line in whole.splitlines(keepends=True) if line.endswith(b"\n")]


def check_whole(store, acknowledged, killed):
    """Check that each acknowledged publication is there whole, and that no other is there by half."""
    runs = {run.id: run for run in store.list(Execution, ListOptions(limit=10**6)).items}
    for writer, number, execution_id, model_id, entry in acknowledged:
        assert (runs[execution_id].name, runs[execution_id].entry) == (f"{writer}@{number}", entry)
        assert store.get(Artifact, [model_id])[0].name == f"{writer}@{number}"
    # What was written but not acknowledged before the kill is there whole as well.
    assert len(acknowledged) <= len(runs) <= len(acknowledged) + killed
    for run in runs.values():
        events = store.events(executions=[run.id])
        assert [event.type for event in events] == [EventType.INPUT, EventType.OUTPUT]
        assert store.get(Artifact, [events[1].artifact_id])[0].name == run.name
        assert len(store.memberships([NodeKey(NodeKind.EXECUTION, run.id)])) == 1
        assert [series.name for series in store.metrics(run.id)] == ["loss"]
    models = store.list(Artifact, ListOptions(type="Model", limit=10**6)).items
    assert len(models) == len(runs) == len(store.entries(limit=10**6)) == len(store.aliases(history=True))
    assert store.verify().findings == []


@pytest.mark.parametrize("seed", range(2))
def test_no_acknowledged_publication_is_lost_and_none_is_half_there_after_kill_9(tmp_path, campaign, seed):
    draw = random.Random(seed)
    wanted, most = (1000, 60) if campaign else (60, 12)
    location = of_database(tmp_path / "store.db")
    acknowledged, killed, first = [], 0, 0
    while len(acknowledged) < wanted:
        writers = {f"w{writer}": start(location.url, f"w{writer}", first, 10_000) for writer in range(4)}
        try:
            for writer, process in writers.items():
                answers = killed_after(process, draw.randint(0, most))
                acknowledged += [(writer, *answer) for answer in answers]
                killed += 1
        finally:
            for process in writers.values():
                process.kill()
        first += 10_000

        store = open_store(location, create=False) if location.database.exists() else None
        if store is not None:
            check_whole(store, acknowledged, killed)
            store.close()


def publication(number, size=40_000):
    return Publication(
        execution=Execution(type="Train", name=f"t@{number}"),
        uses=[
            Use(
                artifact=Artifact(type="Model", name=f"m@{number}", custom_properties={"text": "x" * size}),
                type=EventType.OUTPUT,
            )
        ],
    )


def fill_up(store, error):
    """Publish until the disk refuses; return how many were acknowledged."""
    for number in range(10_000):
        try:
            store.publish(publication(number), by=BY)
        except error as refused:
            return number, refused
    raise AssertionError("the disk never filled up")


def check_first(store, count):
    """Check that exactly the first so many publications are there, each whole."""
    models = store.list(Artifact, ListOptions(limit=10**6)).items
    assert [model.name for model in models] == [f"m@{number}" for number in range(count)]
    assert len(store.list(Execution, ListOptions(limit=10**6)).items) == len(store.entries(limit=10**6)) == count
    assert store.verify().findings == []


@pytest.fixture
def small_disk(tmp_path):
    """Four megabytes, mounted for one test."""
    directory = tmp_path / "disk"
    directory.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", directory], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("platform: a small disk can be mounted only by root on Linux")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True, capture_output=True)


def test_a_full_disk_is_told_keeps_what_was_acknowledged_and_goes_on_when_there_is_space(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 2**20)
    store = open_store(of_database(small_disk / "store.db"))
    count, refused = fill_up(store, StoreFull)
    assert count > 5
    assert "the disk is full; nothing of this write was kept" in refused.message
    assert "free some space" in refused.hint
    check_first(store, count)

    with pytest.raises(StoreFull), store.batch():  # noqa: PT012  the block is the batch
        store.publish(publication(count, 10), by=BY)
        store.publish(publication(count + 1, 2**20), by=BY)
    check_first(store, count)

    ballast.unlink()
    store.publish(publication(count), by=BY)
    check_first(store, count + 1)
    store.close()
    store = open_store(of_database(small_disk / "store.db"))
    check_first(store, count + 1)
    store.close()


def test_a_disk_without_room_for_a_store_is_told(small_disk):
    (small_disk / "ballast").write_bytes(b"x" * (2**22 - 2**15))
    with pytest.raises((StoreFull, StoreUnavailable), match=r"store\.db"):
        open_store(of_database(small_disk / "store.db"))
    (small_disk / "ballast").unlink()
    store = open_store(of_database(small_disk / "store.db"))
    check_first(store, 0)
    store.close()


LIMITED = """
import resource, sys
from lineal.errors import LinealError
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.store.location import locate
from lineal.store.open import open_store

store = open_store(locate(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, resource.RLIM_INFINITY))
by = Origin(actor="ada", action="grow")
for number in range(10_000):
    try:
        store.put([Artifact(type="Model", name=f"m@{number}", custom_properties={"text": "x" * 40_000})], by=by)
    except LinealError as error:
        print(number, type(error).__name__, error.message.replace(chr(10), " "))
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.put([Artifact(type="Model", name=f"m@{number}")], by=by)
print(len(store.entries()), store.verify().ok)
store.close()
"""


def test_a_file_that_may_not_grow_loses_nothing_and_goes_on_when_it_may(tmp_path):
    location = of_database(tmp_path / "store.db")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, location.url],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    refused, after = done.stdout.splitlines()
    number, kind, message = refused.split(maxsplit=2)
    assert int(number) > 5
    assert kind in {"StoreFull", "StoreUnavailable"}
    assert str(location.database) in message
    assert after == f"{int(number) + 1} True"
    assert done.stderr == ""
