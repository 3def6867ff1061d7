"""What the snapshot behind repeated closures costs: to load, to keep, and to bring up to date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.dag import Dag, Question, questions
from benchmarks.stores import BY, Full, copy, publication_of
from benchmarks.timing import Figure, Spread, seconds
from lineal.model.ids import ArtifactId, NodeKey, NodeKind
from lineal.model.traversal import Closure, Direction
from lineal.store.location import of_database
from lineal.store.open import open_store
from lineal.store.protocol import Store
from lineal.store.sql import SqlStore

NEW_EVENTS = (5, 100, 10_000)
PER_RUN = 5
"""Events of one publication: three inputs, two outputs."""


def measure(full: Full, directory: Path, *, rounds: int) -> Iterator[Figure]:
    """Yield what it takes to load the snapshot, and to ask after some events came."""
    small = questions(full.dag)[0]
    yield _loading(full.path, small, full.dag.edges, rounds)
    path = directory / "growing.db"
    copy(full.path, path)
    store = open_store(of_database(path))
    warm(store, full.dag)
    number = full.dag.artifacts
    for events in NEW_EVENTS:
        # A tenth of the events may come before the snapshot is loaded anew.
        turns = min(rounds, full.dag.edges // 12 // events)
        if not turns:
            continue
        taken: list[float] = []
        for _ in range(turns):
            number = _grow(store, number, events, full.dag.artifacts)
            taken.append(seconds(lambda: ask(store, small)))
        spread = Spread.of([value * 1e3 for value in taken])
        conditions: dict[str, str | int | float] = {"edges": full.dag.edges, "new events": events}
        yield Figure(f"first question after {events:,} new events", "ms", spread, rounds=turns, conditions=conditions)
    store.close()
    path.unlink()


def _loading(path: Path, question: Question, edges: int, rounds: int) -> Figure:
    taken: list[float] = []
    held = 0
    for _ in range(rounds):
        store = open_store(of_database(path))
        ready(store)
        taken.append(seconds(lambda: ask(store, question)))  # noqa: B023  called at once
        held = snapshot_bytes(store)
        store.close()
    conditions: dict[str, str | int | float] = {"edges": edges, "bytes": held, "bytes an edge": round(held / edges, 1)}
    name = f"loading the snapshot ({held / edges:.0f} bytes an edge)"
    return Figure(name, "s", Spread.of(taken), rounds=rounds, conditions=conditions)


def _grow(store: Store, number: int, events: int, known: int) -> int:
    """Publish runs that read what is known and make two artifacts each; return the next free number."""
    with store.batch():
        for run in range(max(1, events // PER_RUN)):
            read = [1 + (number + run * 7919 + at) % known for at in range(3)]
            store.publish(publication_of(number, read, (number, number + 1)), by=BY)
            number += 2
    return number


def ask(store: Store, question: Question) -> Closure:
    """Return a question's closure."""
    start = NodeKey(NodeKind.ARTIFACT, ArtifactId(question.artifact + 1))
    return store.closure([start], Direction.UPSTREAM if question.upstream else Direction.DOWNSTREAM)


def warm(store: Store, dag: Dag) -> None:
    """Let a store load its snapshot, and SciPy with it, as it would have after some questions."""
    ready(store)
    for question in questions(dag):
        ask(store, question)


def ready(store: Store) -> None:
    """Let the next question of a store load its snapshot."""
    assert isinstance(store, SqlStore)
    planner = store._planner  # noqa: SLF001  else thousands of questions would have to come first
    planner._read = 10**18  # noqa: SLF001


def snapshot_bytes(store: Store) -> int:
    """Return what the store says its snapshot takes."""
    said = store.facts()["closure snapshot"]
    assert said.endswith(" bytes"), said
    return int(said.split()[-2])


def without_snapshot(path: Path) -> Store:
    """Return a store that never loads a snapshot."""
    location = of_database(path)
    return open_store(replace(location, url=f"{location.url}?snapshot=0"))
