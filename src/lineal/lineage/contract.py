"""Contract: leave nodes out of a walk without cutting a path; called by `query` for its type filter.

Each hidden node remembers the kept nodes nearest to it on the root's side; a kept node behind it is
joined to those by `via` edges. Linear: a hidden node remembers at most `REMEMBERED` of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lineal.lineage.graph import GraphEdge
from lineal.lineage.order import outward
from lineal.model.edges import How
from lineal.model.ids import NodeKey
from lineal.model.traversal import Direction

REMEMBERED = 64


def contract(
    hops: Mapping[NodeKey, int], edges: Sequence[GraphEdge], direction: Direction, kept: set[NodeKey]
) -> tuple[list[GraphEdge], int]:
    """Return the edges among the kept nodes, and how many connections had to be left out.

    An edge between two kept nodes stays as it is. `hidden` of a `via` edge is the number of nodes
    on the shortest way between its ends. Every kept node stays connected to its roots.
    """
    upstream = direction is Direction.UPSTREAM
    inner: dict[NodeKey, list[NodeKey]] = {key: [] for key in hops}
    result: list[GraphEdge] = []
    for edge in edges:
        near, far = (edge.target, edge.source) if upstream else (edge.source, edge.target)
        if near in kept and far in kept:
            result.append(edge)
        if near in inner and far in inner:
            inner[far].append(near)
    remembered: dict[NodeKey, dict[NodeKey, int]] = {}
    dropped = 0
    for key in outward(hops, inner):
        behind = _behind(inner[key], kept, remembered, direct=key not in kept)
        if key in kept:
            result += [_via(key, other, hidden, upstream=upstream) for other, hidden in behind.items() if other != key]
            continue
        if len(behind) > REMEMBERED:
            dropped += len(behind) - REMEMBERED
            nearest = sorted(behind, key=lambda one: (behind[one], hops[one], one.kind.value, one.id))
            behind = {one: behind[one] for one in nearest[:REMEMBERED]}
        remembered[key] = behind
    return result, dropped


def _behind(
    near: Sequence[NodeKey], kept: set[NodeKey], remembered: Mapping[NodeKey, Mapping[NodeKey, int]], *, direct: bool
) -> dict[NodeKey, int]:
    """Return the kept nodes on the root's side, with the number of hidden nodes before each."""
    found: dict[NodeKey, int] = {}
    for key in near:
        if key in kept:
            if direct:
                found[key] = 0
            continue
        for other, hidden in remembered.get(key, {}).items():
            found[other] = min(hidden + 1, found.get(other, hidden + 1))
    return found


def _via(far: NodeKey, near: NodeKey, hidden: int, *, upstream: bool) -> GraphEdge:
    source, target = (far, near) if upstream else (near, far)
    return GraphEdge(source=source, target=target, role="via", how=How.INFERRED, hidden=hidden)
