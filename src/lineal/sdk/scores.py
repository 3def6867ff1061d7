"""The scores of a run: what the numbers that a program computes about its models are called, and which are told.

A place of the program is one metric, and a loop over it a curve. The names are the same each time the program runs.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from lineal.integrations.listener import Score
from lineal.model.values import Json

MOST = 200
"""Scores of one run that are metrics; of others it is told how many calls there were."""

POINTS = 1000
"""Points of one metric that are told one by one; later ones stand for more and more calls, the last one always."""

Point = tuple[str, int, float]
"""Name, step and value."""


class Scores:
    """Names the scores of one run and keeps those that are not told yet. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._named: dict[Hashable, _Named] = {}
        self._names: set[str] = set()
        self._waiting: list[Point] = []
        self._left_out = 0

    def add(self, score: Score) -> None:
        """Note one call's numbers."""
        with self._lock:
            key = (score.name, score.on, score.way)
            named = self._named.get(key)
            if named is None:
                if len(self._named) >= MOST:
                    self._left_out += 1
                    return
                named = self._named[key] = _Named(self._free_name(score), score)
            self._waiting += named.points(score)

    def take(self) -> list[Point]:
        """Return the points that are to be told, once."""
        with self._lock:
            points, self._waiting = self._waiting, []
            return points

    def take_last(self) -> list[Point]:
        """Return those and the last point of every metric, where it was passed over: the run is over."""
        with self._lock:
            for named in self._named.values():
                self._waiting += named.last_points()
        return self.take()

    def facts(self) -> dict[str, Json]:
        """Return what is behind each metric: the function, the data's name, settings and how many calls there were."""
        with self._lock:
            told: dict[str, Json] = {"scores": [named.as_fact() for named in self._named.values()]}
            if self._left_out:
                told["scores_more"] = self._left_out
            return told if self._named else {}

    def _free_name(self, score: Score) -> str:
        base = f"{score.name}_{score.on}" if score.on else score.name
        name, count = base, 1
        while name in self._names:
            count += 1
            name = f"{base}-{count}"
        self._names.add(name)
        return name


@dataclass(slots=True)
class _Series:
    """One metric: how many points there were, and the last one that was passed over."""

    count: int = 0
    told: int = 0
    passed: Point | None = None


class _Named:
    """One place of the program, with its name and its metrics."""

    def __init__(self, name: str, first: Score) -> None:
        self._name = name
        self._first = first
        self._calls = 0
        self._series: dict[str, _Series] = {}

    def points(self, score: Score) -> Iterator[Point]:
        """Yield the points of one call that are to be told."""
        self._calls += 1
        for part, values in score.values.items():
            name = f"{self._name}.{part}" if part else self._name
            series = self._series.setdefault(name, _Series())
            for value in values:
                point = (name, series.count, value)
                series.count += 1
                if series.count - series.told >= max(1, series.count // POINTS):
                    series.told, series.passed = series.count, None
                    yield point
                else:
                    series.passed = point

    def last_points(self) -> Iterator[Point]:
        """Yield the last points that were passed over, once."""
        for series in self._series.values():
            if series.passed is not None:
                yield series.passed
                series.passed = None

    def as_fact(self) -> Json:
        """Return what is behind this metric."""
        first = self._first
        told: dict[str, Json] = {"metric": self._name, "by": first.by, "calls": self._calls}
        if first.on is not None:
            told["data"] = first.on
        return {**told, **({"settings": dict(first.settings)} if first.settings else {})}
