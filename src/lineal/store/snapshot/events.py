"""The events of an answer: every step from a walked node to a node of the answer, once, by sequence."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from operator import itemgetter

from lineal.model.edges import Event
from lineal.store.edges import EventRow, event_of
from lineal.store.snapshot.lazy import Found
from lineal.store.snapshot.numeric import numpy_for, view_of
from lineal.store.snapshot.part import MIRROR, Part
from lineal.store.snapshot.places import places_in_arrays, places_of
from lineal.store.snapshot.records import FEW, Records
from lineal.store.snapshot.sides import Side
from lineal.store.snapshot.view import View
from lineal.store.walk import Walk

ReadRows = Callable[[Side, Collection[int]], Iterable[EventRow]]
"""Reads the events of these executions from the database: what a compact snapshot does not hold."""

_ID = Event._fields.index("id")


def find_events(view: View, walk: Walk, read: ReadRows) -> Found:
    """Return the events of an answer, ordered by sequence."""
    parts = [Part.of(view, walk, side) for side in MIRROR]
    records = view.snapshot.records
    rows = chain.from_iterable(_rows(view, part, read) for part in parts)
    newer = sorted(map(event_of, rows), key=itemgetter(_ID))
    if records is None:
        return Found(Records(largest=0, newest=0), (), newer)
    # What is in the overlay came later than all this.
    return Found(records, _in_order(view, parts, records), newer)


def _rows(view: View, part: Part, read: ReadRows) -> Iterable[EventRow]:
    """Return a part's events that are not in the records."""
    compact = view.snapshot.records is None
    rows = read(part.side, part.executions) if compact else view.newer(part.side, part.executions)
    return (row for row in rows if row[0] <= view.last and part.includes(row))


def _in_order(view: View, parts: Sequence[Part], records: Records) -> Sequence[int]:
    """Return the places of an answer's events in the order of their sequence."""
    numpy = numpy_for(view.snapshot.events)
    sides = view.snapshot.adjacency
    if numpy is None or len(parts[0].executions) < FEW:
        found = chain.from_iterable(places_of(part, sides[part.side], records) for part in parts)
        return array("i", sorted(found, key=records.ids.__getitem__))
    places = numpy.concatenate([places_in_arrays(numpy, part, sides[part.side], records) for part in parts])
    ids = view_of(numpy, records.ids)
    ordered: Sequence[int] = places[numpy.argsort(ids[places], kind="stable")]
    return ordered
