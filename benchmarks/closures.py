"""Closures beside scipy's breadth-first search in C, a networkx closure, and SQLite's recursive query.

scipy and networkx walk a graph that is in memory already and give ids; Lineal reads from its store and gives ids,
distances and typed events. The sets are compared before anything is timed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence

from benchmarks.dag import Dag, Question, Walk, questions
from benchmarks.stores import Full
from benchmarks.timing import Figure, compare, interleave
from lineal.model.edges import EventType
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.traversal import Closure, Direction

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


def measure(full: Full, *, rounds: int) -> Iterator[Figure]:
    """Yield the figures of the three questions."""
    walk = Walk(full.dag)
    sides = _Sides(full)
    for question in questions(full.dag):
        _compare_sets(sides, walk, question)
        calls = {name: _asked(ask, question) for name, ask in sides.all().items()}
        conditions: dict[str, str | int | float] = {
            "artifacts in the store": full.dag.artifacts,
            "edges": full.dag.edges,
            "nodes reached": question.nodes,
            "hops": question.hops,
        }
        name = f"closure, {question.name} ({question.nodes:,} nodes of {full.dag.edges:,} edges)"
        yield compare(name, interleave(calls, rounds), unit="ms", scale=1e3, conditions=conditions)
    sides.close()


def _asked(ask: Callable[[Question], object], question: Question) -> Callable[[], object]:
    return lambda: ask(question)


def _compare_sets(sides: _Sides, walk: Walk, question: Question) -> None:
    artifacts, runs, _ = walk.closure(question.artifact, upstream=question.upstream)
    closure = sides.lineal(question)
    assert closure.truncated is None
    assert {id_ - 1 for id_ in closure.artifacts} == artifacts, question
    assert {id_ - 1 for id_ in closure.executions} == runs, question
    nodes = artifacts | {sides.offset + run for run in runs}
    assert set(sides.scipy(question)) == nodes, question
    assert sides.networkx(question) == nodes - {question.artifact}, question
    assert {row[0] - 1 for row in sides.recursive(question)} == artifacts, question


class _Sides:
    """The same graph four times. In memory a run is the node `offset + its number`."""

    def __init__(self, full: Full) -> None:
        import networkx as nx
        import numpy as np
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import breadth_first_order

        self._store = full.store
        self._reader = sqlite3.connect(f"file:{full.path}?mode=ro", uri=True)
        self.offset = full.dag.artifacts
        edges = np.array(list(_edges(full.dag)), dtype=np.int32)
        size = full.dag.artifacts + len(full.dag.runs)
        # scipy converts every other kind of number at each call.
        ones = np.ones(len(edges), dtype=np.float64)
        self._matrices = {
            False: csr_array((ones, (edges[:, 0], edges[:, 1])), shape=(size, size)),
            True: csr_array((ones, (edges[:, 1], edges[:, 0])), shape=(size, size)),
        }
        self._graph = nx.DiGraph()
        self._graph.add_edges_from(_edges(full.dag))
        self._walks = {True: nx.ancestors, False: nx.descendants}
        self._search = breadth_first_order

    def all(self) -> dict[str, Callable[[Question], object]]:
        return {
            "lineal": self.lineal,
            "scipy": self.scipy,
            "networkx": self.networkx,
            "SQL, artifact ids": self.recursive,
        }

    def lineal(self, question: Question) -> Closure:
        start = NodeKey(NodeKind.ARTIFACT, question.artifact + 1)
        return self._store.closure([start], Direction.UPSTREAM if question.upstream else Direction.DOWNSTREAM)

    def scipy(self, question: Question) -> Sequence[int]:
        matrix = self._matrices[question.upstream]
        found: Sequence[int] = self._search(matrix, question.artifact, directed=True, return_predecessors=False)
        return found

    def networkx(self, question: Question) -> set[int]:
        return set(self._walks[question.upstream](self._graph, question.artifact))

    def recursive(self, question: Question) -> list[tuple[int]]:
        near, far = (EventType.OUTPUT, EventType.INPUT) if question.upstream else (EventType.INPUT, EventType.OUTPUT)
        bound = (question.artifact + 1, near.value, far.value)
        return self._reader.execute(_RECURSIVE, bound).fetchall()

    def close(self) -> None:
        self._reader.close()


def _edges(dag: Dag) -> Iterator[tuple[int, int]]:
    for number, run in enumerate(dag.runs):
        for artifact in run.inputs:
            yield artifact, dag.artifacts + number
        for artifact in run.outputs:
            yield dag.artifacts + number, artifact
