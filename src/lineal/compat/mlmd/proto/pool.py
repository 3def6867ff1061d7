"""The descriptors of ML Metadata's messages, and the descriptor pool they live in.

protobuf's default pool, so that a program's Struct and Any values mix freely with ours; a private pool where the real
`ml_metadata` is loaded or may yet be, because two packages cannot both define its names in one pool. After `install()`
it cannot come any more.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, field_mask_pb2, struct_pb2
from google.protobuf.descriptor import FileDescriptor

MESSAGES = "ml_metadata/proto/metadata_store.proto"
SERVICE = "ml_metadata/proto/metadata_store_service.proto"
SIMPLE_TYPES = "ml_metadata/simple_types/proto/simple_types.proto"

_PACKAGE = "lineal.compat.mlmd"
_NEEDED = (any_pb2, descriptor_pb2, field_mask_pb2, struct_pb2)


def _real_package_may_be_here(default: descriptor_pool.DescriptorPool) -> bool:
    try:
        default.FindFileByName(MESSAGES)
    except KeyError:
        pass
    else:
        return True
    loaded = sys.modules.get("ml_metadata")
    if loaded is not None:
        return loaded is not sys.modules[_PACKAGE]
    found = find_spec("ml_metadata")
    return found is not None and found.origin is not None


def _fill(default: descriptor_pool.DescriptorPool) -> tuple[descriptor_pool.DescriptorPool, bool]:
    private = _real_package_may_be_here(default)
    pool = descriptor_pool.DescriptorPool() if private else default
    if private:
        for module in _NEEDED:
            pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    compiled = descriptor_pb2.FileDescriptorSet.FromString(Path(__file__).with_name("descriptors.binpb").read_bytes())
    for file in compiled.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool, private


POOL, PRIVATE = _fill(descriptor_pool.Default())


def file(name: str) -> FileDescriptor:
    """Return the descriptor of one of our files."""
    return POOL.FindFileByName(name)
