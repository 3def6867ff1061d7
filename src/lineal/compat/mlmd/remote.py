"""A server that speaks ML Metadata's gRPC: Lineal's, or the real one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import grpc
from google.protobuf.message import Message

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto.metadata_store_service_pb2_grpc import MetadataStoreServiceStub

MAX_NUM_RESULT = 100
"""ML Metadata's own server answers a larger page without the token of the next one, so the rest would be lost."""

NOTE = "lineal-note"
"""The trailing metadata by which a Lineal server says what an answer leaves out."""


class Remote:
    """A channel to one server. The connection is made with the first call, and made again when it was lost."""

    def __init__(self, config: pb.MetadataStoreClientConfig) -> None:
        self.largest_page = MAX_NUM_RESULT
        self._stub = MetadataStoreServiceStub(_channel(config))
        self._timeout = config.client_timeout_sec if config.HasField("client_timeout_sec") else None

    def call(self, method: str, request: Message) -> Any:
        """Return the answer of a call; warn of what the server says it leaves out. Raises a StatusError."""
        try:
            answer, call = getattr(self._stub, method).with_call(request, timeout=self._timeout)
        except grpc.RpcError as error:
            raise errors.make_exception(error.details(), error.code().value[0]) from error
        for key, value in call.trailing_metadata() or ():
            if key == NOTE:
                warnings.warn(value, stacklevel=5)
        return answer

    def call_all(self, calls: Sequence[tuple[str, Message]]) -> list[Any]:
        """Return the answers of calls; a server keeps each of them by itself."""
        return [self.call(method, request) for method, request in calls]

    @staticmethod
    def snapshot() -> AbstractContextManager[None]:
        """Promise nothing: each call is one of its own to a server."""
        return nullcontext()


def _channel(config: pb.MetadataStoreClientConfig) -> grpc.Channel:
    target = f"{config.host}:{config.port}"
    if not config.HasField("ssl_config"):
        return grpc.insecure_channel(target, options=_options(config.channel_arguments))
    ssl = config.ssl_config
    credentials = grpc.ssl_channel_credentials(
        root_certificates=ssl.custom_ca.encode() or None,
        private_key=ssl.client_key.encode() or None,
        certificate_chain=ssl.server_cert.encode() or None,
    )
    return grpc.secure_channel(target, credentials, options=_options(config.channel_arguments))


def _options(arguments: pb.GrpcChannelArguments) -> list[tuple[str, int]]:
    # Unless a program limits them, answers are as long as they are: gRPC's own 4 MB is a few thousand nodes.
    longest = arguments.max_receive_message_length if arguments.HasField("max_receive_message_length") else -1
    options = [("grpc.max_receive_message_length", longest), ("grpc.max_send_message_length", -1)]
    if arguments.HasField("http2_max_ping_strikes"):
        options.append(("grpc.http2.max_ping_strikes", arguments.http2_max_ping_strikes))
    return options
