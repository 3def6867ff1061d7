"""Metrics of the machine: names that say a number is a time or a memory. They differ each time and decide nothing."""

from __future__ import annotations

import re

OF_THE_MACHINE = "which measures the machine"

_TIMES = re.compile(
    r"(?:^|[_./ -]|(?<=[a-z])(?=[A-Z]))"
    r"(?i:(?:run|wall|cpu|gpu|up)?time|timestamp|seconds?|secs?|minutes|ms|millis|duration|elapsed|latency|throughput"
    r"|per_second|fps|speed|memory|mem|rss)"
    r"(?:$|[_./ -]|(?<=[a-z])(?=[A-Z]))"
)


def is_of_the_machine(metric: str) -> bool:
    """Return whether a metric's name says that it measures time or memory."""
    return _TIMES.search(metric) is not None
