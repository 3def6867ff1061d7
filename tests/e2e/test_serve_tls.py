"""TLS and mTLS by files, with certificates made here."""

from __future__ import annotations

import ssl

import grpc
import httpx
import pytest

from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2
from lineal.compat.mlmd.proto.metadata_store_service_pb2_grpc import MetadataStoreServiceStub
from lineal.workspace import open_workspace
from tests.servers.certificates import Authority
from tests.servers.serving import serving


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def files(authority):
    server = authority.sign("server")
    return "--tls-cert", str(server.certificate), "--tls-key", str(server.key)


def put_type(address, credentials, name):
    request = service_pb2.PutArtifactTypeRequest()
    request.artifact_type.name = name
    with grpc.secure_channel(address, credentials) as channel:
        return MetadataStoreServiceStub(channel).PutArtifactType(request, timeout=20).type_id


def credentials(authority, client=None):
    shown = (
        {}
        if client is None
        else {"private_key": client.key.read_bytes(), "certificate_chain": client.certificate.read_bytes()}
    )
    return grpc.ssl_channel_credentials(root_certificates=authority.file.read_bytes(), **shown)


def test_both_doors_speak_tls_and_nothing_else(tmp_path, authority, files):
    with serving(tmp_path / "w", *files) as server:
        assert put_type(server.grpc, credentials(authority), "Model") > 0
        assert server.http.startswith("https://")
        context = ssl.create_default_context(cafile=authority.file)
        assert httpx.get(f"{server.http}/healthz", verify=context).text == "ok\n"

        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{server.http.replace('https', 'http')}/healthz")
        with grpc.insecure_channel(server.grpc) as plain, pytest.raises(grpc.RpcError) as refused:
            MetadataStoreServiceStub(plain).GetArtifactTypes(service_pb2.GetArtifactTypesRequest(), timeout=20)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


def test_with_a_client_authority_only_its_clients_are_answered_and_the_ledger_names_them(tmp_path, authority, files):
    ada, stranger = authority.sign("ada"), Authority(tmp_path, "elsewhere").sign("mallory")
    with serving(tmp_path / "w", *files, "--tls-client-ca", str(authority.file)) as server:
        put_type(server.grpc, credentials(authority, ada), "Model")
        for other in (None, stranger):
            with pytest.raises(grpc.RpcError) as refused:
                put_type(server.grpc, credentials(authority, other), "Sneaked")
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE

        context = ssl.create_default_context(cafile=authority.file)
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"{server.http}/healthz", verify=context)
        context.load_cert_chain(ada.certificate, ada.key)
        assert httpx.get(f"{server.http}/healthz", verify=context).text == "ok\n"

    with open_workspace(tmp_path / "w") as workspace:
        assert [entry.actor for entry in workspace.store.entries()] == ["tls:ada"]


def test_a_bad_file_is_said_before_anything_listens(tmp_path, authority, lineal):
    server, other = authority.sign("server"), authority.sign("other")

    done = lineal("serve", "--tls-cert", str(server.certificate), "--tls-key", str(other.key), url=tmp_path / "w")

    assert done.returncode == 2
    assert "does not belong to the certificate" in done.stderr
    assert "ready" not in done.stderr
    assert not (tmp_path / "w").exists()
