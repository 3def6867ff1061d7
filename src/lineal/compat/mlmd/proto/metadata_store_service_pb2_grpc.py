"""ML Metadata's gRPC service, as its generated module of this name offers it: stub, servicer, registration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import grpc
import grpc.experimental
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2
from lineal.compat.mlmd.proto.pool import SERVICE, file

_SERVICE = file(SERVICE).services_by_name["MetadataStoreService"]


def _class_named(name: str) -> type[Message]:
    found: type[Message] = getattr(service_pb2, name)
    return found


def _path(method: MethodDescriptor) -> str:
    return f"/{_SERVICE.full_name}/{method.name}"


class MetadataStoreServiceStub:
    """The client's side: one callable per call, named as the call is."""

    def __init__(self, channel: grpc.Channel) -> None:
        for method in _SERVICE.methods:
            call = channel.unary_unary(
                _path(method),
                request_serializer=_class_named(method.input_type.name).SerializeToString,
                response_deserializer=_class_named(method.output_type.name).FromString,
            )
            setattr(self, method.name, call)


def _unimplemented(_servicer: object, _request: Message, context: grpc.ServicerContext) -> NoReturn:
    """Answer UNIMPLEMENTED; a servicer overrides the calls it offers."""
    context.set_code(grpc.StatusCode.UNIMPLEMENTED)
    context.set_details("Method not implemented!")
    raise NotImplementedError("Method not implemented!")


MetadataStoreServiceServicer = type(
    "MetadataStoreServiceServicer",
    (),
    {
        "__doc__": "The server's side: derive from it and override the calls you offer; the others are unimplemented.",
        "__module__": __name__,
        **{method.name: _unimplemented for method in _SERVICE.methods},
    },
)


def add_MetadataStoreServiceServicer_to_server(servicer: Any, server: grpc.Server) -> None:  # noqa: N802  given name
    """Have a server answer the 52 calls by a servicer."""
    handlers = {
        method.name: grpc.unary_unary_rpc_method_handler(
            getattr(servicer, method.name),
            request_deserializer=_class_named(method.input_type.name).FromString,
            response_serializer=_class_named(method.output_type.name).SerializeToString,
        )
        for method in _SERVICE.methods
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE.full_name, handlers),))


def _one_call(method: MethodDescriptor) -> Callable[..., Any]:
    def call(
        request: Message,
        target: str,
        options: Any = (),
        channel_credentials: Any = None,
        call_credentials: Any = None,
        insecure: bool = False,  # noqa: FBT001, FBT002  the generated signature
        compression: Any = None,
        wait_for_ready: bool | None = None,  # noqa: FBT001  the generated signature
        timeout: float | None = None,
        metadata: Any = None,
    ) -> Any:
        """Make this call once, on a channel of its own."""
        return grpc.experimental.unary_unary(
            request,
            target,
            _path(method),
            _class_named(method.input_type.name).SerializeToString,
            _class_named(method.output_type.name).FromString,
            options,
            channel_credentials,
            insecure,
            call_credentials,
            compression,
            wait_for_ready,
            timeout,
            metadata,
        )

    return call


MetadataStoreService = type(
    "MetadataStoreService",
    (),
    {
        "__doc__": "Calls without a stub, one static method per call.",
        "__module__": __name__,
        **{method.name: staticmethod(_one_call(method)) for method in _SERVICE.methods},
    },
)
