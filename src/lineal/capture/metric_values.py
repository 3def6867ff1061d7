"""Metric values: what numbers a document or a table holds, and under which names they may be recorded.

Texts are never taken over but for the names of numbers, and of those only what looks like a metric's name: a file may
hold anything, and what is recorded stays.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count, pairwise

from lineal.capture.secrets import redact
from lineal.errors import InvalidArgument

Points = dict[str, list[tuple[int, float]]]
"""Of each metric its steps and values."""

MOST_NAMES = 200
MOST_POINTS = 10_000
"""What holds more than this is data and no metrics: nothing of it is taken."""

MOST_ROWS = 1_000
"""Rows that are taken as steps where no column says what the step is."""

STEPS = ("step", "global_step", "steps", "iteration", "iterations", "iter", "epoch", "epochs", "round", "batch", "fold")
"""Names of what counts the points: the first of these that a table has is its step, and none is a metric."""

_NO_METRICS = frozenset({
    "predictions", "prediction", "preds", "pred", "y_pred", "y_true", "y_test", "labels", "label", "target", "targets",
    "id", "ids", "index", "probabilities", "probs", "proba", "timestamp", "date", "seed", "pid", "port", "version",
})  # fmt: skip
_SETTINGS = frozenset({
    "params", "parameters", "best_params", "hyperparameters", "hparams", "config", "settings", "args", "arguments",
    "environment",
})  # fmt: skip
_DEEPEST = 6
_MOST_PARTS = 20_000
_LONGEST = 100
_NAME = re.compile(r"[\w .%@/()\[\]+\-=:,<>&^*|']+")
_PERSONAL = re.compile(r"@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}|\d{9,}|://")
"""Addresses, and numbers as long as those of telephones, accounts and persons."""


def of_document(document: object) -> Points:
    """Return the numbers of a JSON document: of objects under their keys (`test.auc`), of a list of numbers as a curve.

    A list of objects is a table, as of JSON lines.
    """
    if isinstance(document, list):
        return of_rows(document)
    points: Points = {}
    for names, value in _walk(document):
        name = name_of(names)
        if name is None or names[-1].lower() in _NO_METRICS or _is_step(names[-1]) or _SETTINGS & set(names[:-1]):
            continue
        values = value if isinstance(value, list) else [value]
        numbers = [number for number in map(number_of, values) if number is not None]
        if len(numbers) == len(values) and numbers:
            points[name] = list(enumerate(numbers))
    return _bounded(points)


def of_rows(rows: Sequence[object]) -> Points:
    """Return the numbers of a table as curves over its step, a single row as one number each."""
    tables = [row for row in rows if isinstance(row, Mapping)]
    if not tables or len(tables) != len(rows):
        return {}
    column = _step_column(tables)
    if len(tables) > 1 and (_is_about_others(tables, column) or (column is None and len(tables) > MOST_ROWS)):
        return {}
    points: Points = {}
    at = count()
    for row in tables:
        step = next(at) if column is None else int(number_of(row[column]) or 0)
        for name, values in of_document(dict(row)).items():
            if len(values) == 1:
                points.setdefault(name, []).append((step, values[0][1]))
    return _bounded(points)


@lru_cache(maxsize=4 * MOST_NAMES)
def name_of(names: tuple[str, ...]) -> str | None:
    """Return a metric's name from the keys that lead to its number; None for what is no such name."""
    name = ".".join(" ".join(name.split()) for name in names)
    if not 0 < len(name) <= _LONGEST or not _NAME.fullmatch(name) or _PERSONAL.search(name):
        return None
    return name if redact(f"{name}=1") == f"{name}=1" and redact(name) == name else None


def number_of(value: object) -> float | None:
    """Return a number as a double; None for anything else, a truth value too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _walk(document: object) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield what is no object itself, with the keys that lead there."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), document)]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        names, value = waiting.pop()
        if not isinstance(value, Mapping):
            if names:
                yield names, value
        elif len(names) < _DEEPEST:
            waiting += [((*names, str(key)), part) for key, part in reversed(list(value.items()))]
    raise InvalidArgument(f"more than {_MOST_PARTS:,} parts are data and no metrics")


def _step_column(rows: Sequence[Mapping[str, object]]) -> str | None:
    """Return the column that counts the rows: whole numbers that never fall."""
    for name in STEPS:
        for column in rows[0]:
            if str(column).strip().lower() == name:
                numbers = [number_of(row.get(column)) for row in rows]
                if all(one is not None and math.isfinite(one) and one == int(one) for one in numbers):
                    return column
    return None


def _is_about_others(rows: Sequence[Mapping[str, object]], column: str | None) -> bool:
    """Return whether each row is about something that its texts name, a model or a person: those are not taken."""
    if not any(isinstance(value, str) for row in rows for value in row.values()):
        return False
    steps = [number_of(row.get(column)) for row in rows] if column is not None else []
    return not steps or any(later <= step for step, later in pairwise(steps))  # type: ignore[operator]  # none is None


def _is_step(name: str) -> bool:
    return name.strip().lower() in STEPS


def _bounded(points: Points) -> Points:
    if len(points) > MOST_NAMES or sum(map(len, points.values())) > MOST_POINTS:
        raise InvalidArgument(f"more than {MOST_NAMES} names or {MOST_POINTS:,} numbers are data and no metrics")
    return points
