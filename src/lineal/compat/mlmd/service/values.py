"""Property values between messages and records, exactly: doubles, 64-bit integers, texts and packed messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lineal.compat.mlmd.errors import FailedPreconditionError, InvalidArgumentError
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.service.structs import TooDeepError, struct_of, write_struct
from lineal.model.values import Proto, Value

_PLAIN = frozenset({"int_value", "double_value", "string_value", "bool_value"})


def values_of(message: Mapping[str, Any]) -> dict[str, Value]:
    """Return a property map; INVALID_ARGUMENT for a value that is not set, or nested too deeply."""
    values: dict[str, Value] = {}
    for name, value in message.items():
        which = value.WhichOneof("value")
        values[name] = getattr(value, which) if which in _PLAIN else _value_of(name, value, which)
    return values


def _value_of(name: str, value: Any, which: str | None) -> Value:
    if which is None:
        raise InvalidArgumentError(f"Property {name!r} has no value; set int_value, string_value or another one.")
    if which == "proto_value":
        return Proto(value.proto_value.type_url, value.proto_value.value)
    try:
        return struct_of(value.struct_value)
    except TooDeepError as error:
        raise InvalidArgumentError(f"Property {name!r} cannot be put: {error}.") from error


def write_values(values: Mapping[str, Value], message: Any) -> None:
    """Write a property map into a message's map; FAILED_PRECONDITION for a struct that no message can hold."""
    for name, value in values.items():
        # Most of the time of a large answer is spent here: the plain classes first, and no call.
        kind = type(value)
        if kind is str:
            message[name].string_value = value
        elif kind is float:
            message[name].double_value = value
        elif kind is int:
            message[name].int_value = value
        elif kind is bool:
            message[name].bool_value = value
        else:
            _write_other(name, value, message[name])


def _write_other(name: str, value: Value, message: Any) -> None:
    try:
        _write_value(value, message)
    except TooDeepError as error:
        raise FailedPreconditionError(
            f"Property {name!r} cannot be read here: {error}. Lineal's own interface reads it."
        ) from error


def says(message: Any, value: Value) -> bool:
    """Return whether a `Value` says of a stored value all that it can."""
    sent = pb.Value()
    try:
        _write_value(value, sent)
    except TooDeepError:
        return False
    return bool(sent == message)


def _write_value(value: Value, message: Any) -> None:
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
        write_struct(value, message.struct_value)
