"""Whether all text of a request is UTF-8. proto2 takes any bytes for a string, and gives them to Python as bytes.

proto3 refuses such messages while it parses, in C. So each request is parsed once more as its twin: the same fields
under proto3's rules, in a descriptor pool of their own.
"""

from __future__ import annotations

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, field_mask_pb2, message_factory, struct_pb2
from google.protobuf.message import DecodeError, Message

from lineal.compat.mlmd.proto import metadata_store_pb2, metadata_store_service_pb2

_NEEDED = (any_pb2, descriptor_pb2, field_mask_pb2, struct_pb2)


def is_text(method: str, content: bytes) -> bool:
    """Return whether every string in the serialized request of a call is UTF-8."""
    if content.isascii():
        return True
    try:
        _TWINS[method].FromString(content)
    except DecodeError:
        return False
    return True


def _twins() -> dict[str, type[Message]]:
    pool = descriptor_pool.DescriptorPool()
    for module in _NEEDED:
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    for module in (metadata_store_pb2, metadata_store_service_pb2):
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        file.syntax = "proto3"
        for message in file.message_type:
            _adapt(message)
        pool.AddSerializedFile(file.SerializeToString())
    service = pool.FindServiceByName("ml_metadata.MetadataStoreService")
    return {method.name: message_factory.GetMessageClass(method.input_type) for method in service.methods}


def _adapt(message: descriptor_pb2.DescriptorProto) -> None:
    """Take from a message what proto3 does not know; none of it is about text."""
    message.ClearField("extension_range")
    for field in message.field:
        field.ClearField("default_value")
    for nested in message.nested_type:
        _adapt(nested)


_TWINS = _twins()
