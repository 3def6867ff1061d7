"""The metric queue: a call costs an append in memory; a thread writes what has gathered every few seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

from lineal.errors import InvalidArgument
from lineal.model.ids import ExecutionId, Micros
from lineal.model.metrics import MetricSeries
from lineal.model.values import INT64_MAX, INT64_MIN, check_text
from lineal.sdk.plain import number

EVERY_SECONDS = 5.0
EVERY_POINTS = 10_000
MOST_WAITING = 2_000_000
"""Points that may wait in memory while the store cannot be written; later ones are dropped and counted."""


class Point(NamedTuple):
    """One number of one metric."""

    name: str
    step: int
    value: float
    time: Micros


class MetricQueue:
    """Gathers points of one run. `write` puts them into the store and says whether it did."""

    def __init__(self, write: Callable[[list[Point]], bool], now: Callable[[], Micros]) -> None:
        self._write = write
        self._now = now
        self._lock = threading.Lock()
        self._points: list[Point] = []
        self._steps: dict[str, int] = {}
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._declared: set[str] = set()
        self.last: dict[str, float] = {}
        self.dropped = 0

    def add(self, values: Mapping[str, object], step: int | None, *, is_declared: bool = True) -> None:
        """Queue one point of each metric. Without a step each metric counts its own, from 0.

        A name that was declared is the user's: what is only seen under it is left out from then on.
        """
        if not isinstance(values, Mapping):
            raise InvalidArgument(f"metrics are a dict of name and number, got {values!r} ({type(values).__name__})")
        if step is not None:
            step = _step(step)
        numbers = self._numbers(values)
        now = self._now()
        with self._lock:
            if is_declared:
                self._declared.update(numbers)
            else:
                numbers = {name: value for name, value in numbers.items() if name not in self._declared}
            for name, value in numbers.items():
                at = self._steps.get(name, 0) if step is None else step
                self._steps[name] = at + 1
                self.last[name] = value
                if len(self._points) < MOST_WAITING:
                    self._points.append(Point(name, at, value, now))
                else:
                    self.dropped += 1
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, name="lineal-metrics", daemon=True)
                self._thread.start()
        if len(self._points) >= EVERY_POINTS:
            self._wake.set()
        if self._closed:  # the run has ended, and nobody writes later what is logged after that
            self._flush()

    def _numbers(self, values: Mapping[str, object]) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, value in values.items():
            if type(name) is not str or name not in self._steps:  # the same names come at each step: looked at once
                name = str(name)  # noqa: PLW2901
                check_text("a metric's name", name)
            found[name] = value if type(value) is float else number(name, value)
        return found

    def close(self) -> list[Point]:
        """Stop the thread and return the points not written yet."""
        with self._lock:
            self._closed = True
            thread = self._thread
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        with self._lock:
            points, self._points = self._points, []
        return points

    def _work(self) -> None:
        while not self._closed:
            self._wake.wait(EVERY_SECONDS)
            self._wake.clear()
            if not self._closed:
                self._flush()

    def _flush(self) -> None:
        with self._lock:
            points, self._points = self._points, []
        if points and not self._write(points):
            with self._lock:
                self._points[:0] = points
            self._wake.clear()


def series_of(points: list[Point], execution_id: ExecutionId) -> list[MetricSeries]:
    """Return the points as one series a metric, in the order they were logged."""
    by_name: dict[str, list[Point]] = {}
    for point in points:
        by_name.setdefault(point.name, []).append(point)
    return [
        MetricSeries(
            execution_id=execution_id,
            name=name,
            steps=[point.step for point in group],
            values=[point.value for point in group],
            times=[point.time for point in group],
        )
        for name, group in by_name.items()
    ]


def _step(step: object) -> int:
    if type(step) is int and INT64_MIN <= step <= INT64_MAX:
        return step
    if isinstance(step, bool) or not hasattr(step, "__index__"):
        raise InvalidArgument(f"a metric's step is a whole number, got {step!r} ({type(step).__name__})")
    whole = int(step.__index__())
    if not INT64_MIN <= whole <= INT64_MAX:
        raise InvalidArgument(f"a metric's step is a 64-bit integer, got {whole}")
    return whole
