"""How a server ends: drained, cut or killed; what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2
from lineal.compat.mlmd.proto.metadata_store_service_pb2_grpc import MetadataStoreServiceStub
from lineal.workspace import open_workspace
from tests.servers.serving import channel_to, serving


@pytest.fixture
def url(tmp_path):
    directory = tmp_path / "workspace"
    open_workspace(directory).close()
    return directory


@contextmanager
def locked(url):
    """Hold the store's write lock, so that every write of the server waits."""
    database = url / ".lineal" / "lineal.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def put_type(channel, name):
    request = service_pb2.PutArtifactTypeRequest()
    request.artifact_type.name = name
    return MetadataStoreServiceStub(channel).PutArtifactType.future(request, timeout=60)


def types_of(url):
    with open_workspace(url) as workspace:
        assert workspace.verify().ok
        return {type_.name for type_ in workspace.store.list_types()}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_calls_in_flight_end_and_refuses_new_ones(url, number):
    with serving(url) as server, channel_to(server) as channel:
        health = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert next(health).status == health_pb2.HealthCheckResponse.SERVING
        with locked(url):
            call = put_type(channel, "InFlight")
            server.wait_until_in_flight(1)
            server.process.send_signal(number)
            assert next(health).status == health_pb2.HealthCheckResponse.NOT_SERVING
            server.wait_for("stopping")
            server.wait_until_closed(server.grpc)
            with pytest.raises(grpc.RpcError) as refused, channel_to(server) as other:
                put_type(other, "TooLate").result()
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert call.result().type_id > 0
        health.cancel()
        assert server.ended() == 0
    assert "InFlight" in types_of(url)
    assert "TooLate" not in types_of(url)


def test_calls_that_outlast_the_drain_are_cut_and_nothing_of_them_is_written(url):
    with serving(url, "--drain-seconds", "0.2") as server, channel_to(server) as channel, locked(url):
        call = put_type(channel, "Cut")
        server.wait_until_in_flight(1)
        assert server.stop() == 8
        assert "cut" in server.said
        with pytest.raises(grpc.RpcError) as cut:
            call.result()
        assert cut.value.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    assert "Cut" not in types_of(url)


def test_a_second_signal_does_not_wait_for_the_drain(url):
    with serving(url, "--drain-seconds", "3600") as server, channel_to(server) as channel, locked(url):
        call = put_type(channel, "Cut")
        server.wait_until_in_flight(1)
        server.process.send_signal(signal.SIGTERM)
        server.wait_for("stopping")
        assert server.stop() == 8
        assert call.exception() is not None


def test_an_idle_server_stops_at_once_whatever_hangs_on_its_ports(url):
    with serving(url, "--drain-seconds", "3600") as server, channel_to(server) as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
        host, port = server.grpc.split(":")
        with (
            socket.create_connection((host, int(port))),
            socket.create_connection((host, int(server.http.rpartition(":")[2]))),
        ):
            assert server.stop() == 0


@pytest.mark.parametrize("ports", [("--port", "0"), ("--port", "0", "--grpc-port", "0")])
def test_a_request_that_is_half_sent_does_not_keep_a_server(url, ports):
    with serving(url, "--drain-seconds", "3600", *ports) as server:
        host, port = server.http.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as half:
            head = "POST /ml_metadata.MetadataStoreService/GetArtifacts HTTP/1.1", f"Host: {host}", "Content-Length: 99"
            more = "Content-Type: application/grpc-web", "Expect: 100-continue"
            half.sendall("\r\n".join([*head, *more, "", ""]).encode())
            assert half.recv(99).startswith(b"HTTP/1.1 100 ")
            half.sendall(b"half")
            assert server.stop() == 0
        assert "Traceback" not in server.said


def test_kill_9_loses_no_acknowledged_write_and_leaves_no_half_one(url, campaign):
    acknowledged = []
    for number in range(20 if campaign else 3):
        acknowledged += _killed_under_load(url, number)
    assert len(acknowledged) > 100
    assert set(acknowledged) <= types_of(url)


def _killed_under_load(url, number):
    """Return the names of all types whose call was answered before the server was killed."""
    acknowledged, enough = [], threading.Event()

    def load(worker):
        with channel_to(server) as channel:
            count = 0
            while True:
                name = f"T{number}-{worker}-{count}"
                try:
                    put_type(channel, name).result()
                except grpc.RpcError:
                    return
                acknowledged.append(name)
                count += 1
                if len(acknowledged) > 50:
                    enough.set()

    with serving(url) as server, ThreadPoolExecutor(4) as pool:
        running = [pool.submit(load, worker) for worker in range(4)]
        assert enough.wait(60)
        server.stop(signal.SIGKILL)
        for each in running:
            each.result()
    return acknowledged
