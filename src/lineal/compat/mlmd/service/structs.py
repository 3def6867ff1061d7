"""Structs between messages and records.

A Struct knows only doubles and objects: an integer of ours leaves as a double, bytes as base64, and a list at the top
under the name `__value__`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from lineal.model.values import Json, Struct

DEEPEST = 96
"""Messages inside one another below a property: protobuf reads 100, and a request needs up to four around that."""

# What one step down costs: a map is a message, each of its entries another one, then there is the value.
_STRUCT, _ENTRY, _LIST = 1, 2, 2
_TOP = "__value__"


class TooDeepError(ValueError):
    """A struct is nested deeper than any message can be read again."""

    def __init__(self) -> None:
        super().__init__("it is nested deeper than 31 structs inside one another, the most that a message can hold")


def struct_of(struct: Any) -> dict[str, Json]:
    """Return what a Struct says. Raises TooDeepError."""
    return _fields_of(struct, DEEPEST - _STRUCT)


def write_struct(value: Struct, target: Any) -> None:
    """Write into a Struct. Raises TooDeepError."""
    _write_fields(value if isinstance(value, Mapping) else {_TOP: value}, target, DEEPEST - _STRUCT)


def _fields_of(struct: Any, left: int) -> dict[str, Json]:
    return {key: _json_of(item, left - _ENTRY) for key, item in struct.fields.items()}


def _json_of(value: Any, left: int) -> Json:
    if left < 0:
        raise TooDeepError
    which = value.WhichOneof("kind")
    if which == "struct_value":
        return _fields_of(value.struct_value, left - _STRUCT)
    if which == "list_value":
        return [_json_of(item, left - _LIST) for item in value.list_value.values]
    if which in {None, "null_value"}:
        return None
    plain: bool | float | str = getattr(value, which)
    return plain


def _write_fields(fields: Mapping[str, Json], target: Any, left: int) -> None:
    target.SetInParent()
    for key, item in fields.items():
        _write_json(item, target.fields[key], left - _ENTRY)


def _write_json(value: Json, target: Any, left: int) -> None:
    if left < 0:
        raise TooDeepError
    if value is None:
        target.null_value = 0
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, bytes):
        target.string_value = b64encode(value).decode()
    elif isinstance(value, Mapping):
        _write_fields(value, target.struct_value, left - _STRUCT)
    elif isinstance(value, Sequence):
        target.list_value.SetInParent()
        for item in value:
            _write_json(item, target.list_value.values.add(), left - _LIST)
