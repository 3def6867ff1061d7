"""Lanes: which column of a picture each node stands in. Called by `layout`; knows numbers, not nodes.

Seven lanes from raw data to prediction, always in this order. A lane is a floor, not a ceiling: what was made from a
model (an ensemble's training) stands right of it, so that data always flows to the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LANES: tuple[tuple[str, frozenset[str]], ...] = (
    ("Raw data", frozenset({"Ingest", "RawData"})),
    ("Data", frozenset({"Transform", "Validate", "Dataset", "Features", "Environment", "Metrics", "Report"})),
    ("Training", frozenset({"Train", "Rebuild"})),
    ("Model", frozenset({"Model", "Evaluate", "Export"})),
    ("Image", frozenset({"Package", "Image"})),
    ("Endpoint", frozenset({"Deploy", "EndpointRevision"})),
    ("Prediction", frozenset({"Prediction"})),
)

_LANE_OF = {type_: lane for lane, (_, types) in enumerate(LANES) for type_ in types}


@dataclass(frozen=True, slots=True)
class Columns:
    """The column of each node, the lane of each column, and the edges that had to be drawn backwards."""

    column: list[int]
    lane_of_column: list[int]
    back: set[tuple[int, int]]


def columns_of(types: Sequence[str], edges: Sequence[tuple[int, int]]) -> Columns:
    """Return the columns of nodes 0…n-1 with these types: longest paths inside the lanes.

    Edges that close a cycle (bad data) are left out of the ranking and returned as `back`. Linear.
    """
    after: list[list[int]] = [[] for _ in types]
    for source, target in edges:
        after[source].append(target)
    back = _closing(after)
    forward = [(source, target) for source, target in edges if (source, target) not in back]
    order = _ordered(len(types), forward)
    lane, rank = _ranked(types, forward, order)
    _tightened(lane, rank, forward, order)
    stands = sorted({(lane[node], rank[node]) for node in range(len(types))})
    place = {stand: column for column, stand in enumerate(stands)}
    column = [place[lane[node], rank[node]] for node in range(len(types))]
    return Columns(column, [stand[0] for stand in stands], back)


def _closing(after: Sequence[Sequence[int]]) -> set[tuple[int, int]]:
    """Return the edges that lead back into the path by which a depth-first walk came."""
    fresh, open_, done = 0, 1, 2
    state = [fresh] * len(after)
    back: set[tuple[int, int]] = set()
    for start in range(len(after)):
        if state[start] != fresh:
            continue
        state[start] = open_
        stack = [(start, iter(after[start]))]
        while stack:
            node, following = stack[-1]
            for other in following:
                if state[other] == open_:
                    back.add((node, other))
                elif state[other] == fresh:
                    state[other] = open_
                    stack.append((other, iter(after[other])))
                    break
            else:
                state[node] = done
                stack.pop()
    return back


def _ordered(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in edges:
        after[source].append(target)
        waiting[target] += 1
    order = [node for node in range(count) if not waiting[node]]
    for node in order:  # grows while it is read
        for other in after[node]:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    return order


def _ranked(
    types: Sequence[str], edges: Sequence[tuple[int, int]], order: Sequence[int]
) -> tuple[list[int], list[int]]:
    before: list[list[int]] = [[] for _ in types]
    for source, target in edges:
        before[target].append(source)
    lane = [_LANE_OF.get(type_, 0) for type_ in types]
    rank = [0] * len(types)
    for node in order:
        for other in before[node]:
            lane[node] = max(lane[node], lane[other])
        same = [rank[other] + 1 for other in before[node] if lane[other] == lane[node]]
        rank[node] = max(same, default=0)
    return lane, rank


def _tightened(lane: list[int], rank: list[int], edges: Sequence[tuple[int, int]], order: Sequence[int]) -> None:
    """Move what nothing in its lane leads to next to its first reader there: shorter edges, same columns."""
    after: list[list[int]] = [[] for _ in order]
    held = [False] * len(order)
    for source, target in edges:
        if lane[source] == lane[target]:
            after[source].append(target)
            held[target] = True
    for node in reversed(order):
        if after[node] and not held[node]:
            rank[node] = min(rank[other] for other in after[node]) - 1
