"""Property values: what a row of ML Metadata's property tables means here, and the row that says the same."""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from lineal.errors import MissingExtra
from lineal.ingest.mlmd.layout import STRUCT
from lineal.ingest.mlmd.rows import PropertyRow
from lineal.model.values import Json, Proto, Value

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any as AnyMessage
    from google.protobuf.message import Message
    from google.protobuf.struct_pb2 import Struct as StructMessage
    from google.protobuf.struct_pb2 import Value as ValueMessage

M = TypeVar("M", bound="Message")

_EXACT = 2**53


class NoValue(ValueError):
    """A value cannot be said on the other side; the message says why."""


def value_of(row: PropertyRow) -> Value:
    """Return the value of a property; the first column that is set counts. Raises NoValue."""
    if row.int_value is not None:
        return _need(row.int_value, int)
    if row.double_value is not None:
        return _need(row.double_value, float)
    if row.string_value is not None:
        return _text(_need(row.string_value, str))
    if row.proto_value is not None:
        return proto_of(row.proto_value)
    if row.bool_value is not None:
        return bool(row.bool_value)
    raise NoValue("it has no value")


def ignored(row: PropertyRow) -> bool:
    """Return whether more than one column is set: ML Metadata reads the first and never shows the others."""
    return sum(value is not None for value in row[3:]) > 1


def row_of(node_id: int, name: str, custom: int, value: Value) -> PropertyRow:
    """Return the row that says this value. Raises NoValue for what ML Metadata cannot keep."""
    if isinstance(value, bool):
        return PropertyRow(node_id, name, custom, bool_value=int(value))
    if isinstance(value, int):
        return PropertyRow(node_id, name, custom, int_value=value)
    if isinstance(value, float):
        if math.isnan(value):
            raise NoValue("SQLite has no NaN")
        return PropertyRow(node_id, name, custom, double_value=value)
    if isinstance(value, str):
        return PropertyRow(node_id, name, custom, string_value=value)
    if isinstance(value, Proto):
        message = _any()(type_url=value.type_url, value=value.data)
        return PropertyRow(node_id, name, custom, proto_value=b64encode(message.SerializeToString()).decode())
    if not isinstance(value, Mapping):
        raise NoValue("a struct of ML Metadata has names; this is a list")
    message_ = _struct()()
    _fill(message_, value)
    data = b64encode(message_.SerializeToString(deterministic=True)).decode()
    return PropertyRow(node_id, name, custom, string_value=STRUCT + data)


def struct_of(text: str) -> dict[str, Json] | None:
    """Return the struct that a text holds, or None where it is a plain text after all."""
    if not text.startswith(STRUCT):
        return None
    message = _parsed(_struct(), text[len(STRUCT) :])
    if message is None:
        return None
    return {name: _json(value) for name, value in message.fields.items()}


def proto_of(stored: bytes | str | memoryview) -> Proto:
    """Return the message that a `proto_value` holds. Raises NoValue where it holds none.

    On PostgreSQL it is not in base64 but plain; its first byte, a tag, is none of base64's.
    """
    data = stored if isinstance(stored, str) else bytes(stored)
    message = _parsed(_any(), data)
    if message is None and isinstance(data, bytes):
        message = _parsed(_any(), b64encode(data))
    if message is None:
        raise NoValue("its proto_value is no google.protobuf.Any")
    return Proto(message.type_url, message.value)


def is_text(value: str) -> bool:
    """Return whether a text that was read is one: bytes that are no UTF-8 came as surrogates."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _need(value: object, kind: type) -> int | float | str:
    # SQLite puts any value into any column; only the declared kind is ML Metadata's.
    if type(value) is not kind:
        raise NoValue(f"its {kind.__name__} column holds {value!r:.80} ({type(value).__name__})")
    return cast("int | float | str", value)


def _text(value: int | float | str) -> Value:  # noqa: PYI041
    text = cast("str", value)
    if not is_text(text):
        raise NoValue("its text is not valid UTF-8")
    struct = struct_of(text)
    return text if struct is None else struct


def _json(value: ValueMessage) -> Json:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {name: _json(each) for name, each in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_json(each) for each in value.list_value.values]
    if kind in (None, "null_value"):
        return None
    return cast("float | str | bool", getattr(value, kind))


def _fill(message: StructMessage, value: Mapping[str, Json]) -> None:
    for name, each in value.items():
        _put(message.fields[name], each)


def _put(message: ValueMessage, value: Json) -> None:
    if value is None:
        message.null_value = 0  # type: ignore[assignment]
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int | float):
        if isinstance(value, int) and abs(value) > _EXACT:
            raise NoValue(f"a struct of ML Metadata holds doubles, and {value} is none")
        message.number_value = value
    elif isinstance(value, str):
        message.string_value = value
    elif isinstance(value, bytes):
        raise NoValue("a struct of ML Metadata holds no bytes")
    elif isinstance(value, Mapping):
        message.struct_value.SetInParent()
        _fill(message.struct_value, value)
    else:
        message.list_value.SetInParent()
        for each in value:
            _put(message.list_value.values.add(), each)


def _struct() -> type[StructMessage]:
    try:
        from google.protobuf.struct_pb2 import Struct
    except ImportError as error:
        raise MissingExtra("A struct of ML Metadata", extra="mlmd") from error
    return Struct


def _any() -> type[AnyMessage]:
    try:
        from google.protobuf.any_pb2 import Any
    except ImportError as error:
        raise MissingExtra("A message of ML Metadata", extra="mlmd") from error
    return Any


def _parsed(kind: type[M], data: str | bytes) -> M | None:
    from google.protobuf.message import DecodeError

    try:
        return kind.FromString(b64decode(data, validate=True))
    except (ValueError, DecodeError):
        # ValueError: what is no base64, and what is no ASCII.
        return None
