"""Reflection: clients such as grpcurl ask the server for its own descriptions, and need no .proto file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, text_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from grpc_reflection.v1alpha import reflection, reflection_pb2

T = TypeVar("T")

# grpcio-reflection has the name from before it became stable; the messages are the same, so new clients get both.
_STABLE = "grpc.reflection.v1.ServerReflection"


def enable_reflection(
    server: grpc.aio.Server, services: Sequence[str], pools: Sequence[descriptor_pool.DescriptorPool]
) -> None:
    """Have `server` describe these services from these pools."""
    described = _Pools([*pools, _stable_pool()])
    servicer = reflection.aio.ReflectionServicer([*services, reflection.SERVICE_NAME, _STABLE], pool=described)
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    server.add_generic_rpc_handlers(
        tuple(
            grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler})
            for name in (reflection.SERVICE_NAME, _STABLE)
        )
    )


def _stable_pool() -> descriptor_pool.DescriptorPool:
    """Return a pool that describes the service under its stable name."""
    early = descriptor_pb2.FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)
    stable = text_format.MessageToString(early).replace("v1alpha", "v1")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(text_format.Parse(stable, descriptor_pb2.FileDescriptorProto()).SerializeToString())
    return pool


class _Pools:
    """Several pools asked as one, in order; MLMD's messages may live in a private one. Unknown names are KeyError."""

    def __init__(self, pools: Sequence[descriptor_pool.DescriptorPool]) -> None:
        self._pools = tuple(dict.fromkeys(pools))

    def FindFileByName(self, name: str) -> FileDescriptor:  # noqa: N802  protobuf's name
        return self._first(lambda pool: pool.FindFileByName(name))

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:  # noqa: N802
        return self._first(lambda pool: pool.FindFileContainingSymbol(symbol))

    def FindMessageTypeByName(self, name: str) -> Descriptor:  # noqa: N802
        return self._first(lambda pool: pool.FindMessageTypeByName(name))

    def FindExtensionByNumber(self, message: Descriptor, number: int) -> FieldDescriptor:  # noqa: N802
        return message.file.pool.FindExtensionByNumber(message, number)

    def FindAllExtensions(self, message: Descriptor) -> list[FieldDescriptor]:  # noqa: N802
        return message.file.pool.FindAllExtensions(message)

    def _first(self, ask: Callable[[descriptor_pool.DescriptorPool], T]) -> T:
        for pool in self._pools[:-1]:
            try:
                return ask(pool)
            except KeyError:
                continue
        return ask(self._pools[-1])
