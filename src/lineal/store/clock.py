"""The one clock: UTC microseconds, never backwards. Passed in, so tests can turn it by hand."""

from __future__ import annotations

import time
from typing import Protocol

from lineal.model.ids import Micros


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Micros:
        """Return the time in microseconds since 1970-01-01 UTC."""


class SystemClock:
    """The machine's clock, held back from ever going backwards within this process."""

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> Micros:
        """Return the machine's time, or the last answer where that is later."""
        self._last = max(self._last, time.time_ns() // 1000)
        return Micros(self._last)
