"""Property values between messages and records, exactly.

Doubles, 64-bit integers, texts and packed messages pass as they are. A Struct knows only doubles and objects: an
integer inside a struct of ours leaves as a double, bytes as base64, and a list at the top under the name `__value__`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from lineal.compat.mlmd.errors import InvalidArgumentError
from lineal.model.values import Json, Proto, Value

_LIST = "__value__"
_PLAIN = frozenset({"int_value", "double_value", "string_value", "bool_value"})


def values_of(message: Mapping[str, Any]) -> dict[str, Value]:
    """Return a property map; INVALID_ARGUMENT for a property whose value is not set."""
    values: dict[str, Value] = {}
    for name, value in message.items():
        which = value.WhichOneof("value")
        values[name] = getattr(value, which) if which in _PLAIN else _value_of(name, value, which)
    return values


def _value_of(name: str, value: Any, which: str | None) -> Value:
    if which is None:
        raise InvalidArgumentError(f"Property {name!r} has no value; set int_value, string_value or another one.")
    if which == "struct_value":
        return {key: _json_of(item) for key, item in value.struct_value.fields.items()}
    return Proto(value.proto_value.type_url, value.proto_value.value)


def write_values(values: Mapping[str, Value], message: Any) -> None:
    """Write a property map into a message's map."""
    for name, value in values.items():
        write_value(value, message[name])


def write_value(value: Value, message: Any) -> None:
    """Write one value into a `Value`."""
    if isinstance(value, str):
        message.string_value = value
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int):
        message.int_value = value
    elif isinstance(value, float):
        message.double_value = value
    elif isinstance(value, Proto):
        message.proto_value.type_url = value.type_url
        message.proto_value.value = value.data
    else:
        message.struct_value.SetInParent()
        fields: Mapping[str, Json] = value if isinstance(value, Mapping) else {_LIST: value}
        for key, item in fields.items():
            _write_json(item, message.struct_value.fields[key])


def _json_of(value: Any) -> Json:
    which = value.WhichOneof("kind")
    if which == "struct_value":
        return {key: _json_of(item) for key, item in value.struct_value.fields.items()}
    if which == "list_value":
        return [_json_of(item) for item in value.list_value.values]
    if which in {None, "null_value"}:
        return None
    plain: bool | float | str = getattr(value, which)
    return plain


def _write_json(value: Json, message: Any) -> None:
    if value is None:
        message.null_value = 0
    elif isinstance(value, str):
        message.string_value = value
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int | float):
        message.number_value = value
    elif isinstance(value, bytes):
        message.string_value = b64encode(value).decode()
    elif isinstance(value, Mapping):
        message.struct_value.SetInParent()
        for key, item in value.items():
            _write_json(item, message.struct_value.fields[key])
    elif isinstance(value, Sequence):
        message.list_value.SetInParent()
        for item in value:
            _write_json(item, message.list_value.values.add())
