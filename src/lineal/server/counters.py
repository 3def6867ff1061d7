"""What the server counts while it runs, in the text form that Prometheus reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator


class Counters:
    """Calls by door, method and status, and the seconds they took. Used on the event loop only."""

    def __init__(self) -> None:
        self._calls: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self._seconds: defaultdict[tuple[str, str], float] = defaultdict(float)

    def count(self, door: str, method: str, status: str, seconds: float) -> None:
        """Add one answered call."""
        self._calls[door, method, status] += 1
        self._seconds[door, method] += seconds

    def text(self, *, in_flight: int) -> str:
        """Return every number, one a line."""
        return "\n".join([*self._lines(in_flight), ""])

    def _lines(self, in_flight: int) -> Iterator[str]:
        yield from _head("lineal_calls_in_flight", "gauge", "Calls that run or wait now.")
        yield f"lineal_calls_in_flight {in_flight}"
        yield from _head("lineal_calls_total", "counter", "Answered calls by door, method and gRPC status.")
        for (door, method, status), number in sorted(self._calls.items()):
            yield f'lineal_calls_total{{door="{door}",method="{method}",status="{status}"}} {number}'
        yield from _head("lineal_call_seconds_total", "counter", "Time from a whole request to its answer.")
        for (door, method), seconds in sorted(self._seconds.items()):
            yield f'lineal_call_seconds_total{{door="{door}",method="{method}"}} {seconds:.6f}'


def _head(name: str, kind: str, meaning: str) -> tuple[str, str]:
    return f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"
