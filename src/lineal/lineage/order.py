"""Order: nodes one after the other, each after those it depends on, whatever cycles bad data holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lineal.model.ids import NodeKey


def outward(hops: Mapping[NodeKey, int], inner: Mapping[NodeKey, Sequence[NodeKey]]) -> list[NodeKey]:
    """Return all nodes so that a node comes after its `inner` neighbours; nearest first where that leaves a choice.

    A cycle is entered at its nearest node. Linear, but for one sort.
    """
    waiting = {key: len(inner.get(key, ())) for key in hops}
    outer: dict[NodeKey, list[NodeKey]] = {key: [] for key in hops}
    for key, neighbours in inner.items():
        for neighbour in neighbours:
            outer[neighbour].append(key)
    nearest = sorted(hops, key=lambda key: (hops[key], key.kind.value, key.id))
    ready = [key for key in reversed(nearest) if waiting[key] == 0]
    done: set[NodeKey] = set()
    ordered: list[NodeKey] = []
    upcoming = iter(nearest)
    while len(ordered) < len(hops):
        if not ready:
            ready.append(next(key for key in upcoming if key not in done))
        key = ready.pop()
        if key in done:
            continue
        done.add(key)
        ordered.append(key)
        for neighbour in outer[key]:
            waiting[neighbour] -= 1
            if waiting[neighbour] == 0:
                ready.append(neighbour)
    return ordered
