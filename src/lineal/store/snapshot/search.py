"""SciPy's breadth-first search in C over a snapshot: for large answers to plain questions.

Artifacts and executions are the nodes of one matrix, executions behind the artifacts.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any, cast

from lineal.model.ids import NodeKind
from lineal.model.traversal import Direction
from lineal.store.snapshot.lazy import LazyDistances
from lineal.store.snapshot.matrix import Matrix, matrix_of
from lineal.store.snapshot.numeric import numpy_for, search_for
from lineal.store.snapshot.sides import WAYS
from lineal.store.snapshot.view import View
from lineal.store.walk import Question, Walk

_NOBODY = -9999
"""Stands for no predecessor in SciPy's answer."""


def is_plain(view: View, question: Question) -> bool:
    """Return whether SciPy could answer: one start, one way, nothing cut, nothing made again to follow."""
    if len(question.starts) != 1 or question.hops is not None or question.direction is Direction.BOTH:
        return False
    follows = question.reproductions and bool(view.snapshot.again or view.snapshot.overlay.again)
    return not follows and search_for(view.snapshot.events) is not None


def search(view: View, walk: Walk, question: Question) -> bool:
    """Find what a plain question's start reaches, or return False: the overlay leads further, or memory is short."""
    numpy, found = numpy_for(view.snapshot.events), search_for(view.snapshot.events)
    matrix = None if numpy is None or found is None else matrix_of(view, numpy, found[0])
    if numpy is None or found is None or matrix is None:
        return False
    (start,) = question.starts
    node = start.id + (matrix.artifacts if start.kind is NodeKind.EXECUTION else 0)
    if node >= (matrix.artifacts if start.kind is NodeKind.ARTIFACT else matrix.nodes):
        return False
    order, before = found[1].breadth_first_order(matrix.edges, node, directed=True, return_predecessors=True)
    if _leads_further(view, matrix, before, node, numpy):
        return False
    is_artifact = order < matrix.artifacts
    hops = partial(_hops, numpy, order, before)
    distance = {
        NodeKind.ARTIFACT: LazyDistances[int](order[is_artifact], lambda: hops()[is_artifact]),
        NodeKind.EXECUTION: LazyDistances[int](order[~is_artifact] - matrix.artifacts, lambda: hops()[~is_artifact]),
    }
    walk.distance = cast("dict[NodeKind, dict[int, int]]", distance)
    return True


def _leads_further(view: View, matrix: Matrix, before: Any, start: int, numpy: ModuleType) -> bool:
    """Return whether the overlay has an edge that begins at a node reached."""
    for kind, offset, end in (
        (NodeKind.ARTIFACT, 0, matrix.artifacts),
        (NodeKind.EXECUTION, matrix.artifacts, matrix.nodes),
    ):
        for side in WAYS[view.direction, kind]:
            owners = numpy.array(list(view.snapshot.overlay.sides[side]), dtype=numpy.int64) + offset
            owners = owners[owners < end]
            if bool((before[owners] != _NOBODY).any() or (owners == start).any()):
                return True
    return False


def _hops(numpy: ModuleType, order: Any, before: Any) -> Any:
    """Return the distance of each node, in the order they were reached.

    Who leads to them was reached in that order too, so each hop is one stretch of it.
    """
    place = numpy.empty(len(before), dtype=numpy.int64)
    place[order] = numpy.arange(len(order))
    reached_from = place[before[order[1:]]]
    ends = [0, 1]
    while ends[-1] < len(order):
        ends.append(1 + int(numpy.searchsorted(reached_from, ends[-1])))
    return numpy.repeat(numpy.arange(len(ends) - 1), numpy.diff(ends))
