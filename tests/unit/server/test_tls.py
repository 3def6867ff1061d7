"""TLS files are checked before anything listens; a bad one is a sentence that names it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from lineal.errors import InvalidArgument, NotFound
from lineal.server.tls import tls_of_files
from tests.servers.certificates import Authority


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def test_without_files_there_is_no_tls():
    assert tls_of_files(None, None, None) is None


def test_a_certificate_and_its_key_are_tls_and_an_authority_makes_it_mutual(authority):
    server = authority.sign("server")

    assert not tls_of_files(server.certificate, server.key, None).mutual
    assert tls_of_files(server.certificate, server.key, authority.file).mutual


def test_a_key_of_another_certificate_is_refused(authority):
    server, other = authority.sign("server"), authority.sign("other")

    with pytest.raises(InvalidArgument, match=r"other-key.pem does not belong to the certificate in .*server.pem"):
        tls_of_files(server.certificate, other.key, None)


def test_an_encrypted_key_is_refused_without_asking_for_its_pass_phrase(authority, tmp_path):
    server = authority.sign("server")
    key = ed25519.Ed25519PrivateKey.generate()
    locked = tmp_path / "locked.pem"
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))

    with pytest.raises(InvalidArgument, match=r"locked.pem is encrypted"):
        tls_of_files(server.certificate, locked, None)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_file_that_holds_something_else_is_refused_by_name(authority, tmp_path, place, content):
    server = authority.sign("server")
    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(content)
    files = [server.certificate, server.key, authority.file]
    files[place] = wrong

    with pytest.raises(InvalidArgument, match=r"wrong.pem holds no"):
        tls_of_files(*files)


def test_a_missing_file_and_a_directory_are_refused_by_name(authority, tmp_path):
    server = authority.sign("server")

    with pytest.raises(NotFound, match=r"there is no file .*nowhere.pem"):
        tls_of_files(tmp_path / "nowhere.pem", server.key, None)
    with pytest.raises(InvalidArgument, match="cannot be read"):
        tls_of_files(tmp_path, server.key, None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0, 1, 1), "--tls-key is given without --tls-cert"),
        ((1, 0, 0), "--tls-cert is given without --tls-key"),
        ((0, 0, 1), "--tls-client-ca is given, but neither --tls-cert nor --tls-key"),
    ],
)
def test_half_of_the_files_is_refused_with_what_is_missing(authority, given, said):
    server = authority.sign("server")
    files = [server.certificate, server.key, authority.file]

    with pytest.raises(InvalidArgument, match=said):
        tls_of_files(*(file if wanted else None for file, wanted in zip(files, given, strict=True)))
