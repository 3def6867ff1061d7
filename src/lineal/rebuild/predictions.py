"""Predictions of two models on the same rows: how many differ, how far, and where first. Data only, no library needed.

What a model says of a row may tell of a person: values are told to whoever asks, and stand in no record.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lineal.capture.fingerprints.differences import TOLERANCE
from lineal.capture.fingerprints.leaf import Leaf, ordered
from lineal.model.values import Json

_EPSILONS = 16
_BLOCK = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one call gave: `values` are numbers in `leaf`, or labels; `steady` is whether it gave the same twice."""

    name: str
    shape: tuple[int, ...]
    steady: bool
    leaf: Leaf | None = None
    labels: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows that were answered."""
        return self.shape[0] if self.shape else 0

    @property
    def width(self) -> int:
        """The number of values for a row."""
        return math.prod(self.shape[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first value that differs: its row and column, from 1, and both values as they are told."""

    row: int
    column: int | None
    recorded: str
    rebuilt: str
    ulp: int | None = None

    def document(self, *, values: bool) -> dict[str, Json]:
        """Return it as JSON, with or without the values."""
        told: dict[str, Json] = {"recorded": self.recorded, "rebuilt": self.rebuilt} if values else {}
        return {"row": self.row, "column": self.column, "ulp": self.ulp, **told}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How the answers of two models to one call compare. `is_near` holds where they are the same, too.

    `fault` says why they cannot be compared row by row: another number of rows, another kind of answer, none at all.
    """

    call: str
    rows: int
    steady: bool = True
    differing: int = 0
    is_near: bool = True
    max_abs: float | None = None
    max_ulp: int | None = None
    tolerance: float | None = None
    first: First | None = None
    fault: str = ""

    @property
    def is_same(self) -> bool:
        """Whether every answer is the same."""
        return self.differing == 0 and not self.fault

    def document(self, *, values: bool = True) -> dict[str, Json]:
        """Return it as JSON, with or without the values of the first row that differs."""
        return {
            "call": self.call,
            "rows": self.rows,
            "deterministic": self.steady,
            "differing": self.differing,
            "max_abs": self.max_abs,
            "max_ulp": self.max_ulp,
            "tolerance": self.tolerance,
            "first": None if self.first is None else self.first.document(values=values),
            "fault": self.fault or None,
        }


def compare_parts(recorded: Sequence[Part], rebuilt: Sequence[Part], tolerance: float | None) -> list[Compared]:
    """Return the comparison of every call of the recorded model; then the calls that only the rebuilt one has."""
    others = {part.name: part for part in rebuilt}
    found = [_compared(part, others.pop(part.name, None), tolerance) for part in recorded]
    new = [Compared(call=part.name, rows=part.rows, is_near=False, fault="it is new") for part in others.values()]
    return [*found, *new]


def _compared(part: Part, other: Part | None, tolerance: float | None) -> Compared:
    result = Compared(call=part.name, rows=part.rows)
    if other is None:
        return replace(result, is_near=False, fault="the rebuilt model does not answer it")
    if not (part.steady and other.steady):
        return replace(result, steady=False)
    if part.rows != other.rows:
        fault = f"it answered {part.rows:,} rows, and answers {other.rows:,}"
        return replace(result, is_near=False, fault=fault)
    if part.shape != other.shape:
        told = [" by ".join(map(str, each.shape)) for each in (part, other)]
        return replace(result, is_near=False, fault=f"its answer was {told[0]}, and is {told[1]}")
    if part.leaf is None or other.leaf is None or part.leaf.dtype != other.leaf.dtype:
        return _labels(result, part, other)
    return _numbers(result, part, part.leaf, other.leaf, tolerance)


def _labels(result: Compared, part: Part, other: Part) -> Compared:
    """Labels are the same or not; numbers of another type are compared as they are written."""
    before, after = _told(part), _told(other)
    places = [place for place, (one, now) in enumerate(zip(before, after, strict=True)) if one != now]
    if not places:
        return result
    first = _first(part, places[0], before[places[0]], after[places[0]], None)
    return replace(result, differing=_rows(part, places), is_near=False, first=first)


def _numbers(result: Compared, part: Part, one: Leaf, other: Leaf, tolerance: float | None) -> Compared:
    values = one.numbers(), other.numbers()
    places = [place for place in _differing(one, other) if not _same(values[0][place], values[1][place])]
    if not places:
        return result
    apart = [abs(values[0][place] - values[1][place]) for place in places]
    max_abs = max((each for each in apart if math.isfinite(each)), default=None)
    distances: list[int | None] = [None]
    near, allowed = False, None
    if one.is_float:
        allowed = max(TOLERANCE, _EPSILONS * one.epsilon) if tolerance is None else tolerance
        largest = max((abs(value) for value in values[0] if math.isfinite(value)), default=0.0)
        near = all(_near(values[0][place], values[1][place], allowed, largest) for place in places)
        distances = [_ulp(one, other, place, values) for place in places]
    known = [each for each in distances if each is not None]
    at = places[0]
    return replace(
        result,
        differing=_rows(part, places),
        is_near=near,
        max_abs=max_abs,
        max_ulp=max(known) if known and len(known) == len(distances) else None,
        tolerance=allowed,
        first=_first(part, at, f"{values[0][at]:.12g}", f"{values[1][at]:.12g}", distances[0]),
    )


def _differing(one: Leaf, other: Leaf) -> Iterator[int]:
    """Yield the places where two arrays of one type differ; equal blocks are passed over as bytes."""
    size = one.element_size
    step = _BLOCK * size
    before, after = memoryview(one.data).cast("B"), memoryview(other.data).cast("B")
    for start in range(0, len(before), step):
        if before[start : start + step] != after[start : start + step]:
            for at in range(start, min(start + step, len(before)), size):
                if before[at : at + size] != after[at : at + size]:
                    yield at // size


def _same(one: float, other: float) -> bool:
    return one == other or (one != one and other != other)  # noqa: PLR0124  NaN is the same as NaN


def _near(one: float, other: float, tolerance: float, largest: float) -> bool:
    if not (math.isfinite(one) and math.isfinite(other)):
        return False
    return abs(one - other) <= tolerance * max(abs(one), abs(other), largest)


def _ulp(one: Leaf, other: Leaf, place: int, values: tuple[Sequence[float], Sequence[float]]) -> int | None:
    if not (math.isfinite(values[0][place]) and math.isfinite(values[1][place])):
        return None
    bits = one.element_size * 8
    return abs(ordered(one.words()[place], bits) - ordered(other.words()[place], bits))


def _told(part: Part) -> Sequence[str]:
    return part.labels if part.leaf is None else [f"{value:.12g}" for value in part.leaf.numbers()]


def _rows(part: Part, places: Sequence[int]) -> int:
    return len({place // max(1, part.width) for place in places})


def _first(part: Part, place: int, recorded: str, rebuilt: str, ulp: int | None) -> First:
    width = max(1, part.width)
    column = None if len(part.shape) < 2 else place % width + 1  # noqa: PLR2004  more than a value for a row
    return First(row=place // width + 1, column=column, recorded=recorded, rebuilt=rebuilt, ulp=ulp)
