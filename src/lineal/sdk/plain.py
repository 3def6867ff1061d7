"""Plain values: what users pass as parameters and metrics, turned into values that can be kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum
from typing import SupportsFloat, cast

from lineal.capture.secrets import redact_value
from lineal.errors import InvalidArgument, PropertyTypeMismatch
from lineal.model.values import Value, check
from lineal.model.vocabulary import PARAM


def parameters(params: Mapping[str, object]) -> dict[str, Value]:
    """Return custom properties `param.NAME`; InvalidArgument names the first one that cannot be kept.

    NumPy scalars become Python's, paths and enums text, sets sorted lists. None is kept as the text `None`.
    Secrets are left out.
    """
    if not isinstance(params, Mapping):
        raise InvalidArgument(
            f"parameters are a dict of name and value, got {params!r} ({type(params).__name__})",
            hint="for an argparse.Namespace pass vars(namespace)",
        )
    kept: dict[str, Value] = {}
    for name, given in params.items():
        value = _value(str(name), given)
        check(f"{PARAM}{name}", value)
        kept[f"{PARAM}{name}"] = value
    return kept


def number(name: str, value: object) -> float:
    """Return a metric's value as a float (bool, ints, NumPy scalars and one-element tensors count as numbers)."""
    if type(value) is float:
        return value
    if isinstance(value, str | bytes) or not isinstance(value, SupportsFloat):
        raise PropertyTypeMismatch(
            f"metric {name!r} is a number, got {value!r} ({type(value).__name__})",
            hint="texts belong in log_params, arrays and tables in log_artifact",
        )
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise PropertyTypeMismatch(f"metric {name!r} cannot be one number: {error}") from error


def is_plain(value: object) -> bool:
    """Return whether a value is a setting rather than data: a scalar, None, or lists and dicts of such."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return all(is_plain(item) for item in value)
    return value is None or isinstance(value, bool | int | float | str | os.PathLike | Enum)


def _value(name: str, given: object) -> Value:
    value = _clean(name, _kept(given))
    # None has no type of its own; what is no value at all is refused by `check`, with the parameter's name.
    return "None" if value is None else cast("Value", value)


def _clean(name: str, value: object) -> object:
    """Return a value without the secrets in its texts, each judged by the name it stands under."""
    if isinstance(value, str):
        return redact_value(name, value)
    if isinstance(value, dict):
        return {key: _clean(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(name, item) for item in value]
    return value


def _kept(given: object) -> object:
    if isinstance(given, Enum):
        return _kept(given.value)
    if isinstance(given, os.PathLike):
        return os.fspath(given)
    if isinstance(given, Mapping):
        return {str(key): _kept(item) for key, item in given.items()}
    if isinstance(given, set | frozenset):
        return sorted((_kept(item) for item in given), key=repr)
    if isinstance(given, list | tuple):
        return [_kept(item) for item in given]
    if getattr(given, "ndim", None) == 0 and hasattr(given, "item"):  # NumPy scalars, one-element tensors
        return given.item()
    return given
