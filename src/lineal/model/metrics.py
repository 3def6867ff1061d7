"""Metric series: the numbers a run logged, one series a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineal.model.ids import ExecutionId, Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSeries:
    """Points of one metric of one execution, in the order they were logged.

    `steps`, `values` and `times` have one length. A value may be NaN or infinite. A step is any
    64-bit integer: an epoch, a batch, a row.
    """

    execution_id: ExecutionId
    name: str
    steps: Sequence[int]
    values: Sequence[float]
    times: Sequence[Micros]
