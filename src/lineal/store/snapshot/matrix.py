"""A direction's edges as one sparse matrix, for SciPy. Made at the first question that needs it."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

from lineal.model.ids import NodeKind
from lineal.store.snapshot.numeric import view_of
from lineal.store.snapshot.sides import WAYS
from lineal.store.snapshot.view import View


class Matrix(NamedTuple):
    """Node `n` is artifact `n` below `artifacts`, else execution `n - artifacts`."""

    edges: Any
    artifacts: int
    nodes: int
    bytes: int


def matrix_of(view: View, numpy: ModuleType, sparse: ModuleType) -> Matrix | None:
    """Return the edges of a view's direction without its overlay, or None where there is no memory for them."""
    snapshot, direction = view.snapshot, view.direction
    found = snapshot.matrices.get(direction)
    if isinstance(found, Matrix):
        return found
    (from_artifacts,) = WAYS[direction, NodeKind.ARTIFACT]
    (from_executions,) = WAYS[direction, NodeKind.EXECUTION]
    makes, takes = snapshot.adjacency[from_artifacts], snapshot.adjacency[from_executions]
    size = len(makes) + len(takes)
    edges_there = len(makes.far) + takes.pointers[-1] - takes.pointers[0]
    if snapshot.bytes + 4 * (edges_there + size) > snapshot.room:
        return None
    first, second = view_of(numpy, makes.pointers), view_of(numpy, takes.pointers)
    reached = view_of(numpy, takes.far)[second[0] : second[-1]]
    indices = numpy.concatenate([view_of(numpy, makes.far) + numpy.int32(len(makes)), reached])
    pointers = numpy.concatenate([first, second[1:] - second[0] + first[-1]])
    # Nobody reads the weights, but SciPy would convert any other kind of number at each call.
    ones = numpy.broadcast_to(numpy.float64(1), len(indices))
    edges = sparse.csr_array((ones, indices, pointers), shape=(size, size), copy=False)
    # Two threads that need it at once make it twice: harmless.
    matrix = Matrix(edges, len(makes), size, indices.nbytes + pointers.nbytes)
    snapshot.matrices[direction] = matrix
    return matrix
