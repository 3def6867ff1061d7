"""One breadth-first walk, whatever holds the edges: the database or a snapshot in memory.

Used by `traversal` and the snapshot. Artifacts and executions alternate, but starts may be of both kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from lineal.errors import InvalidArgument
from lineal.model.ids import NodeKey, NodeKind
from lineal.model.traversal import Direction, Truncation

OTHER = {NodeKind.ARTIFACT: NodeKind.EXECUTION, NodeKind.EXECUTION: NodeKind.ARTIFACT}
"""Where an event leads to from a node of this kind."""

KINDS = (NodeKind.ARTIFACT, NodeKind.EXECUTION)
"""The kinds of node in a closure, in the order in which a limit takes them."""

Expand = Callable[[NodeKind, Sequence[int]], set[int]]
"""Gives the nodes of the other kind that one step leads to from these nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What `Store.closure` was asked, checked."""

    starts: Sequence[NodeKey]
    direction: Direction
    hops: int | None = None
    limit: int | None = None
    reproductions: bool = False
    stops: frozenset[NodeKey] = frozenset()
    keep_stops: bool = False

    def __post_init__(self) -> None:
        if self.hops is not None and self.hops < 0:
            raise InvalidArgument(f"hops is {self.hops}; it cannot be negative")
        if self.limit is not None and self.limit < 1:
            raise InvalidArgument(f"limit is {self.limit}; an answer has at least one node")
        for kind, id_ in (*self.starts, *self.stops):
            if kind is NodeKind.CONTEXT:
                raise InvalidArgument(f"context#{id_} is no part of a closure; name its artifacts or executions")

    @property
    def follows_all(self) -> bool:
        """Whether also executions that made known content again are walked to."""
        return self.reproductions or self.direction is Direction.DOWNSTREAM


class Walk:
    """The nodes of one answer, found level by level.

    `distance` holds them with their hops.
    """

    def __init__(self, question: Question) -> None:
        self.distance: dict[NodeKind, dict[int, int]] = {kind: {} for kind in KINDS}
        self.stops = {kind: {key.id for key in question.stops if key.kind is kind} for kind in KINDS}
        self._question = question
        self._limited = False
        self._hop = 0

    def run(self, expand: Expand) -> None:
        """Find all nodes. Every walked node is expanded exactly once, also where nothing beyond it is taken."""
        frontier = self._take({kind: {id_ for of, id_ in self._question.starts if of is kind} for kind in KINDS})
        while frontier:
            found: dict[NodeKind, set[int]] = {kind: set() for kind in KINDS}
            for kind, ids in frontier.items():
                other = OTHER[kind]
                found[other] |= expand(kind, ids).difference(self.distance[other])
            self._hop += 1
            if self._question.hops is not None and self._hop > self._question.hops:
                return
            frontier = self._take(self._within_limit(found))

    @property
    def unbounded(self) -> bool:
        """Whether nothing could be cut: no hops and no limit were given."""
        return self._question.hops is None and self._question.limit is None

    @property
    def complete(self) -> bool:
        """Whether every step from a walked node leads to a node of the answer."""
        return self.unbounded and not self._question.stops

    def walked(self, kind: NodeKind) -> Collection[int]:
        """Return the nodes of the answer from which steps were taken: all but kept stops."""
        stops, distance = self.stops[kind], self.distance[kind]
        return distance.keys() - stops if stops else distance

    def leaves(self, kind: NodeKind, id_: int) -> bool:
        """Return whether a node one step away is missing from the answer because it was cut."""
        return id_ not in self.distance[kind] and id_ not in self.stops[kind]

    def truncation(self, further: int) -> Truncation | None:
        """Return why the answer is not complete where so many of its edges lead out of it."""
        if not further:
            return None
        question = self._question
        cut = f"{question.limit} nodes" if self._limited else f"{question.hops} hops"
        return Truncation(f"the limit of {cut} was reached; {further} more edges lead further")

    def _take(self, found: dict[NodeKind, set[int]]) -> dict[NodeKind, list[int]]:
        """Put nodes into the answer; return those from which the walk goes on."""
        frontier: dict[NodeKind, list[int]] = {}
        for kind, ids in found.items():
            walked = ids - self.stops[kind]
            taken = ids if self._question.keep_stops else walked
            self.distance[kind].update(dict.fromkeys(taken, self._hop))
            if walked:
                frontier[kind] = list(walked)
        return frontier

    def _within_limit(self, found: dict[NodeKind, set[int]]) -> dict[NodeKind, set[int]]:
        """Return the nodes for which there is room, artifacts first, then the lowest ids."""
        limit = self._question.limit
        if limit is None:
            return found
        if not self._question.keep_stops:
            found = {kind: ids - self.stops[kind] for kind, ids in found.items()}
        room = max(0, limit - sum(map(len, self.distance.values())))
        taken: dict[NodeKind, set[int]] = {}
        for kind in KINDS:
            ids = found[kind]
            if len(ids) > room:
                self._limited = True
                ids = set(islice(sorted(ids), room))
            taken[kind] = ids
            room -= len(ids)
        return taken
