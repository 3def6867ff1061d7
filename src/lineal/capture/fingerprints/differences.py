"""Two states of a model beside each other: the first element that differs, and how far apart the rest is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lineal.capture.fingerprints.leaf import Leaf, ordered
from lineal.capture.fingerprints.leaves import read_state
from lineal.model.values import INT64_MAX

TOLERANCE = 1e-9
"""How far two doubles may lie apart where nobody says, relative to the larger one and to the largest of their array."""

_EPSILONS = 16
"""In types narrower than a double it is this many times the distance of 1 to the next number."""

_BLOCK = 4096
_SOME = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One place where two states differ: part, flat index (of the first), both values as text, distance in ulp."""

    part: str
    index: int | None
    shape: tuple[int, ...]
    recorded: str | None
    rebuilt: str | None
    ulp: int | None = None

    @property
    def sentence(self) -> str:
        """The difference in a sentence."""
        if self.recorded is None:
            return f"{self.part} is new"
        if self.rebuilt is None:
            return f"{self.part} is gone"
        place = "" if self.index is None or not self.shape else f" at index {self.index}"
        apart = "" if self.ulp is None else f", {self.ulp:,} ulp apart"
        return f"{self.part}{place} was {self.recorded}, and is {self.rebuilt}{apart}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDifference:
    """How two states of a model differ.

    `first` is the first place in the order of the state, `parts` names the parts that differ (the first 20 of `count`).
    `max_ulp` is the largest distance where only finite numbers differ, else None; `is_near` says whether all of them
    are within the tolerance, `tolerance` is the widest that was needed for a type among them.
    """

    first: Spot
    parts: tuple[str, ...]
    count: int
    max_ulp: int | None
    is_near: bool
    tolerance: float


def compare_states(recorded: bytes, rebuilt: bytes, *, tolerance: float | None = None) -> StateDifference | None:
    """Return how two states differ, or None where they hold the same; InvalidArgument for bytes that are no state.

    A `tolerance` that is given holds for every type; else each type has its own.
    """
    before, after = _by_path(recorded), _by_path(rebuilt)
    first: Spot | None = None
    parts: list[str] = []
    max_ulp: int | None = 0
    is_near = True
    widest = 0.0
    for path in dict.fromkeys([*before, *after]):
        one, other = before.get(path), after.get(path)
        if one is not None and other is not None and one[1:3] == other[1:3] and one.data == other.data:
            continue
        parts.append(path)
        found = _compared(path, one, other, tolerance)
        first = first or found.spot
        is_near = is_near and found.is_near
        widest = max(widest, found.tolerance)
        max_ulp = None if max_ulp is None or found.max_ulp is None else max(max_ulp, found.max_ulp)
    if first is None:
        return None
    return StateDifference(
        first=first,
        parts=tuple(parts[:_SOME]),
        count=len(parts),
        max_ulp=max_ulp,
        is_near=is_near,
        tolerance=widest,
    )


def _by_path(state: bytes) -> dict[str, Leaf]:
    """Return the leaves by their paths; where two have one (the keys 1 and "1" of a map), the second is marked."""
    found: dict[str, Leaf] = {}
    for leaf in read_state(state):
        path = leaf.path
        while path in found:
            path += "'"
        found[path] = leaf
    return found


@dataclass(frozen=True, slots=True)
class _Compared:
    spot: Spot
    max_ulp: int | None = None
    is_near: bool = False
    tolerance: float = 0.0


def _compared(path: str, one: Leaf | None, other: Leaf | None, tolerance: float | None) -> _Compared:
    if one is None or other is None:
        told = [None if leaf is None else _whole(leaf) for leaf in (one, other)]
        return _Compared(Spot(part=path, index=None, shape=(), recorded=told[0], rebuilt=told[1]))
    if one[1:3] != other[1:3] or len(one.data) != len(other.data):
        spot = Spot(part=path, index=None, shape=(), recorded=_whole(one), rebuilt=_whole(other))
        return _Compared(spot)
    if not one.is_float:
        index = next(_differing(memoryview(one.data), memoryview(other.data)), 0) // one.element_size
        if one.dtype in ("str", "bytes", "none", "bool"):
            index = 0
        spot = Spot(part=path, index=index, shape=one.shape, recorded=one.told(index), rebuilt=other.told(index))
        return _Compared(spot)
    return _numbers(path, one, other, tolerance)


def _numbers(path: str, one: Leaf, other: Leaf, tolerance: float | None) -> _Compared:
    words = one.words(), other.words()
    values = one.numbers(), other.numbers()
    bits = words[0].itemsize * 8
    allowed = max(TOLERANCE, _EPSILONS * one.epsilon) if tolerance is None else tolerance
    largest = max((abs(value) for value in values[0] if _is_finite(value)), default=0.0)
    places = list(_differing(*words))
    distances: list[int | None] = []
    is_near = True
    for index in places:
        recorded, rebuilt = values[0][index], values[1][index]
        both = _is_finite(recorded) and _is_finite(rebuilt)
        # Numbers of other signs can lie further apart than a record can tell.
        apart = min(abs(ordered(words[0][index], bits) - ordered(words[1][index], bits)), INT64_MAX)
        distances.append(apart if both else None)
        is_near = is_near and _is_near(recorded, rebuilt, allowed, largest)
    spot = Spot(
        part=path,
        index=places[0],
        shape=one.shape,
        recorded=repr(values[0][places[0]]),
        rebuilt=repr(values[1][places[0]]),
        ulp=distances[0],
    )
    known = [distance for distance in distances if distance is not None]
    return _Compared(spot, max(known) if len(known) == len(distances) else None, is_near, allowed)


def _differing(before: memoryview, after: memoryview) -> Iterator[int]:
    """Yield the indices where two views of one type and length differ; equal blocks are passed over as bytes."""
    for start in range(0, len(before), _BLOCK):
        one, other = before[start : start + _BLOCK], after[start : start + _BLOCK]
        if one.tobytes() != other.tobytes():
            yield from (start + place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)


def _is_near(one: float, other: float, tolerance: float, largest: float) -> bool:
    if not (_is_finite(one) and _is_finite(other)):
        return one == other
    return abs(one - other) <= tolerance * max(abs(one), abs(other), largest)


def _is_finite(value: float) -> bool:
    return value - value == 0.0


def _whole(leaf: Leaf) -> str:
    if leaf.dtype == "str":
        return leaf.told(0)
    shape = f" of shape {list(leaf.shape)}" if leaf.shape else ""
    return f"{leaf.dtype}{shape}" if leaf.shape or leaf.dtype not in ("none", "bool") else leaf.told(0)
