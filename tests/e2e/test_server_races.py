"""Sixteen writers want the same type, name, version, context and alias at once; readers follow what they commit."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

import lineal
from lineal.model.ids import NodeKind
from lineal.model.listing import ListOptions, OrderBy
from lineal.model.nodes import Artifact, Context, Execution
from lineal.store.location import locate
from lineal.store.open import open_store

pytestmark = pytest.mark.reliability

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(lineal.__file__).parent.parent)}
PROCESSES, THREADS = 4, 4

# Whatever is not foreseen here ends the process with a traceback: a deadlock must never reach a caller.
WRITER = """
import os, sys, threading
from lineal.errors import AlreadyExists
from lineal.model.edges import EventType
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.model.types import NodeType
from lineal.store.location import locate
from lineal.store.open import open_store

url, threads, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
by = Origin(actor="ada", action="race")
print("ready", flush=True)
sys.stdin.readline()
store = open_store(locate(url))
together = threading.Barrier(threads)
failed = []

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def race(round_):
    (type_id,) = store.put_types([NodeType(kind=NodeKind.ARTIFACT, name=f"Own{round_}")], by=by)
    try:
        store.put([Artifact(type=f"Own{round_}", name="first", external_id=f"x{round_}")], by=by)
        say("won", round_)
    except AlreadyExists:
        pass
    model = Artifact(type="Model", name=f"m@{round_}", fingerprint=f"sha256:{round_}")
    published = store.publish(
        Publication(
            execution=Execution(type="Train"),
            uses=[Use(artifact=model, type=EventType.OUTPUT, aliases=("newest",))],
            contexts=[Context(type="Experiment", name=f"e{round_}")],
        ),
        by=by,
    )
    say("got", round_, type_id, *published.artifact_ids, *published.context_ids)

def write():
    try:
        for round_ in range(rounds):
            together.wait(60)
            race(round_)
    except BaseException as error:
        failed.append(error)
        together.abort()
        raise

workers = [threading.Thread(target=write) for _ in range(threads)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
store.close()
sys.exit(len(failed))
"""


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server = request.getfixturevalue(request.param)
    url = server.new_database()
    yield f"{url}?home={tmp_path}/home"
    server.drop_database(url)


class Follower(threading.Thread):
    """Reads "what came after the last I saw" again and again; `missed` is what turned up behind its back."""

    def __init__(self, store):
        super().__init__()
        self._store = store
        self._done = threading.Event()
        self.entries = [0]
        self.executions = [0]
        self.error = None

    def run(self):
        try:
            while not self._done.is_set():
                self._look()
            self._look()
        except BaseException as error:
            self.error = error
            raise

    def _look(self):
        self.entries += [entry.seq for entry in self._store.entries(after=self.entries[-1])]
        newer = ListOptions(order_by=OrderBy.ID, ascending=True, limit=10**6)
        self.executions = [0, *(run.id for run in self._store.list(Execution, newer).items)]

    def finish(self):
        self._done.set()
        self.join()
        assert self.error is None


def test_sixteen_writers_have_one_winner_each_and_readers_miss_nothing(url, campaign):
    rounds = 60 if campaign else 5
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, str(THREADS), str(rounds)],
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    store = open_store(locate(url))
    follower = Follower(store)
    follower.start()
    said = [writer.communicate(timeout=300) for writer in writers]
    follower.finish()
    assert [(writer.returncode, errors) for writer, (_, errors) in zip(writers, said, strict=True)] == [
        (0, "")
    ] * PROCESSES

    lines = [tuple(line.split()) for output, _ in said for line in output.splitlines()]
    assert sorted(line for line in lines if line[0] == "won") == sorted(("won", str(each)) for each in range(rounds))
    # All that were told an id were told the same one.
    got = Counter(line for line in lines if line[0] == "got")
    assert len(got) == rounds
    assert set(got.values()) == {PROCESSES * THREADS}

    types = store.list_types()
    assert len({(type_.kind, type_.name) for type_ in types}) == len(types)
    assert sum(type_.kind is NodeKind.ARTIFACT and type_.name.startswith("Own") for type_ in types) == rounds
    assert len(store.list(Artifact, ListOptions(type="Model", limit=10**6)).items) == rounds
    assert len(store.list(Context, ListOptions(limit=10**6)).items) == rounds
    runs = PROCESSES * THREADS * rounds
    assert len(store.list(Execution, ListOptions(limit=10**6)).items) == runs
    assert len(store.aliases()) == 1
    assert len(store.aliases(history=True)) == runs

    # Each round has one entry for the type, one for the name, and one for each run.
    total = rounds * (2 + PROCESSES * THREADS)
    assert follower.entries == list(range(total + 1))
    assert follower.executions == list(range(runs + 1))
    assert store.verify().findings == []
    store.close()
