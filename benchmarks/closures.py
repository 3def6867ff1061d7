"""Closures beside scipy's breadth-first search in C, a networkx closure, and SQLite's recursive query.

scipy and networkx walk a graph that is in memory already and give ids. So does Lineal's snapshot once it is there
("lineal"); "from the database" is what the first questions of a process cost, with distances and events. The sets are
compared before anything is timed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

from benchmarks import snapshots
from benchmarks.dag import Question, Walk, questions
from benchmarks.matrices import Matrices, edges_of
from benchmarks.snapshots import ask, warm, without_snapshot
from benchmarks.stores import Full
from benchmarks.timing import Figure, compare, interleave
from lineal.model.edges import EventType
from lineal.model.nodes import Artifact, Execution
from lineal.model.traversal import Closure
from lineal.store.location import of_database
from lineal.store.open import open_store
from lineal.store.protocol import Store
from lineal.store.snapshot import numeric

T = TypeVar("T")
Calls = Mapping[str, Callable[[Question], object]]

_RECURSIVE = """
WITH RECURSIVE reached(id) AS (
    VALUES (?)
    UNION
    SELECT far.artifact_id
    FROM reached
    JOIN event AS near ON near.artifact_id = reached.id AND near.type = ?
    JOIN event AS far ON far.execution_id = near.execution_id AND far.type = ?
)
SELECT id FROM reached
"""


def measure(full: Full, directory: Path, *, rounds: int) -> Iterator[Figure]:
    """Yield the figures of the three questions, and of what the snapshot costs."""
    walk = Walk(full.dag)
    sides = _Sides(full)
    few = min(rounds, 3)
    for question in questions(full.dag):
        sides.compare_sets(walk, question)
        for what, calls, turns in (
            ("closure", sides.ids(), rounds),
            ("events of closure", sides.events(), few),
            ("nodes and events of closure", sides.whole(), few),
        ):
            yield figure_of(what, question, calls, turns, {"artifacts": full.dag.artifacts, "edges": full.dag.edges})
    sides.close()
    yield from snapshots.measure(full, directory, rounds=few)


def figure_of(what: str, question: Question, calls: Calls, rounds: int, store: Mapping[str, int]) -> Figure:
    """Return the figure of one question asked of every side in turns."""
    asked = {side: _asked(call, question) for side, call in calls.items()}
    conditions = {**store, "nodes reached": question.nodes, "hops": question.hops}
    name = f"{what}, {question.name} ({question.nodes:,} nodes of {store['edges']:,} edges)"
    return compare(name, interleave(asked, rounds), unit="ms", scale=1e3, conditions=conditions)


def _asked(call: Callable[[Question], object], question: Question) -> Callable[[], object]:
    return lambda: call(question)


class _Sides:
    """The same graph in a store with a snapshot, in one without, as matrices, and as a networkx graph."""

    def __init__(self, full: Full) -> None:
        import networkx as nx

        self._cold = without_snapshot(full.path)
        self._warm = open_store(of_database(full.path))
        warm(self._warm, full.dag)
        self._reader = sqlite3.connect(f"file:{full.path}?mode=ro", uri=True)
        self._matrices = Matrices(full.dag)
        self._graph = nx.DiGraph()
        self._graph.add_edges_from(edges_of(full.dag))
        self._walks = {True: nx.ancestors, False: nx.descendants}

    def ids(self) -> Calls:
        return {
            "lineal": lambda question: sizes(self.lineal(question)),
            "lineal without SciPy": lambda question: sizes(self.python(question)),
            "lineal, from the database": self.database,
            "scipy": self._matrices.search,
            "networkx": self.networkx,
            "SQL, artifact ids": lambda question: recursive(self._reader, question),
        }

    def events(self) -> Calls:
        return {
            "lineal": lambda question: read(self.lineal(question)),
            "lineal without NumPy": lambda question: plain(lambda: read(ask(self._warm, question))),
            "lineal, from the database": lambda question: read(self.database(question)),
        }

    def whole(self) -> Calls:
        return {
            "lineal": lambda question: _nodes(self._warm, self.lineal(question)),
            "lineal, from the database": lambda question: _nodes(self._cold, self.database(question)),
        }

    def lineal(self, question: Question) -> Closure:
        return ask(self._warm, question)

    def python(self, question: Question) -> Closure:
        return plain(lambda: ask(self._warm, question))

    def database(self, question: Question) -> Closure:
        return ask(self._cold, question)

    def networkx(self, question: Question) -> set[int]:
        return set(self._walks[question.upstream](self._graph, question.artifact))

    def compare_sets(self, walk: Walk, question: Question) -> None:
        """Raise unless an independent walk and every side find the same nodes."""
        artifacts, runs, _ = walk.closure(question.artifact, upstream=question.upstream)
        found = [side(question) for side in (self.lineal, self.python, self.database)]
        for closure in found:
            check(closure, artifacts, runs)
            assert closure.events == found[-1].events, question
        nodes = artifacts | {self._matrices.offset + run for run in runs}
        assert set(self._matrices.search(question)) == nodes, question
        assert self.networkx(question) == nodes - {question.artifact}, question
        assert {row[0] - 1 for row in recursive(self._reader, question)} == artifacts, question

    def close(self) -> None:
        self._reader.close()
        self._warm.close()
        self._cold.close()


def check(closure: Closure, artifacts: set[int], runs: set[int]) -> None:
    """Raise unless a closure has exactly these nodes of the graph."""
    assert closure.truncated is None
    assert {id_ - 1 for id_ in closure.artifacts} == artifacts
    assert {id_ - 1 for id_ in closure.executions} == runs


def sizes(closure: Closure) -> tuple[int, int]:
    """Return how many nodes there are; nothing more is asked of the answer."""
    return len(closure.artifacts), len(closure.executions)


def read(closure: Closure) -> int:
    """Look at every event."""
    return sum(event.artifact_id for event in closure.events)


def plain(call: Callable[[], T]) -> T:
    """Do something as where NumPy and SciPy are not installed."""
    # The records of a snapshot that is there already keep NumPy, if it was there when they were made.
    with patch.object(numeric, "_module", lambda _: None):
        return call()


def recursive(reader: sqlite3.Connection, question: Question) -> Sequence[tuple[int]]:
    """Return the artifacts a recursive query finds."""
    near, far = (EventType.OUTPUT, EventType.INPUT) if question.upstream else (EventType.INPUT, EventType.OUTPUT)
    return reader.execute(_RECURSIVE, (question.artifact + 1, near.value, far.value)).fetchall()


def _nodes(store: Store, closure: Closure) -> tuple[int, Sequence[Artifact], Sequence[Execution]]:
    """Look at every event and read every node, with its properties."""
    artifacts = store.get(Artifact, list(closure.artifacts))
    return read(closure), artifacts, store.get(Execution, list(closure.executions))
