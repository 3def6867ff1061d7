"""Sweeps: the order of nodes within their columns, and their heights. Called by `layout`; knows numbers, not nodes.

Order by barycentre, to and fro, the order with the fewest crossings kept; heights by isotonic regression: each node as
near to its neighbours as the order allows. Deterministic: ties keep the order before.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

_SWEEPS = 8
_LARGE = 3_000
_LARGE_SWEEPS = 3
_PASSES = 8

Neighbours = Sequence[Sequence[int]]


def ordered(columns: list[list[int]], left: Neighbours, right: Neighbours) -> list[list[int]]:
    """Return the columns with their nodes reordered so that few edges cross."""
    small = sum(map(len, columns)) <= _LARGE
    best, fewest = columns, _crossings(columns, right) if small else 0
    if small and not fewest:
        return best
    position = [0] * len(left)
    for column in columns:
        _number(column, position)
    current = columns
    for sweep in range(_SWEEPS if small else _LARGE_SWEEPS):
        forth = sweep % 2 == 0
        current = _swept(current, left if forth else right, position, forth=forth)
        crossings = _crossings(current, right) if small else 0
        if not small or crossings < fewest:
            best, fewest = current, crossings
    return best


def heights(
    columns: Sequence[Sequence[int]],
    left: Neighbours,
    right: Neighbours,
    size: Sequence[float],
    weight: Sequence[float],
    gap: float,
) -> list[float]:
    """Return the middle of each node, at least `gap` apart within a column."""
    y = [0.0] * len(left)
    offsets = [_offsets(column, size, gap) for column in columns]
    for column, offset in zip(columns, offsets, strict=True):
        for node, distance in zip(column, offset, strict=True):
            y[node] = distance - offset[-1] / 2
    for turn in range(_PASSES):
        forth = turn % 2 == 0
        sides = (left, right) if turn >= _PASSES - 2 else (left,) if forth else (right,)
        for number in range(len(columns)) if forth else reversed(range(len(columns))):
            _settle(columns[number], offsets[number], sides, weight, y)
    return y


def _swept(
    columns: Sequence[list[int]], neighbours: Neighbours, position: list[int], *, forth: bool
) -> list[list[int]]:
    result = list(columns)
    for number in range(len(columns)) if forth else reversed(range(len(columns))):
        centre = {node: _mean(neighbours[node], position) for node in columns[number]}
        result[number] = _sorted_by(columns[number], centre)
        _number(result[number], position)
    return result


def _sorted_by(column: Sequence[int], centre: dict[int, float | None]) -> list[int]:
    """Sort by centre; nodes without a neighbour on that side keep their place."""
    movable = [node for node in column if centre[node] is not None]
    movable.sort(key=lambda node: centre[node] or 0.0)
    following = iter(movable)
    return [next(following) if centre[node] is not None else node for node in column]


def _mean(nodes: Sequence[int], position: Sequence[int]) -> float | None:
    return sum(position[node] for node in nodes) / len(nodes) if nodes else None


def _number(column: Sequence[int], position: list[int]) -> None:
    for place, node in enumerate(column):
        position[node] = place


def _crossings(columns: Sequence[Sequence[int]], right: Neighbours) -> int:
    """Return how often straight edges between neighbouring columns cross."""
    position = [0] * len(right)
    for column in columns:
        _number(column, position)
    total = 0
    for column in columns:
        ends: list[int] = []
        for node in column:
            targets = sorted(position[other] for other in right[node])
            total += sum(len(ends) - bisect_right(ends, target) for target in targets)
            for target in targets:
                insort(ends, target)
    return total


def _offsets(column: Sequence[int], size: Sequence[float], gap: float) -> list[float]:
    offset, found = 0.0, []
    for place, node in enumerate(column):
        if place:
            offset += (size[column[place - 1]] + size[node]) / 2 + gap
        found.append(offset)
    return found


def _settle(
    column: Sequence[int],
    offset: Sequence[float],
    sides: Sequence[Neighbours],
    weight: Sequence[float],
    y: list[float],
) -> None:
    """Pool adjacent violators: the least squares under the order and the distances."""
    blocks: list[tuple[float, float, int]] = []  # weighted mean, weight, how many nodes
    for node, distance in zip(column, offset, strict=True):
        around = [y[other] for side in sides for other in side[node]]
        wish = sum(around) / len(around) if around else y[node]
        mean, mass, count = wish - distance, weight[node] if around else weight[node] / 4, 1
        while blocks and blocks[-1][0] > mean:
            other, more, nodes = blocks.pop()
            mean = (mean * mass + other * more) / (mass + more)
            mass, count = mass + more, count + nodes
        blocks.append((mean, mass, count))
    place = 0
    for mean, _, count in blocks:
        for node in column[place : place + count]:
            y[node] = mean + offset[place]
            place += 1
