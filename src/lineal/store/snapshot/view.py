"""A view: one snapshot up to one event. What a question sees does not change while it is answered."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lineal.model.ids import NodeKind
from lineal.model.traversal import Direction
from lineal.store.edges import EventRow
from lineal.store.snapshot.sides import WAYS, Side
from lineal.store.snapshot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class View:
    """The snapshot's events up to `last`, and whether executions that made content again are followed upstream."""

    snapshot: Snapshot
    last: int
    direction: Direction
    follows_all: bool

    def spread(self, kind: NodeKind, nodes: Collection[int], seen: dict[int, int], hop: int) -> list[int]:
        """Return the nodes one step away that are not in `seen`, and put them there with their distance."""
        found: list[int] = []
        reached = found.append
        for side in WAYS[self.direction, kind]:
            rows = self.snapshot.adjacency[side]
            pointers, far, count = rows.pointers, rows.far, len(rows)
            for node in nodes if max(nodes, default=0) < count else [node for node in nodes if node < count]:
                for other in far[pointers[node] : pointers[node + 1]]:
                    if other not in seen:
                        seen[other] = hop
                        reached(other)
            for other in self._beside(side, nodes):
                if other not in seen:
                    seen[other] = hop
                    reached(other)
        return found

    def steps(self, kind: NodeKind, nodes: Collection[int]) -> Iterator[int]:
        """Yield where every single step from these nodes leads, a node as often as steps lead there."""
        for side in WAYS[self.direction, kind]:
            rows = self.snapshot.adjacency[side]
            for node in nodes:
                if node < len(rows):
                    yield from rows.far[rows.pointers[node] : rows.pointers[node + 1]]
            yield from self._beside(side, nodes)

    def newer(self, side: Side, nodes: Collection[int]) -> Iterator[EventRow]:
        """Yield the overlay's events of these nodes."""
        yield from self._of(self.snapshot.overlay.sides[side], nodes)

    def again(self, nodes: Collection[int]) -> Iterator[tuple[int, int]]:
        """Yield which of these artifacts were made again, and by which execution."""
        base = self.snapshot.again
        for node in nodes if base else ():
            for execution in base.get(node, ()):
                yield node, execution
        for row in self._of(self.snapshot.overlay.again, nodes):
            yield row[1], row[2]

    def _beside(self, side: Side, nodes: Collection[int]) -> Iterator[int]:
        """Yield the neighbours that do not stand in the compressed rows."""
        for row in self._of(self.snapshot.overlay.sides[side], nodes):
            yield side.ends(row)[1]
        if side is Side.MAKERS and self.follows_all:
            for _, execution in self.again(nodes):
                yield execution

    def _of(self, held: dict[int, list[EventRow]], nodes: Collection[int]) -> Iterator[EventRow]:
        if not held:
            return
        for node in nodes:
            if node in held:
                for row in held[node]:
                    if row[0] > self.last:
                        break
                    yield row
