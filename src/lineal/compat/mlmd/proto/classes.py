"""From descriptors to the names that a generated `_pb2` module has: message classes, enums, constants, extensions."""

from __future__ import annotations

from typing import Any, cast

from google.protobuf import descriptor_pool, symbol_database
from google.protobuf.descriptor import Descriptor, FileDescriptor
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message
from google.protobuf.reflection import GeneratedProtocolMessageType


def names_of(file: FileDescriptor, module: str) -> dict[str, Any]:
    """Return everything that a generated module of this file has, by name; its classes say that `module` has them."""
    names: dict[str, Any] = {"DESCRIPTOR": file}
    for name, enum in file.enum_types_by_name.items():
        names[name] = EnumTypeWrapper(enum)
        names |= {value.name: value.number for value in enum.values}
    for name, extension in file.extensions_by_name.items():
        names[name] = extension
        names[f"{name.upper()}_FIELD_NUMBER"] = extension.number
    for name, message in file.message_types_by_name.items():
        names[name] = _class_of(message, module, name)
    return names


def _class_of(message: Descriptor, module: str, qualified: str) -> type[Message]:
    inner = {
        name: _class_of(nested, module, f"{qualified}.{name}") for name, nested in message.nested_types_by_name.items()
    }
    body = {
        **inner,
        "DESCRIPTOR": message,
        "__module__": module,
        "__qualname__": qualified,
        # protobuf's own way finds a nested class in the default pool only.
        "__reduce__": lambda self: (restored, (type(self), self.SerializePartialToString())),
    }
    made = cast("type[Message]", GeneratedProtocolMessageType(message.name, (Message,), body))
    if message.file.pool is descriptor_pool.Default():
        # As generated code does; the symbols of a private pool would stand in the way of the real package's.
        symbol_database.Default().RegisterMessage(made)
    return made


def restored(cls: type[Message], data: bytes) -> Message:
    """Return the message that was pickled."""
    return cls.FromString(data)
