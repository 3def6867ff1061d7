"""Prints the descriptors of ML Metadata's three files, one line a message, enum or call, sorted.

Run with the path of Lineal's source it prints ours, without an argument those of the real package.
"""

from __future__ import annotations

import importlib
import sys

from google.protobuf import descriptor_pb2

# ruff: noqa: T201  a script that prints
PREFIX = ".ml_metadata."


def lines(file):
    yield f"file {file.name} package {file.package} imports {' '.join(sorted(file.dependency))}"
    yield from (f"extension {of_field(field)} extends {field.extendee}" for field in file.extension)
    yield from (of_enum(enum, "") for enum in file.enum_type)
    for message in file.message_type:
        yield from of_message(message, "")
    for service in file.service:
        for call in service.method:
            takes, gives = call.input_type.removeprefix(PREFIX), call.output_type.removeprefix(PREFIX)
            streams = call.client_streaming or call.server_streaming
            yield f"call {service.name}.{call.name}({takes}) {gives}{' stream' * streams}{options(call)}"


def of_message(message, outer):
    name = outer + message.name
    fields = [of_field(field, message) for field in sorted(message.field, key=lambda field: field.number)]
    reserved = [f"reserved {span.start}:{span.end}" for span in message.reserved_range]
    extensions = [f"extensions {span.start}:{span.end}" for span in message.extension_range]
    yield f"message {name}{options(message)} {{ {'; '.join([*fields, *reserved, *extensions])} }}"
    yield from (of_enum(enum, f"{name}.") for enum in message.enum_type)
    for nested in message.nested_type:
        yield from of_message(nested, f"{name}.")


def of_field(field, message=None):
    kind = field.type_name.removeprefix(PREFIX) or descriptor_pb2.FieldDescriptorProto.Type.Name(field.type)[5:].lower()
    label = descriptor_pb2.FieldDescriptorProto.Label.Name(field.label)[6:].lower()
    oneof = f" oneof {message.oneof_decl[field.oneof_index].name}" if field.HasField("oneof_index") else ""
    default = f" default {field.default_value}" if field.HasField("default_value") else ""
    return f"{label} {kind} {field.name}={field.number}{oneof}{default}{options(field)}"


def of_enum(enum, outer):
    values = ", ".join(f"{value.name}={value.number}{options(value)}" for value in enum.value)
    return f"enum {outer}{enum.name} {{ {values} }}"


def options(described):
    """As bytes: an extension that one side knows must print as on the other, which does not."""
    data = described.options.SerializeToString()
    return f" options {data!r}" if data else ""


if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    package = "lineal.compat.mlmd" if sys.argv[1:] else "ml_metadata"
    for name in ("proto.metadata_store_pb2", "proto.metadata_store_service_pb2", "simple_types.proto.simple_types_pb2"):
        copied = descriptor_pb2.FileDescriptorProto()
        importlib.import_module(f"{package}.{name}").DESCRIPTOR.CopyToProto(copied)
        print("\n".join(sorted(lines(copied))))
