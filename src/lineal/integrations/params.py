"""Params: the settings of a model as plain values that can be recorded, whatever objects they are."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from typing import Any, cast

from lineal.capture.fingerprints.arrays import is_array
from lineal.integrations.training import name_of
from lineal.model.values import INT64_MAX, INT64_MIN, Json, Value

MOST = 200
"""Settings of one model, and items of one setting, that are recorded."""

_DEEPEST = 4
_LONGEST = 1000


def params_of(model: object) -> dict[str, Json]:
    """Return the settings of an estimator and of those in it, as `step__setting`; those themselves are no setting."""
    get_params = getattr(model, "get_params", None)
    if not callable(get_params):
        return {}
    own = {name: value for name, value in get_params(deep=True).items() if not _has_estimators(value)}
    return plain_params(own)


def _has_estimators(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(_has_estimators(item) for item in value)
    return hasattr(value, "get_params") and not isinstance(value, type)


def plain_params(params: Mapping[str, object]) -> dict[str, Json]:
    """Return settings as plain values; an object is told by its class, a function by its name."""
    return {str(name): plain(value) for name, value in list(params.items())[:MOST]}


def plain(value: object, depth: int = 0) -> Json:
    """Return one setting as a plain value."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value, depth)
    if isinstance(value, int):
        return value if INT64_MIN <= value <= INT64_MAX else str(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)[:_LONGEST]
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    return _plain_object(value, depth)


def known(facts: Mapping[str, Json]) -> dict[str, Value]:
    """Return the facts that have a value."""
    return {name: value for name, value in facts.items() if value is not None and not isinstance(value, bytes)}


def number(value: object) -> float | None:
    """Return a number, NumPy's included, as a double; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if is_array(value) and getattr(value, "ndim", 1) == 0:
        return number(cast("Any", value).item())
    return None


def _plain_object(value: Any, depth: int) -> Json:
    if is_array(value):
        shape = "x".join(map(str, value.shape))
        return plain(value.tolist(), depth) if value.size <= MOST else f"<array {shape}>"
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {str(key): plain(item, depth + 1) for key, item in list(value.items())[:MOST]}
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        return [plain(item, depth + 1) for item in list(items)[:MOST]]
    if callable(value) and hasattr(value, "__qualname__") and not isinstance(value, type):
        return f"{getattr(value, '__module__', None) or ''}.{value.__qualname__}".lstrip(".")
    return f"<{name_of(value)}>"
