"""Records: what an event says beside its two ends, in columns that stand beside an execution's neighbours.

With them an answer's events need no database either, for 25 more bytes an event.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from types import ModuleType
from typing import Any, Literal, cast

import orjson

from lineal.model.edges import Event, EventType, How
from lineal.store.connections import Cursor
from lineal.store.edges import HOW_NUMBERS
from lineal.store.snapshot.adjacency import Csr, Filling, stretches
from lineal.store.snapshot.numeric import numpy_for, view_of
from lineal.store.snapshot.sides import Side

COLUMNS = "id, type + 8 * how + 32 * reproduces, time, entry, path"

AGAIN = 32
"""Is in an event's code where it made content again. The three lowest bits are its type, the next two say how."""

_CODES = range(64)
_HOWS = {number: how for how, number in HOW_NUMBERS.items()}
_TYPE_OF = [EventType(code & 7) for code in _CODES]
_HOW_OF = [_HOWS.get(code >> 3 & 3, How.DECLARED) for code in _CODES]
_AGAIN_OF = [code >= AGAIN for code in _CODES]
# An event is a tuple of its fields in this order; there may be a million, and this is the fast way to make them.
_make: Callable[[tuple[object, ...]], Event] = partial(tuple.__new__, Event)

CHUNK = 10_000
"""Events made of columns at once."""

FEW = 100
"""Fewer events than this are made faster without NumPy."""

PATH_BYTES = 200
"""About what one path takes in memory."""


class Paths:
    """The different paths of all events; there are few, so an event keeps a number."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self.values: list[tuple[str | int, ...]] = []

    def numbers(self, texts: Sequence[str]) -> Iterator[int]:
        """Return the numbers of these paths, as they stand in the database."""
        return map(self._numbers.__getitem__, texts)

    def finish(self) -> None:
        """Read the paths; no new one is known after this."""
        self.values = [tuple(orjson.loads(text)) for text in self._numbers]
        self._numbers.clear()

    def __len__(self) -> int:
        return len(self._numbers) or len(self.values)


class Records:
    """What all events say, each in the place its artifact has in the executions' compressed rows."""

    def __init__(self, *, largest: int, newest: int) -> None:
        self.far = array("i")
        self.ids = array(_code(largest))
        self.owners = array("i")
        self.codes = array("B")
        self.times = array("q")
        self.entries = array(_code(newest))
        self.paths = array("i")
        self._paths = Paths()
        self._numpy: ModuleType | None = None
        self._path_objects: Any = None

    def add(self, owners: Sequence[int], columns: Sequence[Sequence[int]], paths: Sequence[str]) -> None:
        """Append events."""
        self.owners.extend(owners)
        for column, values in zip((self.ids, self.codes, self.times, self.entries), columns, strict=True):
            column.extend(values)
        self.paths.extend(self._paths.numbers(paths))

    def events(self, places: Sequence[int]) -> Iterator[Event]:
        """Yield the events in these places."""
        fields = self._fields if self._numpy is None or len(places) < FEW else partial(self._arrays, self._numpy)
        for at in range(0, len(places), CHUNK):
            yield from map(_make, zip(*fields(places[at : at + CHUNK]), strict=True))

    def _fields(self, places: Sequence[int]) -> Iterator[Iterable[object]]:
        """Yield the fields of the events in these places, column by column."""
        codes = [self.codes[place] for place in places]
        yield map(self.far.__getitem__, places)
        yield map(self.owners.__getitem__, places)
        yield map(_TYPE_OF.__getitem__, codes)
        yield map(self._paths.values.__getitem__, map(self.paths.__getitem__, places))
        yield map(self.times.__getitem__, places)
        yield map(_HOW_OF.__getitem__, codes)
        yield map(_AGAIN_OF.__getitem__, codes)
        yield map(self.ids.__getitem__, places)
        yield map(self.entries.__getitem__, places)

    def _arrays(self, numpy: Any, places: Sequence[int]) -> Iterator[list[object]]:
        """Yield what `_fields` yields: NumPy takes even an object from a table faster than a call does."""
        at = numpy.asarray(places)
        codes = view_of(numpy, self.codes)[at]
        yield view_of(numpy, self.far)[at].tolist()
        yield view_of(numpy, self.owners)[at].tolist()
        yield _objects(numpy, _TYPE_OF)[codes].tolist()
        yield self._path_objects[view_of(numpy, self.paths)[at]].tolist()
        yield view_of(numpy, self.times)[at].tolist()
        yield _objects(numpy, _HOW_OF)[codes].tolist()
        yield _objects(numpy, _AGAIN_OF)[codes].tolist()
        yield view_of(numpy, self.ids)[at].tolist()
        yield view_of(numpy, self.entries)[at].tolist()

    def finish(self) -> None:
        """Read the paths; nothing is added after this."""
        self._paths.finish()
        self._numpy = numpy_for(len(self.ids))
        if self._numpy is not None:
            # Once: there are few as a rule, but every event may have its own.
            self._path_objects = _objects(self._numpy, self._paths.values)

    @property
    def path_bytes(self) -> int:
        """About what the paths take in memory."""
        return len(self._paths) * PATH_BYTES

    @property
    def bytes(self) -> int:
        """About what the columns take in memory, beside `far`."""
        columns = (self.ids, self.owners, self.codes, self.times, self.entries, self.paths)
        return sum(len(column) * column.itemsize for column in columns) + self.path_bytes


def record_rows(cursor: Cursor, side: Side, largest: int, records: Records) -> Csr:
    """Return the artifacts of every execution on a side; their events are appended to the records."""
    filling = Filling(largest, records.far)
    for rows in stretches(cursor, side, COLUMNS, largest):
        owners, artifacts, *columns, texts = zip(*rows, strict=True)
        filling.add(owners, artifacts)
        records.add(owners, columns, cast("Sequence[str]", texts))
    return filling.finish()


def _objects(numpy: Any, values: Sequence[object]) -> Any:
    return numpy.fromiter(values, dtype=object, count=len(values))


def _code(largest: int) -> Literal["i", "q"]:
    return "i" if largest < 2**31 else "q"
