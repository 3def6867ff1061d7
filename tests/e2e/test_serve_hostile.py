"""Whatever reaches the port: a status, never a trace; the server stays up, and nothing is half written."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2
from lineal.compat.mlmd.proto.metadata_store_service_pb2_grpc import MetadataStoreServiceStub
from lineal.server.calls import REQUESTS, SERVICE_NAME
from lineal.workspace import open_workspace
from tests.servers.serving import channel_to, serving

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"

EXPECTED = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
"""What a client may be told about its own request; INTERNAL and UNKNOWN are faults of ours."""

_many = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    directory = tmp_path_factory.mktemp("hostile")
    with serving(directory) as one:
        with channel_to(one) as channel:
            _fill(MetadataStoreServiceStub(channel))
        yield one
        assert one.stop() == 0
        assert "Traceback" not in one.said
    with open_workspace(directory) as workspace:
        assert workspace.verify().ok


@pytest.fixture(scope="module")
def channel(server):
    with channel_to(server) as channel:
        yield channel


@pytest.fixture
def stub(channel):
    return MetadataStoreServiceStub(channel)


def _fill(stub):
    request = service_pb2.PutTypesRequest()
    request.artifact_types.add(name="A").properties["p"] = 1
    request.execution_types.add(name="E")
    request.context_types.add(name="C")
    ids = stub.PutTypes(request)
    execution = service_pb2.PutExecutionRequest()
    execution.execution.type_id = ids.execution_type_ids[0]
    for path in (3, 4):
        pair = execution.artifact_event_pairs.add()
        pair.artifact.type_id = ids.artifact_type_ids[0]
        pair.event.type = path
    execution.contexts.add(type_id=ids.context_type_ids[0], name="c")
    stub.PutExecution(execution)


def send(channel, method, body):
    """Return the status of a call with these bytes; a text of it that shows our inside is a failure."""
    call = channel.unary_unary(f"/{SERVICE_NAME}/{method}").future(body, timeout=60)
    text = call.details() or ""
    assert "Traceback" not in text
    assert ".py" not in text
    return call.code()


def assert_still_good(stub):
    assert [
        type_.name
        for type_ in stub.GetArtifactTypes(service_pb2.GetArtifactTypesRequest(), timeout=30).artifact_types
        if type_.name == "A"
    ] == ["A"]


@pytest.mark.parametrize("method", sorted(REQUESTS))
def test_any_bytes_as_a_request_are_answered_with_a_clients_fault_or_an_answer(channel, stub, method):
    @_many
    @given(st.binary(max_size=200))
    def any_bytes(body):
        assert send(channel, method, body) in EXPECTED | {grpc.StatusCode.OK}

    any_bytes()
    assert_still_good(stub)


def _filled(descriptor, depth):
    """Return a strategy of the bytes of a message: each field may be absent, repeated, small, huge or wrong."""
    parts = [_field(field, depth) for field in descriptor.fields]
    return st.lists(st.one_of(parts), max_size=6).map(b"".join) if parts else st.just(b"")


NUMBERS = st.one_of(st.integers(-3, 12), st.sampled_from([2**31, -(2**31), 2**63 - 1, -(2**63)]))
TEXTS = st.one_of(
    st.sampled_from([b"", b"A", b"E", b"C", b"id = 1", b"name = 'x' OR", b"\xff\xfe", b"\0", b"(" * 500, b"x" * 3000]),
    st.binary(max_size=12),
)


def varint(number):
    number &= 2**64 - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _tag(field, wire):
    return varint(field.number << 3 | wire)


def _field(field, depth):
    """Return a strategy of one field's bytes on the wire, of its own kind."""
    if field.cpp_type == field.CPPTYPE_MESSAGE:
        inner = _filled(field.message_type, depth - 1) if depth > 1 else st.just(b"")
        return inner.map(lambda body: _tag(field, 2) + varint(len(body)) + body)
    if field.cpp_type == field.CPPTYPE_STRING:
        return TEXTS.map(lambda text: _tag(field, 2) + varint(len(text)) + text)
    if field.cpp_type == field.CPPTYPE_DOUBLE:
        return st.binary(min_size=8, max_size=8).map(lambda raw: _tag(field, 1) + raw)
    return NUMBERS.map(lambda number: _tag(field, 0) + varint(number))


