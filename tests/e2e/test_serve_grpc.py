"""The gRPC door as a client sees it: 52 calls, health, reflection, limits, the ledger's actor, and how it starts."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2
from lineal.compat.mlmd.proto.metadata_store_service_pb2_grpc import MetadataStoreServiceStub
from lineal.server.calls import REQUESTS, SERVICE_NAME
from lineal.workspace import open_workspace
from tests.servers.serving import channel_to, serving

FAULTS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("grpc")


@pytest.fixture(scope="module")
def server(directory):
    with serving(directory) as one:
        yield one


@pytest.fixture
def channel(server):
    with channel_to(server) as channel:
        yield channel


@pytest.fixture
def stub(channel):
    return MetadataStoreServiceStub(channel)


def refusal(call, *arguments, **options):
    """Return the error of a call that is refused, or None."""
    try:
        call(*arguments, **options)
    except grpc.RpcError as error:
        return error
    return None


def put_type(stub, name, **options):
    request = service_pb2.PutArtifactTypeRequest()
    request.artifact_type.name = name
    return stub.PutArtifactType(request, timeout=60, **options).type_id


def test_all_52_calls_are_there_and_an_empty_request_is_no_fault_of_ours(stub):
    assert len(REQUESTS) == 52
    for method, kind in REQUESTS.items():
        error = refusal(getattr(stub, method), kind(), timeout=30)
        code = grpc.StatusCode.OK if error is None else error.code()
        assert code not in FAULTS, (method, error.details())
        assert (code is grpc.StatusCode.UNIMPLEMENTED) == (method == "GetLineageGraph")


def test_what_a_client_writes_it_reads(stub):
    type_id = put_type(stub, "Model")
    request = service_pb2.PutArtifactsRequest()
    artifact = request.artifacts.add(type_id=type_id, name="delay", uri="s3://models/delay")
    artifact.custom_properties["rate"].double_value = 1 / 3

    [artifact_id] = stub.PutArtifacts(request).artifact_ids

    [read] = stub.GetArtifactsByID(service_pb2.GetArtifactsByIDRequest(artifact_ids=[artifact_id])).artifacts
    assert (read.name, read.uri, read.custom_properties["rate"].double_value) == ("delay", "s3://models/delay", 1 / 3)


def test_a_refusal_has_its_code_and_its_text(stub):
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetArtifactType(service_pb2.GetArtifactTypeRequest(type_name="Nowhere"))

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert refused.value.details().startswith("No type found for query, name: `Nowhere`")


def test_a_refusal_that_quotes_a_long_name_still_fits_into_the_header(stub):
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetArtifactType(service_pb2.GetArtifactTypeRequest(type_name="é" * 100_000))

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert refused.value.details().endswith("…")


def test_the_ledger_tells_the_peer_from_what_it_claims_to_be(directory, stub):
    put_type(stub, "Claimed", metadata=[("x-lineal-actor", "ada"), ("x-request-id", "r-17")])
    put_type(stub, "Silent")

    with open_workspace(directory) as workspace:
        silent, claimed = workspace.store.entries(newest_first=True, limit=2)
    assert (claimed.actor, claimed.action, claimed.request_id) == (
        "grpc:127.0.0.1 claiming ada",
        "PutArtifactType",
        "r-17",
    )
    assert silent.actor == "grpc:127.0.0.1"


def test_health_answers_for_the_server_and_for_the_service(channel):
    health = health_pb2_grpc.HealthStub(channel)
    for name in ("", SERVICE_NAME):
        assert (
            health.Check(health_pb2.HealthCheckRequest(service=name)).status == health_pb2.HealthCheckResponse.SERVING
        )
    with pytest.raises(grpc.RpcError) as refused:
        health.Check(health_pb2.HealthCheckRequest(service="nowhere"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_client_without_any_proto_file_learns_the_service_by_reflection(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    described = DescriptorPool(database)
    assert services >= {SERVICE_NAME, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"}
    assert all(described.FindServiceByName(name).methods for name in services)

    learned = described.FindServiceByName(SERVICE_NAME)

    assert len(learned.methods) == 52
    assert learned.methods_by_name["PutExecution"].input_type.fields_by_name["artifact_event_pairs"].number == 2


def test_reflection_under_its_stable_name_answers_the_same(channel):
    ask = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    extension = reflection_pb2.ServerReflectionRequest()
    extension.file_containing_extension.containing_type = "google.protobuf.EnumValueOptions"
    extension.file_containing_extension.extension_number = 384560917
    numbers = reflection_pb2.ServerReflectionRequest(all_extension_numbers_of_type="google.protobuf.EnumValueOptions")
    unknown = reflection_pb2.ServerReflectionRequest(file_containing_symbol="no.such.Thing")

    found, all_numbers, missing = ask(iter([extension, numbers, unknown]), timeout=30)

    assert found.HasField("file_descriptor_response")
    assert 384560917 in all_numbers.all_extension_numbers_response.extension_number
    assert missing.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


def test_calls_beyond_the_limit_are_refused_while_health_is_still_answered(tmp_path):
    open_workspace(tmp_path / "w").close()
    with serving(tmp_path / "w", "--workers", "2", "--max-calls", "3") as server, channel_to(server) as channel:
        stub = MetadataStoreServiceStub(channel)
        with closing(sqlite3.connect(tmp_path / "w/.lineal/lineal.db", isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            waiting = []
            for number in range(3):
                request = service_pb2.PutArtifactTypeRequest()
                request.artifact_type.name = f"T{number}"
                waiting.append(stub.PutArtifactType.future(request))
            server.wait_until_in_flight(3)
            with pytest.raises(grpc.RpcError) as refused:
                stub.GetArtifactTypes(service_pb2.GetArtifactTypesRequest())
            assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert "3 calls are in flight" in refused.value.details()
            assert health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest()).status
            lock.execute("ROLLBACK")
        assert all(call.result().type_id for call in waiting)


def test_a_call_whose_deadline_passed_while_it_waited_is_not_begun(tmp_path):
    open_workspace(tmp_path / "w").close()
    with serving(tmp_path / "w", "--workers", "1") as server, channel_to(server) as channel:
        stub = MetadataStoreServiceStub(channel)
        with closing(sqlite3.connect(tmp_path / "w/.lineal/lineal.db", isolation_level=None)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            request = service_pb2.PutArtifactTypeRequest()
            request.artifact_type.name = "First"
            first = stub.PutArtifactType.future(request)
            server.wait_until_in_flight(1)
            request.artifact_type.name = "Late"
            with pytest.raises(grpc.RpcError) as over:
                stub.PutArtifactType(request, timeout=0.2)
            assert over.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            server.wait_until_in_flight(1)
            lock.execute("ROLLBACK")
        assert first.result().type_id
        assert [one.name for one in stub.GetArtifactTypes(service_pb2.GetArtifactTypesRequest()).artifact_types] == [
            "First"
        ]


def test_an_answer_beyond_the_limit_is_refused_with_the_limit(tmp_path):
    with serving(tmp_path / "w", "--max-message-mb", "1") as server, channel_to(server) as channel:
        stub = MetadataStoreServiceStub(channel)
        request = service_pb2.PutArtifactsRequest()
        request.artifacts.add(type_id=put_type(stub, "Big"), uri="x" * 600_000)
        for _ in range(2):
            stub.PutArtifacts(request)

        with pytest.raises(grpc.RpcError) as refused:
            stub.GetArtifacts(service_pb2.GetArtifactsRequest())

        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "1,048,576" in refused.value.details()


@pytest.mark.parametrize("door", ["--port", "--grpc-port"])
def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path, server, lineal, door):
    taken = server.grpc if door == "--grpc-port" else server.http
    done = lineal("serve", door, taken.rpartition(":")[2], url=tmp_path / "w")

    assert done.returncode == 11
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["new store", "error", "hint"]
    assert "cannot listen on 127.0.0.1:" in done.stderr
    assert "choose another" in done.stderr
    assert "Traceback" not in done.stderr


def test_any_address_but_loopback_is_refused_with_the_reason(tmp_path, lineal):
    done = lineal("serve", "--host", "0.0.0.0", url=tmp_path / "w")

    assert done.returncode == 5
    assert "may read and write the whole workspace" in done.stderr


def test_a_store_that_was_not_there_is_said_to_be_new(tmp_path):
    with serving(tmp_path) as server:
        assert f"new store: sqlite:///{tmp_path}/.lineal/lineal.db" in server.said
    with serving(tmp_path) as server:
        assert "new store" not in server.said


@pytest.mark.parametrize("place", ["absent/new", "absent/store.db"])
def test_a_directory_that_is_not_there_is_not_made(tmp_path, lineal, place):
    done = lineal("serve", url=tmp_path / place)

    assert done.returncode == 3
    assert f"error: there is no directory {tmp_path / 'absent'}" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_the_command_says_how_to_get_it(tmp_path):
    program = "import sys; sys.modules['grpc'] = None; from lineal.cli import main; sys.exit(main(['serve']))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 9
    assert "the server (grpc) needs an optional part" in done.stderr
    assert "pip install 'lineal[server]'" in done.stderr
