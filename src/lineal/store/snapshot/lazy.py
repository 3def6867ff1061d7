"""Parts of an answer that are made when they are looked at: an answer may hold a million events nobody reads."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence, ValuesView
from itertools import chain
from typing import Any, NamedTuple, TypeVar, overload

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

    def __reduce__(self) -> tuple[type[list[Event]], tuple[list[Event]]]:
        # A copy, or what goes to another process, needs no snapshot.
        return list, (list(self),)

    def __repr__(self) -> str:
        return repr(list(self))


class LazyDistances(Mapping[K, int]):
    """Nodes and their hops, from NumPy's arrays. Which nodes is known; how far they are is made out when asked for."""

    def __init__(self, ids: Any, hops: Callable[[], Any]) -> None:
        self.ids = ids
        self._hops = hops
        self._made: dict[K, int] | None = None

    def _distances(self) -> dict[K, int]:
        if self._made is None:
            self._made = dict(zip(self.ids.tolist(), self._hops().tolist(), strict=True))
        return self._made

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[K]:
        return iter(self.ids.tolist())

    def __getitem__(self, node: K) -> int:
        return self._distances()[node]

    def __contains__(self, node: object) -> bool:
        return node in self._distances()

    # Faster than what Mapping makes of __iter__ and __getitem__.
    def items(self) -> ItemsView[K, int]:
        """See `Mapping.items`."""
        return self._distances().items()

    def values(self) -> ValuesView[int]:
        """See `Mapping.values`."""
        return self._distances().values()

    def __reduce__(self) -> tuple[type[dict[K, int]], tuple[dict[K, int]]]:
        return dict, (self._distances(),)

    def __repr__(self) -> str:
        return repr(self._distances())
