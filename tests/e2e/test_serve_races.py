"""Sixteen gRPC clients want the same type, name and context at once, on every database: one winner, no other error."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2
from lineal.compat.mlmd.proto.metadata_store_service_pb2_grpc import MetadataStoreServiceStub

CLIENTS, ROUNDS = 16, 3


def code_of(call, request):
    """Return the answer of a call, or the code it was refused with."""
    future = call.future(request, timeout=120)
    return future.result() if future.exception() is None else future.code()


def execution_of(types, round_):
    request = service_pb2.PutExecutionRequest()
    request.execution.type_id = types.execution_type_ids[0]
    request.contexts.add(type_id=types.context_type_ids[0], name=f"context {round_}")
    request.options.reuse_context_if_already_exist = True
    pair = request.artifact_event_pairs.add()
    pair.artifact.type_id = types.artifact_type_ids[0]
    pair.event.type = 4
    return request


def test_sixteen_clients_race_and_each_round_has_one_winner(backend, serve_grpc):
    store = backend.open()
    address = serve_grpc(store)
    together = threading.Barrier(CLIENTS)

    def race(number):
        options = [("grpc.use_local_subchannel_pool", 1)]  # a connection of its own, as another process has
        with grpc.insecure_channel(address, options=options) as channel:
            stub = MetadataStoreServiceStub(channel)
            return [one_round(stub, round_, number) for round_ in range(ROUNDS)]

    def one_round(stub, round_, number):
        request = service_pb2.PutTypesRequest()
        for kind in ("artifact", "execution", "context"):
            getattr(request, f"{kind}_types").add(name=f"{kind} {round_}")
        together.wait(60)
        types = stub.PutTypes(request, timeout=120)
        named = service_pb2.PutArtifactsRequest()
        named.artifacts.add(type_id=types.artifact_type_ids[0], name="first", uri=str(number))
        won = code_of(stub.PutArtifacts, named)
        executed = stub.PutExecution(execution_of(types, round_), timeout=120)
        return types.SerializeToString(), won, executed.context_ids[0]

    with ThreadPoolExecutor(CLIENTS) as pool:
        seen = list(pool.map(race, range(CLIENTS)))

    for round_ in range(ROUNDS):
        types, won, contexts = zip(*(client[round_] for client in seen), strict=True)
        assert len(set(types)) == 1
        assert len(set(contexts)) == 1
        losers = [one for one in won if isinstance(one, grpc.StatusCode)]
        assert losers == [grpc.StatusCode.ALREADY_EXISTS] * (CLIENTS - 1)
    assert store.verify().ok
