"""Interleaved timing: all sides of a comparison take turns in one process, round by round.

A ratio is taken within a round, so a machine that slows down slows both sides. What is reported is the median of the
rounds and their range.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and range of some rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Return the spread of these values."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report: Lineal, and how it compares with each other side."""

    name: str
    unit: str
    lineal: Spread
    others: Mapping[str, Spread] = field(default_factory=dict)
    ratios: Mapping[str, Spread] = field(default_factory=dict)
    rounds: int = 0
    conditions: Mapping[str, str | int | float] = field(default_factory=dict)


@contextmanager
def quiet() -> Iterator[None]:
    """Let a block pay for its own garbage only: what lived before is not looked through again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes. Its answer is kept until the clock was read: freeing it is not part of it."""
    with quiet():
        began = time.perf_counter_ns()
        answer = call()
        took = time.perf_counter_ns() - began
    del answer
    return took / 1e9


def interleave(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each side, one a round. Each side runs once before, unmeasured."""
    for call in sides.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for round_ in range(rounds):
        names = list(sides)
        # Whoever goes first warms the caches; each side does in turn.
        for name in names[round_ % len(names) :] + names[: round_ % len(names)]:
            taken[name].append(seconds(sides[name]))
    return taken


def compare(
    name: str,
    taken: Mapping[str, list[float]],
    *,
    unit: str,
    scale: float,
    conditions: Mapping[str, str | int | float],
) -> Figure:
    """Return the figure of interleaved rounds; the first side is Lineal's. `scale` makes the unit of a second."""
    (_, ours), *others = taken.items()
    return Figure(
        name=name,
        unit=unit,
        lineal=Spread.of([value * scale for value in ours]),
        others={other: Spread.of([value * scale for value in values]) for other, values in others},
        ratios={
            other: Spread.of([mine / theirs for mine, theirs in zip(ours, values, strict=True)])
            for other, values in others
        },
        rounds=len(ours),
        conditions=conditions,
    )
