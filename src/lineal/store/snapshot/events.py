"""The events of an answer: every step from a walked node to a node of the answer, once, by sequence.

Each event touches exactly one execution, so they are found from the executions' side.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from operator import itemgetter

from lineal.model.edges import Event
from lineal.model.ids import NodeKind
from lineal.store.edges import EventRow, event_of
from lineal.store.snapshot.lazy import Found
from lineal.store.snapshot.records import AGAIN, Records
from lineal.store.snapshot.sides import WAYS, Side, makes_again
from lineal.store.snapshot.view import View
from lineal.store.walk import Walk

ReadRows = Callable[[Side, Collection[int]], Iterable[EventRow]]
"""Reads the events of these executions from the database: what a compact snapshot does not hold."""

_MIRROR = {Side.INPUTS: Side.READERS, Side.OUTPUTS: Side.MAKERS}
_ID = Event._fields.index("id")


def find_events(view: View, walk: Walk, read: ReadRows) -> Found:
    """Return the events of an answer, ordered by sequence."""
    parts = [_Part(view, walk, side) for side in _MIRROR]
    records = view.snapshot.records
    rows = chain.from_iterable(part.rows(read) for part in parts)
    newer = sorted(map(event_of, rows), key=itemgetter(_ID))
    if records is None:
        return Found(Records(largest=0, newest=0), (), newer)
    places = list(chain.from_iterable(part.places() for part in parts))
    # What is in the overlay came later than all this.
    return Found(records, array("i", sorted(places, key=records.ids.__getitem__)), newer)


class _Part:
    """The events on one side of the answer's executions.

    `forward`: the walk goes from executions to artifacts over them; `backward`: from artifacts to executions.
    """

    def __init__(self, view: View, walk: Walk, side: Side) -> None:
        self._view = view
        self._side = side
        self._artifacts = walk.distance[NodeKind.ARTIFACT]
        self._executions = walk.distance[NodeKind.EXECUTION]
        self._from_artifacts = walk.walked(NodeKind.ARTIFACT)
        self._from_executions = walk.walked(NodeKind.EXECUTION)
        self._complete = walk.complete
        self._forward = side in WAYS[view.direction, NodeKind.EXECUTION]
        self._backward = _MIRROR[side] in WAYS[view.direction, NodeKind.ARTIFACT]

    def rows(self, read: ReadRows) -> Iterator[EventRow]:
        """Yield those that are not in the records."""
        if self._view.snapshot.records is None:
            rows = read(self._side, self._executions)
        else:
            rows = self._view.newer(self._side, self._executions)
        return (row for row in rows if row[0] <= self._view.last and self._includes(row))

    def places(self) -> list[int]:
        """Return where in the compressed rows they stand."""
        rows = self._view.snapshot.adjacency[self._side]
        pointers, far, count = rows.pointers, rows.far, len(rows)
        found: list[int] = []
        if self._forward:
            for node in self._from_executions:
                if node >= count:
                    continue
                places = range(pointers[node], pointers[node + 1])
                found += places if self._complete else [at for at in places if far[at] in self._artifacts]
        if self._backward:
            for node in self._executions:
                if node >= count or (self._forward and node in self._from_executions):
                    continue
                places = range(pointers[node], pointers[node + 1])
                found += [at for at in places if far[at] in self._from_artifacts]
            if self._side is Side.OUTPUTS and not self._view.follows_all:
                found = self._first(found)
        return found

    def _first(self, places: list[int]) -> list[int]:
        """Leave out what made content again, unless it was walked from the execution."""
        records = self._view.snapshot.records
        if records is None or not self._view.snapshot.again:
            return places
        codes, owners = records.codes, records.owners
        forward = self._from_executions if self._forward else {}
        return [at for at in places if codes[at] < AGAIN or owners[at] in forward]

    def _includes(self, row: EventRow) -> bool:
        artifact, execution = row[1], row[2]
        if self._forward and execution in self._from_executions and artifact in self._artifacts:
            return True
        if not self._backward or artifact not in self._from_artifacts:
            return False
        return self._view.follows_all or not makes_again(row)
