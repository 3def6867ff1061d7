"""The client's own work, over a real channel: retries, pages, errors, deadlines, certificates, notes."""

from __future__ import annotations

import datetime as dt
import threading

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lineal.compat import mlmd
from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_pb2 as pb
from lineal.compat.mlmd.proto import metadata_store_service_pb2 as service_pb2

ABORTED = grpc.StatusCode.ABORTED


@pytest.fixture
def waits():
    return []


def page(count, token=""):
    return service_pb2.GetArtifactsResponse(artifacts=[pb.Artifact(id=1)] * count, next_page_token=token or None)


def options_of(script):
    return [request.options for _, request in script.requests]


# ---------------------------------------------------------------- races


def test_a_lost_race_is_tried_again_after_a_wait(client, script, waits):
    script.answers += [ABORTED, ABORTED, service_pb2.PutArtifactsResponse(artifact_ids=[7])]
    store = client()
    store._wait = waits.append

    assert store.put_artifacts([pb.Artifact(type_id=1)]) == [7]
    assert len(waits) == 2
    assert all(wait > 0 for wait in waits)


def test_five_lost_races_are_enough(client, script, waits):
    script.answers += [ABORTED] * 9
    store = client()
    store._wait = waits.append

    with pytest.raises(errors.AbortedError, match="it is ABORTED"):
        store.put_artifacts([pb.Artifact(type_id=1)])
    assert len(script.requests) == 5
    assert len(waits) == 4


@pytest.mark.parametrize("tries", [0, 1])
def test_a_call_is_made_once_at_least(client, script, waits, tries):
    script.answers += [ABORTED] * 9
    store = client()
    store._wait = waits.append
    store._max_num_retries = tries

    with pytest.raises(errors.AbortedError):
        store.get_artifacts()
    assert len(script.requests) == 1


def test_nothing_but_a_lost_race_is_tried_again(client, script, waits):
    script.answers += [grpc.StatusCode.UNAVAILABLE, page(1)]
    store = client()
    store._wait = waits.append

    with pytest.raises(errors.UnavailableError):
        store.get_artifacts()
    assert waits == []


# ---------------------------------------------------------------- pages


def test_without_options_everything_comes_in_one_call(client, script):
    script.answers.append(page(250))

    assert len(client().get_artifacts()) == 250
    assert not script.requests[0][1].HasField("options")


def test_pages_are_gathered_until_there_is_no_token(client, script):
    script.answers += [page(100, "one"), page(100, "two"), page(3)]

    assert len(client().get_artifacts(mlmd.ListOptions(filter_query="id > 0"))) == 203
    assert [options.max_result_size for options in options_of(script)] == [100, 100, 100]
    assert [options.next_page_token for options in options_of(script)] == ["", "one", "two"]
    assert {options.filter_query for options in options_of(script)} == {"id > 0"}


def test_the_last_page_asks_for_what_is_left_of_the_limit(client, script):
    script.answers += [page(100, "one"), page(20, "two")]

    assert len(client().get_artifacts(mlmd.ListOptions(limit=120))) == 120
    assert [options.max_result_size for options in options_of(script)] == [100, 20]


def test_a_small_limit_is_one_small_page(client, script):
    script.answers.append(page(5, "more"))

    assert len(client().get_artifacts(mlmd.ListOptions(limit=5))) == 5
    assert [options.max_result_size for options in options_of(script)] == [5]


def test_a_limit_of_zero_is_none(client, script):
    script.answers += [page(100, "one"), page(1)]

    assert len(client().get_artifacts(mlmd.ListOptions(limit=0))) == 101


def test_a_negative_limit_is_refused_before_any_call(client, script):
    with pytest.raises(errors.InvalidArgumentError, match=r"^Invalid list_options\.limit value passed\. "):
        client().get_artifacts(mlmd.ListOptions(limit=-1))
    assert script.requests == []


def test_the_order_is_sent_as_ml_metadatas_field(client, script):
    client().get_artifacts(mlmd.ListOptions(order_by=mlmd.OrderByField.UPDATE_TIME, is_asc=False))

    (options,) = options_of(script)
    assert options.order_by_field.field == pb.ListOperationOptions.OrderByField.LAST_UPDATE_TIME
    assert options.order_by_field.is_asc is False


# ---------------------------------------------------------------- errors, deadlines, limits


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_a_status_becomes_the_error_of_its_code(client, script, code, waits):
    script.answers += [code] * 5
    store = client()
    store._wait = waits.append

    with pytest.raises(errors.StatusError, match=f"it is {code.name}") as refused:
        store.get_contexts()
    assert refused.value.error_code == code.value[0]
    assert type(refused.value) is errors.exception_type_from_error_code(code.value[0])


def test_a_server_that_is_not_there_is_unavailable():
    store = mlmd.MetadataStore(pb.MetadataStoreClientConfig(host="127.0.0.1", port=1))

    with pytest.raises(errors.UnavailableError):
        store.get_artifacts()


def test_the_time_limit_of_the_configuration_holds_for_each_call(client, script):
    over = threading.Event()
    script.answers.append(lambda _request, _context: over.wait(30))

    with pytest.raises(errors.DeadlineExceededError):
        client(client_timeout_sec=0.05).get_artifacts()
    over.set()


def test_an_answer_may_be_longer_than_grpcs_own_limit_unless_the_configuration_has_one(client, script):
    long = service_pb2.GetArtifactsResponse(artifacts=[pb.Artifact(uri="x" * 5_000_000)])
    script.answers += [long, long]

    assert len(client().get_artifacts()[0].uri) == 5_000_000
    limited = client(channel_arguments=pb.GrpcChannelArguments(max_receive_message_length=1000))
    with pytest.raises(errors.ResourceExhaustedError):
        limited.get_artifacts()


def test_what_an_answer_leaves_out_is_a_warning(client, script):
    def cut(_request, context):
        context.set_trailing_metadata((("lineal-note", "cut after 2 nodes"),))
        return service_pb2.GetLineageSubgraphResponse()

    script.answers.append(cut)
    with pytest.warns(UserWarning, match="cut after 2 nodes") as warned:
        client().get_lineage_subgraph(pb.LineageSubgraphQueryOptions())
    assert warned[0].filename == __file__


# ---------------------------------------------------------------- certificates


def certificate(name, key, *, issuer=None, issuer_key=None, authority=False):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    return made.sign(issuer_key or key, hashes.SHA256())


def pem(part):
    if isinstance(part, x509.Certificate):
        return part.public_bytes(serialization.Encoding.PEM).decode()
    return part.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture(scope="module")
def authority():
    """A certificate authority, and a certificate with its key for a server and for a client."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    root = certificate("authority", keys[0], authority=True)
    return root, [
        (certificate(name, key, issuer=root, issuer_key=keys[0]), key)
        for name, key in zip(("s", "c"), keys[1:], strict=True)
    ]


@pytest.mark.parametrize("mutual", [False, True])
def test_a_channel_with_certificates(serve, script, authority, mutual):
    root, [(server, server_key), (own, own_key)] = authority
    pair = (pem(server_key).encode(), pem(server).encode())
    credentials = grpc.ssl_server_credentials(
        [pair], pem(root).encode() if mutual else None, require_client_auth=mutual
    )
    script.answers.append(page(1))
    ssl = pb.MetadataStoreClientConfig.SSLConfig(custom_ca=pem(root))
    if mutual:
        ssl.client_key, ssl.server_cert = pem(own_key), pem(own)
    config = pb.MetadataStoreClientConfig(host="localhost", port=serve(credentials), ssl_config=ssl)

    assert len(mlmd.MetadataStore(config).get_artifacts()) == 1
