"""The service's generated names over a real channel: stub, servicer, registration, calls without a stub."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from lineal.compat.mlmd.proto import metadata_store_pb2, metadata_store_service_pb2, metadata_store_service_pb2_grpc


class OneCall(metadata_store_service_pb2_grpc.MetadataStoreServiceServicer):
    """Answers one call and leaves the rest as the base has it."""

    def GetArtifactsByID(self, request, _context):  # noqa: N802  given name
        artifacts = [metadata_store_pb2.Artifact(id=id_) for id_ in request.artifact_ids]
        return metadata_store_service_pb2.GetArtifactsByIDResponse(artifacts=artifacts)


@pytest.fixture
def target():
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    metadata_store_service_pb2_grpc.add_MetadataStoreServiceServicer_to_server(OneCall(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_a_stub_reaches_a_servicer(target):
    with grpc.insecure_channel(target) as channel:
        stub = metadata_store_service_pb2_grpc.MetadataStoreServiceStub(channel)
        answer = stub.GetArtifactsByID(metadata_store_service_pb2.GetArtifactsByIDRequest(artifact_ids=[4, 5]))

    assert [artifact.id for artifact in answer.artifacts] == [4, 5]


def test_a_call_that_a_servicer_does_not_override_is_unimplemented(target):
    with grpc.insecure_channel(target) as channel:
        stub = metadata_store_service_pb2_grpc.MetadataStoreServiceStub(channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetContexts(metadata_store_service_pb2.GetContextsRequest())

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.filterwarnings("ignore:'unary_unary' is an experimental API")
def test_a_call_needs_no_stub(target):
    request = metadata_store_service_pb2.GetArtifactsByIDRequest(artifact_ids=[6])

    answer = metadata_store_service_pb2_grpc.MetadataStoreService.GetArtifactsByID(
        request, target, channel_credentials=grpc.experimental.insecure_channel_credentials()
    )

    assert answer.artifacts[0].id == 6
