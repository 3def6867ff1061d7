"""The HTTP door: probes, counters, MLMD's service for browsers; and who is not answered."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing

import httpx
import pytest

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2
from lineal.server.web.frames import HEAD
from tests.servers.serving import serving

SERVICE = "/ml_metadata.MetadataStoreService/"
BINARY, TEXT = "application/grpc-web+proto", "application/grpc-web-text"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("web"), "--max-message-mb", "1", "--allow-origin", "http://ui.example") as one:
        yield one


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.http, timeout=30) as client:
        yield client


def framed(message):
    content = message.SerializeToString()
    return b"\0" + len(content).to_bytes(4, "big") + content


def call(client, method, request, *, kind=BINARY, **headers):
    body = framed(request)
    sent = base64.b64encode(body) if kind == TEXT else body
    answer = client.post(SERVICE + method, content=sent, headers={"content-type": kind, **headers})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    return frames_of(base64.b64decode(answer.content) if kind == TEXT else answer.content)


def frames_of(content):
    """Return the message, if there is one, and the trailers."""
    message, trailers = None, {}
    while content:
        flags, size = content[0], int.from_bytes(content[1:HEAD], "big")
        part, content = content[HEAD : HEAD + size], content[HEAD + size :]
        if flags & 0x80:
            trailers = dict(line.split(": ", 1) for line in part.decode().splitlines())
        else:
            message = part
    return message, trailers


def put_type(name):
    request = service_pb2.PutArtifactTypeRequest()
    request.artifact_type.name = name
    return request


@pytest.mark.parametrize("kind", [BINARY, TEXT])
def test_a_browser_writes_and_reads_what_a_grpc_client_would(client, kind):
    written, trailers = call(client, "PutArtifactType", put_type(f"Web{kind[-4:]}"), kind=kind)
    assert trailers == {"grpc-status": "0"}
    type_id = service_pb2.PutArtifactTypeResponse.FromString(written).type_id

    request = service_pb2.GetArtifactTypeRequest(type_name=f"Web{kind[-4:]}")
    read, _ = call(client, "GetArtifactType", request, kind=kind)
    assert service_pb2.GetArtifactTypeResponse.FromString(read).artifact_type.id == type_id


def test_a_refusal_comes_as_grpcs_status_in_the_trailers(client):
    message, trailers = call(client, "GetArtifactType", service_pb2.GetArtifactTypeRequest(type_name="Nowhere"))

    assert message is None
    assert trailers["grpc-status"] == "5"
    assert trailers["grpc-message"].startswith("No type found for query")


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("PutArtifactType", b"", "3"),
        ("PutArtifactType", b"\0\0\0\0\5ab", "3"),
        ("PutArtifactType", b"\0\0\0\0\2\xff\xff", "3"),
        ("PutArtifactType", b"\1\0\0\0\0", "12"),
        ("PutArtifactType", b"\0" * (1 << 20) + b"\0" * 99, "8"),
        ("DropEverything", b"\0\0\0\0\0", "12"),
    ],
)
def test_a_wrong_body_is_refused_and_the_next_call_is_answered(client, method, body, status):
    answer = client.post(SERVICE + method, content=body, headers={"content-type": BINARY})

    assert frames_of(answer.content)[1]["grpc-status"] == status
    assert call(client, "GetArtifactTypes", service_pb2.GetArtifactTypesRequest())[1] == {"grpc-status": "0"}


def test_a_content_type_that_any_page_may_send_is_refused(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json", ""):
        headers = {"content-type": kind} if kind else {}
        answer = client.post(SERVICE + "PutArtifactType", content=framed(put_type("Sneaked")), headers=headers)
        assert answer.status_code == 415


def test_a_deadline_that_is_over_is_said(client):
    _, trailers = call(client, "GetArtifacts", service_pb2.GetArtifactsRequest(), **{"grpc-timeout": "1n"})

    assert trailers["grpc-status"] == "4"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::", "192.0.2.1:80", ""])
def test_a_name_that_is_not_this_machines_is_refused(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code in {400, 403}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "[::1]:80"])
def test_this_machines_names_are_answered(client, host):
    assert client.get("/healthz", headers={"host": host}).text == "ok\n"


def test_pages_of_other_origins_are_refused_unless_they_are_named(client, server):
    assert client.get("/readyz", headers={"origin": "http://evil.example"}).status_code == 403
    assert client.get("/readyz", headers={"origin": "null"}).status_code == 403
    assert client.get("/readyz", headers={"origin": server.http}).status_code == 200
    named = client.get("/readyz", headers={"origin": "http://ui.example"})
    assert named.headers["access-control-allow-origin"] == "http://ui.example"
    asked = client.options(
        SERVICE + "GetArtifacts",
        headers={"origin": "http://ui.example", "access-control-request-method": "POST"},
    )
    assert asked.headers["access-control-allow-origin"] == "http://ui.example"


def test_the_counters_count_by_door_method_and_status(client):
    call(client, "GetContextType", service_pb2.GetContextTypeRequest(type_name="Nowhere"))

    text = client.get("/metrics").text

    assert 'lineal_calls_total{door="grpc-web",method="GetContextType",status="NOT_FOUND"} 1\n' in text
    assert "lineal_calls_in_flight 0\n" in text


def test_the_version_says_what_is_served(client):
    assert client.get("/version").json()["services"] == ["ml_metadata.MetadataStoreService"]


def test_a_store_that_cannot_be_read_is_not_ready_but_lives(tmp_path):
    with serving(tmp_path / "w") as server, httpx.Client(base_url=server.http, timeout=30) as client:
        assert client.get("/readyz").text == "ok\n"
        with closing(sqlite3.connect(tmp_path / "w" / ".lineal" / "lineal.db")) as other:
            other.execute("DROP TABLE ledger_entry")
            other.commit()

        answer = client.get("/readyz")

        assert answer.status_code == 503
        assert "Traceback" not in answer.text
        assert client.get("/healthz").status_code == 200
