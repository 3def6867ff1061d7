"""Paths: every way by which one thing reached another, shortest first."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lineal.errors import InvalidArgument
from lineal.lineage.graph import GraphEdge, GraphNode
from lineal.lineage.order import outward
from lineal.lineage.query import Start, Walked, read, start_at, walk
from lineal.model.ids import Micros, NodeKey
from lineal.model.traversal import Direction, Truncation
from lineal.store.protocol import Store

LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """All simple paths from the upstream end to the downstream end, shortest first.

    `swapped` says that the second thing asked for is the upstream one. No path at all is an answer: then neither
    depends on the other. `truncated` is None only if these are all paths.
    """

    source: GraphNode
    target: GraphNode
    swapped: bool
    found: Sequence[tuple[NodeKey, ...]]
    nodes: Mapping[NodeKey, GraphNode]
    edges: Sequence[GraphEdge]
    truncated: Truncation | None = None


def paths(
    store: Store, a: str | NodeKey, b: str | NodeKey, *, limit: int = LIMIT, as_of: Micros | None = None
) -> Paths:
    """Return up to `limit` paths between `a` and `b`; which of them is upstream is found out.

    Costs no more than the closure and the length of the paths returned.
    """
    if limit < 1:
        raise InvalidArgument(f"limit is {limit}; ask for at least 1 path")
    first, second = _single(store, a, as_of), _single(store, b, as_of)
    upstream, swapped = walk(store, [second], Direction.UPSTREAM, as_of=as_of), False
    if first not in upstream.hops:
        other = walk(store, [first], Direction.UPSTREAM, as_of=as_of)
        if second in other.hops:
            upstream, swapped, first, second = other, True, second, first
    between = _between(upstream, first)
    found = list(_take(between, upstream.hops, first, second, limit + 1)) if between else []
    kept = found[:limit]
    on_paths = {key for path in kept for key in path} | {first, second}
    edges = [edge for edge in upstream.edges if edge.source in on_paths and edge.target in on_paths]
    part = Walked({key: upstream.hops.get(key, 0) for key in on_paths}, edges, upstream.truncated)
    graph = read(store, Start((second,)), Direction.UPSTREAM, part, as_of=as_of)
    more = Truncation(f"only the {limit} shortest paths are listed") if len(found) > limit else None
    return Paths(
        source=graph.nodes[first],
        target=graph.nodes[second],
        swapped=swapped,
        found=tuple(kept),
        nodes=graph.nodes,
        edges=graph.edges,
        truncated=more or upstream.truncated,
    )


def _single(store: Store, ref: str | NodeKey, as_of: Micros | None) -> NodeKey:
    roots = start_at(store, ref, as_of=as_of).roots
    if len(roots) != 1:
        raise InvalidArgument(f"{ref} names {len(roots)} nodes; a path has one at each end")
    return roots[0]


def _between(upstream: Walked, first: NodeKey) -> dict[NodeKey, list[NodeKey]]:
    """Return the next nodes towards the target, of every node that the upstream end reaches; {} if it reaches none."""
    if first not in upstream.hops:
        return {}
    following: dict[NodeKey, dict[NodeKey, None]] = {}
    for edge in upstream.edges:
        following.setdefault(edge.source, {})[edge.target] = None
    reached: dict[NodeKey, list[NodeKey]] = {}
    waiting = deque([first])
    while waiting:
        key = waiting.popleft()
        if key in reached:
            continue
        reached[key] = list(following.get(key, ()))
        waiting.extend(reached[key])
    return reached


def _take(
    between: Mapping[NodeKey, list[NodeKey]],
    distance: Mapping[NodeKey, int],
    first: NodeKey,
    second: NodeKey,
    count: int,
) -> Iterator[tuple[NodeKey, ...]]:
    """Yield the shortest simple paths. The distance to the target is exact, so no step is tried in vain."""
    simple = _has_cycle(between, distance)
    # (length of the whole path, -depth, tie, node, the path before it as a chain)
    heap: list[tuple[int, int, int, NodeKey, _Chain]] = [(distance[first], 0, 0, first, None)]
    tie = 0
    while heap and count:
        _, negative, _, key, before = heapq.heappop(heap)
        chain = (key, before)
        if key == second:
            count -= 1
            yield _unrolled(chain)
            continue
        visited = set(_unrolled(chain)) if simple else ()
        for following in between[key]:
            if following in visited:
                continue
            tie += 1
            depth = 1 - negative
            heapq.heappush(heap, (depth + distance[following], -depth, tie, following, chain))


_Chain = tuple[NodeKey, "_Chain"] | None


def _unrolled(chain: _Chain) -> tuple[NodeKey, ...]:
    keys: list[NodeKey] = []
    while chain is not None:
        keys.append(chain[0])
        chain = chain[1]
    return tuple(reversed(keys))


def _has_cycle(between: Mapping[NodeKey, list[NodeKey]], distance: Mapping[NodeKey, int]) -> bool:
    order = outward({key: distance[key] for key in between}, between)
    place = {key: position for position, key in enumerate(order)}
    return any(place[following] >= place[key] for key, after in between.items() for following in after)
