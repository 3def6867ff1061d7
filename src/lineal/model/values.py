"""Property values: what a node can say about itself, and how exactly it is kept.

Six kinds, ML Metadata's. Values come back as they went in: doubles bit for bit, NaN and ±inf,
64-bit integers, empty strings, any Unicode text. `check` refuses what cannot be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lineal.errors import InvalidArgument

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1
MAX_DEPTH = 64


class PropertyType(Enum):
    """Kinds of value a schema can declare; the value is ML Metadata's number."""

    INT = 1
    DOUBLE = 2
    STRING = 3
    STRUCT = 4
    PROTO = 5
    BOOLEAN = 6


@dataclass(frozen=True, slots=True)
class Proto:
    """A protobuf message packed as `google.protobuf.Any`: its type URL and its bytes."""

    type_url: str
    data: bytes


type_of_struct = "dict or list of None, bool, int, float, str, bytes, dict and list"

Json = None | bool | int | float | str | bytes | Sequence["Json"] | Mapping[str, "Json"]
Struct = Mapping[str, Json] | Sequence[Json]
Value = bool | int | float | str | Proto | Struct


def type_of(value: object) -> PropertyType | None:
    """Return the kind of `value`, or None where no kind fits. bool is BOOLEAN, never INT."""
    if isinstance(value, bool):
        return PropertyType.BOOLEAN
    if isinstance(value, int):
        return PropertyType.INT
    if isinstance(value, float):
        return PropertyType.DOUBLE
    if isinstance(value, str):
        return PropertyType.STRING
    if isinstance(value, Proto):
        return PropertyType.PROTO
    if isinstance(value, Mapping | list | tuple):
        return PropertyType.STRUCT
    return None


def check(name: str, value: object) -> PropertyType:
    """Return the kind of `value`; raise InvalidArgument naming the property if it cannot be kept."""
    check_text("a property name", name)
    plain = plain_kind(value)
    if plain is not None:
        return plain
    kind = type_of(value)
    if kind is None:
        raise InvalidArgument(
            f"property {name!r} is a {type(value).__name__}, which cannot be stored",
            hint="use int, float, str, bool, dict, list or Proto; for arrays and frames use log_artifact",
        )
    if isinstance(value, Proto):
        _check_proto(name, value.type_url, value.data)
    else:
        _check_json(name, value, depth=0)
    return kind


_PLAIN = {bool: PropertyType.BOOLEAN, int: PropertyType.INT, float: PropertyType.DOUBLE, str: PropertyType.STRING}
_INT, _STRING = PropertyType.INT, PropertyType.STRING


def plain_kind(value: Any) -> PropertyType | None:
    """Return the kind of a bool, double, 64-bit integer or ASCII text; None of all that needs a closer look.

    Most values are such, and are met in every write: they can be kept for certain.
    """
    kind = _PLAIN.get(type(value))
    if kind is _STRING:
        return kind if value.isascii() else None
    if kind is _INT:
        return kind if INT64_MIN <= value <= INT64_MAX else None
    return kind


def check_text(what: str, text: object) -> None:
    """Raise InvalidArgument unless `text` is a string that can be written as UTF-8."""
    if isinstance(text, str) and text.isascii():
        return
    if not isinstance(text, str):
        raise InvalidArgument(f"{what} must be a string, got {text!r} ({type(text).__name__})")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidArgument(f"{what} {text!r} is not valid Unicode text: {error.reason}") from error


def _check_proto(name: str, type_url: object, data: object) -> None:
    check_text(f"the type URL of property {name!r}", type_url)
    if not isinstance(data, bytes):
        raise InvalidArgument(f"the message of property {name!r} must be bytes, got {data!r}")


def _check_json(name: str, value: object, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise InvalidArgument(f"property {name!r} is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, str):
        check_text(f"property {name!r}:", value)
    elif isinstance(value, int) and not INT64_MIN <= value <= INT64_MAX:
        raise InvalidArgument(f"property {name!r} is {value}, outside the 64-bit integers")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_text(f"a key of property {name!r}", key)
            _check_json(name, item, depth=depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_json(name, item, depth=depth + 1)
    elif not (value is None or isinstance(value, float | bytes | int)):
        raise InvalidArgument(f"property {name!r} holds a {type(value).__name__}; a STRUCT is a {type_of_struct}")
