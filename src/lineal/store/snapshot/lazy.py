"""Parts of an answer that are made when they are looked at: an answer may hold a million events nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar, overload

from lineal.model.edges import Event
from lineal.store.snapshot.records import Records

K = TypeVar("K")


class Found(NamedTuple):
    """The events of an answer: places in the snapshot's records by sequence, and the newer ones."""

    records: Records
    places: Sequence[int]
    newer: Sequence[Event]


class LazyEvents(Sequence[Event]):
    """Events by sequence. They are found at the first look, and each is made when it is looked at and not kept."""

    def __init__(self, find: Callable[[], Found]) -> None:
        self._find = find
        self._found: Found | None = None

    def _events(self) -> Found:
        # Two threads that look at once find the same twice: harmless.
        if self._found is None:
            self._found = self._find()
        return self._found

    def __len__(self) -> int:
        found = self._events()
        return len(found.places) + len(found.newer)

    def __iter__(self) -> Iterator[Event]:
        found = self._events()
        return chain(found.records.events(found.places), found.newer)

    @overload
    def __getitem__(self, at: int) -> Event: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Event]: ...
    def __getitem__(self, at: int | slice) -> Event | Sequence[Event]:
        found = self._events()
        if isinstance(at, slice):
            return list(self)[at]
        at = range(len(self))[at]
        if at >= len(found.places):
            return found.newer[at - len(found.places)]
        return next(found.records.events(found.places[at : at + 1]))

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))


class LazyDistances(Mapping[K, int]):
    """Nodes and their hops. How many there are is known; which ones is made out at the first look."""

    def __init__(self, count: int, make: Callable[[], dict[K, int]]) -> None:
        self._count = count
        self._make = make
        self._made: dict[K, int] | None = None

    def _distances(self) -> dict[K, int]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[K]:
        return iter(self._distances())

    def __getitem__(self, node: K) -> int:
        return self._distances()[node]

    def __contains__(self, node: object) -> bool:
        return node in self._distances()

    def __repr__(self) -> str:
        return repr(self._distances())
