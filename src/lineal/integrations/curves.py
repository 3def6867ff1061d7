"""Curves: metrics that a training reports as it goes, told point by point, and what they say in the end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lineal.integrations.listener import Listener
from lineal.model.values import Json

SETTLED = 0.01
"""A curve has converged where it comes within this part of its whole improvement from its best value."""


class Curves:
    """The metrics of one training; each point goes to the listener, with its step, and is kept for the summary."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._values: dict[str, list[float]] = {}
        self._steps: dict[str, list[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def add(self, values: Mapping[str, object], step: int) -> None:
        """Tell one point of each metric; what is no number is left out."""
        points: dict[str, float] = {}
        for name, value in values.items():
            number = _number(value)
            if number is not None:
                points[name] = number
                self._values.setdefault(name, []).append(number)
                self._steps.setdefault(name, []).append(step)
        if points:
            self._listener.metrics(points, step=step)

    def add_all(self, curves: Mapping[str, Sequence[object]]) -> None:
        """Tell whole curves, step by step from 0."""
        for step in range(max(map(len, curves.values()), default=0)):
            self.add({name: values[step] for name, values in curves.items() if step < len(values)}, step)

    def summary(self) -> dict[str, Json]:
        """Return of each metric how many points it has, its first, best and last value, and where it converged."""
        return {name: _summary(values, self._steps[name]) for name, values in self._values.items()}


def flat(results: Mapping[str, Mapping[str, Sequence[object]]]) -> dict[str, Sequence[object]]:
    """Return a booster's evaluations, by data and metric, as curves called `data.metric`."""
    return {f"{data}.{metric}": values for data, curves in results.items() for metric, values in curves.items()}


def _summary(values: list[float], steps: list[int]) -> dict[str, Json]:
    finite = [value for value in values if math.isfinite(value)]
    told: dict[str, Json] = {"points": len(values), "first": values[0], "last": values[-1]}
    if not finite:
        return told
    # Which way is better is not known of a metric one has never heard of; which way it went is.
    rises = finite[-1] > finite[0]
    best = max(finite) if rises else min(finite)
    margin = abs(best - finite[0]) * SETTLED
    converged = next(step for step, value in zip(steps, values, strict=True) if abs(value - best) <= margin)
    return {**told, "best": best, "best_at": steps[values.index(best)], "converged_at": converged}


def _number(value: object) -> float | None:
    if isinstance(value, tuple) and value:  # XGBoost's cross-validation tells mean and deviation
        value = value[0]
    try:
        return float(value)  # type: ignore[arg-type]  # what is no number says so
    except (TypeError, ValueError):
        return None
