"""Serves the real ML Metadata's engine over the real gRPC messages; runs in the peer's interpreter.

For each line that it reads it starts a server with a fresh store and prints its port; it ends with its input. The
package ships no server binary, but the engine that the binary is made of.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as engine
from ml_metadata.proto import metadata_store_pb2

CODES = {code.value[0]: code for code in grpc.StatusCode}


class Calls(grpc.GenericRpcHandler):
    """Hands each call's bytes to the engine and back."""

    def __init__(self):
        config = metadata_store_pb2.ConnectionConfig()
        config.fake_database.SetInParent()
        options = metadata_store_pb2.MigrationOptions()
        self.store = engine.CreateMetadataStore(config.SerializeToString(), options.SerializeToString())

    def service(self, handler_call_details):
        name = handler_call_details.method.rpartition("/")[2]

        def call(request, context):
            # An answer of the engine is (bytes, text, code).
            answer, text, code = getattr(engine, name)(self.store, request)
            if code:
                context.abort(CODES[code], text.decode() if isinstance(text, bytes) else text)
            return answer

        return grpc.unary_unary_rpc_method_handler(call)


if __name__ == "__main__":
    servers = []
    for _ in sys.stdin:
        server = grpc.server(ThreadPoolExecutor(max_workers=2))
        server.add_generic_rpc_handlers((Calls(),))
        print(server.add_insecure_port("127.0.0.1:0"), flush=True)  # noqa: T201  the reader's answer
        server.start()
        servers.append(server)
    for server in servers:
        server.stop(None)
