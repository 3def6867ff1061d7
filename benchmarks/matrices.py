"""The benchmark's graph as scipy's sparse matrices. A run is the node `offset + its number`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from benchmarks.dag import Dag, Question


class Matrices:
    """Both directions of a graph, and scipy's breadth-first search over them."""

    def __init__(self, dag: Dag) -> None:
        import numpy as np
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import breadth_first_order

        self.offset = dag.artifacts
        edges = np.fromiter(chain.from_iterable(edges_of(dag)), dtype=np.int32).reshape(-1, 2)
        size = dag.artifacts + len(dag.runs)
        # scipy converts every other kind of number at each call.
        ones = np.ones(len(edges), dtype=np.float64)
        self._matrices = {
            False: csr_array((ones, (edges[:, 0], edges[:, 1])), shape=(size, size)),
            True: csr_array((ones, (edges[:, 1], edges[:, 0])), shape=(size, size)),
        }
        self._search = breadth_first_order

    def search(self, question: Question) -> Sequence[int]:
        """Return the nodes reached."""
        matrix = self._matrices[question.upstream]
        found: Sequence[int] = self._search(matrix, question.artifact, directed=True, return_predecessors=False)
        return found


def edges_of(dag: Dag) -> Iterator[tuple[int, int]]:
    """Yield every edge in the direction in which data flows."""
    for number, run in enumerate(dag.runs):
        for artifact in run.inputs:
            yield artifact, dag.artifacts + number
        for artifact in run.outputs:
            yield dag.artifacts + number, artifact
