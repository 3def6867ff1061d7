"""A gRPC server whose answers a test writes, and a client of it."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from lineal.compat import mlmd
from lineal.compat.mlmd.proto import metadata_store_pb2, metadata_store_service_pb2, metadata_store_service_pb2_grpc


class Script:
    """The answers of a server, in order, and the requests that it got.

    An answer is a message, a status code to abort with, or a function of request and context.
    """

    def __init__(self):
        self.answers = deque()
        self.requests = []

    def handle(self, method):
        def call(_servicer, request, context):
            self.requests.append((method, request))
            answer = (
                self.answers.popleft() if self.answers else getattr(metadata_store_service_pb2, f"{method}Response")()
            )
            if isinstance(answer, grpc.StatusCode):
                context.abort(answer, f"it is {answer.name}")
            return answer(request, context) if callable(answer) else answer

        return call


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def serve(script):
    """Start servers that answer by the script; return the port of each."""
    servers = []
    base = metadata_store_service_pb2_grpc.MetadataStoreServiceServicer
    names = [name for name in vars(base) if not name.startswith("_")]
    servicer = type("Scripted", (base,), {name: script.handle(name) for name in names})()

    def start(credentials=None):
        server = grpc.server(ThreadPoolExecutor(max_workers=2))
        metadata_store_service_pb2_grpc.add_MetadataStoreServiceServicer_to_server(servicer, server)
        port = (
            server.add_secure_port("localhost:0", credentials)
            if credentials
            else server.add_insecure_port("127.0.0.1:0")
        )
        server.start()
        servers.append(server)
        return port

    yield start
    for server in servers:
        server.stop(None).wait()


@pytest.fixture
def client(serve):
    """A `MetadataStore` of a scripted server, with what its configuration says beside host and port."""

    def connect(**config):
        return mlmd.MetadataStore(
            metadata_store_pb2.MetadataStoreClientConfig(host="127.0.0.1", port=serve(), **config)
        )

    return connect