@pytest.mark.parametrize("method", sorted(REQUESTS))
def test_any_message_of_the_right_kind_is_answered_with_a_clients_fault_or_an_answer(channel, stub, method):
    @_many
    @given(_filled(REQUESTS[method].DESCRIPTOR, 3))
    def any_message(body):
        assert send(channel, method, body) in EXPECTED | {grpc.StatusCode.OK}

    any_message()
    assert_still_good(stub)


@pytest.mark.parametrize("port", ["grpc", "http"])
def test_any_bytes_on_the_socket_leave_the_server_up(server, stub, port):
    address = server.grpc if port == "grpc" else server.http.removeprefix("http://")
    host, _, number = address.rpartition(":")

    @_many
    @given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda tail: PREFACE + SETTINGS + tail)))
    def any_bytes(sent):
        with socket.create_connection((host, int(number)), timeout=30) as raw, suppress(ConnectionError):
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass

    any_bytes()
    assert_still_good(stub)


def test_connections_that_stay_half_open_take_nobodys_place(server, stub):
    host, _, port = server.grpc.rpartition(":")
    headers = bytes.fromhex("83 86 44 01 2f 41 01 61".replace(" ", ""))  # POST http / on authority a, then silence
    begun = PREFACE + SETTINGS + len(headers).to_bytes(3, "big") + b"\1\4" + (1).to_bytes(4, "big") + headers
    open_ones = [socket.create_connection((host, int(port)), timeout=30) for _ in range(100)]
    try:
        for number, raw in enumerate(open_ones):
            raw.sendall([b"", PREFACE[:10], PREFACE, begun, begun[:-3]][number % 5])
        for _ in range(20):
            assert_still_good(stub)
    finally:
        for raw in open_ones:
            raw.close()


def test_calls_whose_message_never_comes_take_no_worker(server, channel, stub):
    silent = channel.stream_unary(f"/{SERVICE_NAME}/GetArtifacts")
    wait = _Never()
    calls = [silent.future(wait) for _ in range(300)]  # more than there are workers and waiting places
    for _ in range(20):
        assert_still_good(stub)
    for call in calls:
        call.cancel()
    wait.end()


class _Never:
    """Requests that do not come until the test is over."""

    def __init__(self):
        self._over = threading.Event()

    def __iter__(self):
        return self

    def __next__(self):
        self._over.wait(60)
        raise StopIteration

    def end(self):
        self._over.set()


def test_metadata_beyond_the_limit_is_refused_and_below_it_taken(stub):
    request = service_pb2.GetArtifactTypesRequest()
    assert stub.GetArtifactTypes(request, metadata=[("x-note", "a" * 15_000)]) is not None
    for size in (16_384, 1_000_000):
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetArtifactTypes(request, metadata=[("x-note", "a" * size)])
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert_still_good(stub)


@pytest.mark.parametrize("kind", [grpc.Compression.Gzip, grpc.Compression.Deflate, grpc.Compression.NoCompression])
def test_a_message_beyond_the_limit_is_refused_however_small_it_was_packed(server, stub, kind):
    with channel_to(server, max_send_message_length=-1) as channel:
        call = channel.unary_unary(f"/{SERVICE_NAME}/PutArtifacts")
        with pytest.raises(grpc.RpcError) as refused:
            call(b"\0" * (101 << 20), compression=kind, timeout=120)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert_still_good(stub)


def test_a_compressed_request_is_read(server):
    with channel_to(server) as channel:
        stub = MetadataStoreServiceStub(channel)
        request = service_pb2.GetArtifactTypeRequest(type_name="A")
        assert stub.GetArtifactType(request, compression=grpc.Compression.Gzip).artifact_type.name == "A"


def test_a_call_that_is_not_there_is_unimplemented(channel, stub):
    for path in ("/ml_metadata.MetadataStoreService/DropEverything", "/x/y", "/"):
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(path)(b"")
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert_still_good(stub)
