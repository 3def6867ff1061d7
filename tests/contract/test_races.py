"""Races: threads and processes write the same name, type, alias or context; one wins, nothing is there twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import lineal
from lineal.errors import AlreadyExists, NotFound
from lineal.model.edges import EventType
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Publication, Use
from lineal.model.types import NodeType

WRITERS = 6


def together(count, act):
    """Run `act(number)` in threads that start at one moment; return answers and errors in order."""
    ready = threading.Barrier(count)

    def run(number):
        ready.wait()
        try:
            return act(number)
        except AlreadyExists as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_one_of_many_threads_gets_a_name(store, by, clean):
    answers = together(WRITERS, lambda number: store.put([Artifact(type="Model", name="m", uri=str(number))], by=by))

    assert sum(isinstance(answer, AlreadyExists) for answer in answers) == WRITERS - 1
    assert len(store.list(Artifact).items) == 1
    assert [type_.name for type_ in store.list_types()] == ["Model"]
    clean()


def test_threads_that_publish_the_same_share_type_context_and_artifact(store, by, clean):
    def publish(number):
        return store.publish(
            Publication(
                execution=Execution(type="Train"),
                uses=[
                    Use(
                        artifact=Artifact(type="RawData", name="d@1", fingerprint="sha256:1"),
                        type=EventType.OUTPUT,
                        aliases=("newest",),
                    )
                ],
                contexts=[Context(type="Experiment", name="e")],
            ),
            by=by,
        )

    answers = together(WRITERS, publish)
    assert len({answer.artifact_ids for answer in answers}) == 1
    assert len({answer.context_ids for answer in answers}) == 1
    assert sorted(answer.entry for answer in answers) == list(range(1, WRITERS + 1))
    assert len(store.list_types()) == 4
    assert len(store.aliases()) == 1
    assert len(store.aliases(history=True)) == WRITERS
    clean()


def test_threads_that_register_one_type_get_one_id(store, by, clean):
    own = NodeType(kind=NodeKind.ARTIFACT, name="Own")
    answers = together(WRITERS, lambda _: store.put_types([own], by=by))
    assert len({tuple(answer) for answer in answers}) == 1
    clean()


def test_a_failing_writer_never_confuses_readers_and_other_writers(store, by, clean):
    store.put([Artifact(type="Model", name="m"), Artifact(type="Dataset")], by=by)
    stop = threading.Event()

    def fail(_):
        while not stop.is_set():
            try:
                store.put([Artifact(type="Report"), Artifact(type="Model", name="m")], by=by)
            except AlreadyExists:
                continue

    def read(number):
        try:
            for at in range(60):
                assert [node.type for node in store.get(Artifact, [1, 2])] == ["Model", "Dataset"]
                assert [type_.name for type_ in store.list_types()][:2] == ["Model", "Dataset"]
                store.put([Artifact(type="Image", name=f"{number} {at}")], by=by)
        finally:
            stop.set()

    together(3, lambda number: fail(number) if number == 0 else read(number))
    assert len(store.list(Artifact).items) == 100
    assert {type_.name for type_ in store.list_types()} == {"Model", "Dataset", "Image"}
    clean()


PROGRAM = """
import sys
from lineal.errors import AlreadyExists
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin, Publication, Use
from lineal.store.location import locate
from lineal.store.open import open_store

by = Origin(actor="ada", action="race")
print("ready", flush=True)
sys.stdin.readline()
store = open_store(locate(sys.argv[1]))
for number in range(10):
    model = Artifact(type="Model", name=f"m@{number}", fingerprint=f"sha256:{number}")
    use = Use(artifact=model, type=EventType.OUTPUT, aliases=("newest",))
    context = Context(type="Experiment", name="e")
    store.publish(Publication(execution=Execution(type="Train"), uses=[use], contexts=[context]), by=by)
    try:
        store.put([Artifact(type="Image", name=str(number))], by=by)
        print("won", number)
    except AlreadyExists:
        pass
store.close()
"""


def test_processes_that_create_and_fill_one_store_together_duplicate_nothing(backend, by):
    environment = os.environ | {"PYTHONPATH": str(Path(lineal.__file__).parent.parent)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, backend.url()],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    won = [line for writer in writers for line in writer.communicate(timeout=60)[0].splitlines()]
    assert [writer.returncode for writer in writers] == [0, 0, 0]

    store = backend.open()
    assert sorted(won) == sorted(f"won {number}" for number in range(10))
    assert sorted(node.name for node in store.versions("Model", "m")) == [f"m@{number}" for number in range(10)]
    assert len(store.list(Context).items) == 1
    assert len(store.list(Execution).items) == 30
    assert len({(type_.kind, type_.name) for type_ in store.list_types()}) == len(store.list_types()) == 4
    assert len(store.aliases()) == 1
    assert len(store.entries()) == 40
    assert store.verify().findings == []


FORK = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


@FORK
def test_a_forked_child_uses_connections_of_its_own(backend, store, by, clean):
    store.put([Artifact(type="Model", name="parent")], by=by)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            store.put([Artifact(type="Model", name="child")], by=by)
            names = {node.name for node in store.list(Artifact).items}
            status = 0 if names >= {"parent", "child"} else 2
            store.close()
        finally:
            os._exit(status)
    store.put([Artifact(type="Image", name="meanwhile")], by=by)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sorted(node.name for node in store.list(Artifact).items) == ["child", "meanwhile", "parent"]
    clean()


@FORK
def test_a_child_forked_inside_a_batch_is_no_part_of_it(backend, store, by):
    with store.batch():
        store.put([Artifact(type="Model", name="parent")], by=by)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if list(store.list(Artifact).items) == [] else 2
                store.get(Artifact, [1])
            except NotFound:
                os._exit(status)
            finally:
                os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(store.list(Artifact).items) == 1
    assert store.verify().ok
