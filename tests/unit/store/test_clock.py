"""The system's clock: microseconds, never backwards."""

from __future__ import annotations

import time

from lineal.store.clock import SystemClock


def test_it_tells_microseconds_since_1970():
    before, now, after = time.time_ns() // 1000, SystemClock().now(), time.time_ns() // 1000
    assert before <= now <= after


def test_it_never_goes_back_when_the_machine_does(monkeypatch):
    times = iter([5_000, 3_000, 4_000, 6_000])
    monkeypatch.setattr(time, "time_ns", lambda: next(times))
    clock = SystemClock()
    assert [clock.now() for _ in range(4)] == [5, 5, 5, 6]
