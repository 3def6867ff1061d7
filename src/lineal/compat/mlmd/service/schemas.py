"""Types between messages and records."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from lineal.compat.mlmd.errors import InvalidArgumentError, UnimplementedError
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb
from lineal.compat.mlmd.service.kinds import Kind
from lineal.model.types import NodeType
from lineal.model.values import PropertyType

_PROPERTY_TYPES = {type_.value: type_ for type_ in PropertyType}
_SIGNATURES = ("input_type", "output_type")


def type_of(kind: Kind, message: Any) -> NodeType:
    """Return the record of a type; its id counts for nothing, and an empty version is none."""
    if not message.name:
        raise InvalidArgumentError("No type name is specified.")
    properties: dict[str, PropertyType] = {}
    for name, number in message.properties.items():
        if number not in _PROPERTY_TYPES:
            raise InvalidArgumentError(f"Property {name} is UNKNOWN.")
        properties[name] = _PROPERTY_TYPES[number]
    has = message.HasField
    return NodeType(
        kind=kind.kind,
        name=message.name,
        version=message.version,
        properties=properties,
        base=_base_of(kind, message),
        description=message.description if has("description") else None,
        external_id=message.external_id if has("external_id") else None,
        input_type=_signature_of(message, "input_type"),
        output_type=_signature_of(message, "output_type"),
    )


def type_message(kind: Kind, type_: NodeType) -> Any:
    """Return the message of a stored type."""
    message = kind.type_message(id=type_.id, name=type_.name)
    for name, declared in type_.properties.items():
        message.properties[name] = declared.value
    if type_.version:
        message.version = type_.version
    if type_.description is not None:
        message.description = type_.description
    if type_.external_id is not None:
        message.external_id = type_.external_id
    if type_.base in kind.base_types:
        message.base_type = kind.base_types.index(type_.base) + 1
    for field in _SIGNATURES:
        _write_signature(message, field, getattr(type_, field))
    return message


def _base_of(kind: Kind, message: Any) -> str | None:
    if not message.HasField("base_type"):
        return None
    number = int(message.base_type)
    if not 0 < number <= len(kind.base_types):
        raise UnimplementedError("base_type deletion is not supported yet")
    return kind.base_types[number - 1]


def _signature_of(message: Any, field: str) -> str | None:
    if field not in message.DESCRIPTOR.fields_by_name or not message.HasField(field):
        return None
    _check_depth(message, field)
    found = json_format.MessageToDict(getattr(message, field))
    text: str = json.dumps(found, separators=(",", ":"), sort_keys=True)
    return text


def _check_depth(message: Any, field: str) -> None:
    """Refuse what could not be read again in the answer that has most messages around it."""
    answer = service_pb.GetLineageSubgraphResponse()
    answer.lineage_subgraph.execution_types.add().CopyFrom(message)
    try:
        service_pb.GetLineageSubgraphResponse.FromString(answer.SerializeToString())
    except DecodeError as error:
        raise InvalidArgumentError(f"{field} of type {message.name!r} is nested too deeply.") from error


def _write_signature(message: Any, field: str, text: str | None) -> None:
    if text is None or field not in message.DESCRIPTOR.fields_by_name:
        return
    try:
        json_format.Parse(text, getattr(message, field))
    except json_format.ParseError:
        # An imported store may hold what is no such message; the type is of use without it.
        message.ClearField(field)
