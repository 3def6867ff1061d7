"""A clock turned by hand: time passes only when a test says so."""

from __future__ import annotations

import threading

from lineal.model.ids import Micros

START = Micros(1_356_998_400_000_000)
"""2013-01-01 00:00 UTC."""


class FakeClock:
    """Tells the time it was set to. Every answer is one microsecond after the last, so no two moments are one."""

    def __init__(self, start: Micros = START) -> None:
        self._now = int(start)
        self._lock = threading.Lock()

    def now(self) -> Micros:
        """Return the time."""
        with self._lock:
            self._now += 1
            return Micros(self._now)

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        passed = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        with self._lock:
            self._now += round(passed * 1_000_000)
