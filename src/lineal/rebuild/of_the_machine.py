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

_SCORES = re.compile(
    r"(?:[_./ -]|(?<=[a-z])(?=[A-Z]))"
    r"(?i:r?mse|s?mape|mae|r2|errors?|loss|score|bias|accuracy|acc|auc|f1|precision|recall)$"
    r"|(?i:(?:absolute|squared|percentage|log)_error|(?:r2|f1|accuracy|precision|recall|auc|jaccard)_score|log_loss)"
)
"""How a name ends, or what is in it, that measures a model: `duration_mae` is of one that predicts durations, as is
`mean_absolute_error_time` of scikit-learn's function; `score_time` is a time."""


def is_of_the_machine(metric: str) -> bool:
    """Return whether a metric's name says that it measures time or memory, and not how well a model predicts them."""
    return _TIMES.search(metric) is not None and _SCORES.search(metric) is None
