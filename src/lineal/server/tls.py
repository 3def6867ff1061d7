"""TLS of both ports: certificates are read and checked before anything listens, so a bad file is one clear sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from lineal.errors import InvalidArgument, NotFound

_REPAIR = "PEM is wanted: text that begins with -----BEGIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A server's certificate chain and key, and the authority that vouches for clients where they must show one."""

    certificate: bytes
    key: bytes
    client_authority: bytes | None = None

    @property
    def mutual(self) -> bool:
        """Whether clients must show a certificate."""
        return self.client_authority is not None


def tls_of_files(certificate: Path | None, key: Path | None, client_authority: Path | None) -> Tls | None:
    """Return what these PEM files hold, checked, or None without any. Raises InvalidArgument or NotFound by name."""
    if certificate is None and key is None and client_authority is None:
        return None
    if certificate is None or key is None:
        raise _half_given(certificate, key)
    return checked_tls(
        Tls(
            certificate=_content(certificate),
            key=_content(key),
            client_authority=None if client_authority is None else _content(client_authority),
        ),
        names=(str(certificate), str(key), str(client_authority)),
    )


def _half_given(certificate: Path | None, key: Path | None) -> InvalidArgument:
    if certificate is None and key is None:
        return InvalidArgument(
            "--tls-client-ca is given, but neither --tls-cert nor --tls-key",
            hint="the server shows a certificate of its own before it asks clients for theirs",
        )
    given, missing = ("--tls-key", "--tls-cert") if certificate is None else ("--tls-cert", "--tls-key")
    what = "the certificate that the key belongs to" if certificate is None else "the certificate's private key"
    return InvalidArgument(f"{given} is given without {missing}", hint=f"name {what}: {missing} FILE")


def checked_tls(tls: Tls, *, names: tuple[str, str, str]) -> Tls:
    """Return `tls` if it can serve, else raise InvalidArgument; `names` say where each of its three parts is from."""
    certificate_name, key_name, authority_name = names
    chain = _certificates(tls.certificate, certificate_name)
    if _public_bytes(chain[0].public_key()) != _public_bytes(_public_key(tls.key, key_name)):
        raise InvalidArgument(
            f"the key in {key_name} does not belong to the certificate in {certificate_name}",
            hint="the server's own certificate comes first in its file, intermediate ones after it",
        )
    if tls.client_authority is not None:
        _certificates(tls.client_authority, authority_name)
    return tls


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}", hint="check --tls-cert, --tls-key and --tls-client-ca") from error
    except OSError as error:
        raise InvalidArgument(f"{path} cannot be read: {error.strerror}") from error


def _certificates(content: bytes, name: str) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise InvalidArgument(f"{name} holds no certificate that can be read", hint=_REPAIR) from error


def _public_key(content: bytes, name: str) -> PublicKeyTypes:
    try:
        return load_pem_private_key(content, password=None).public_key()
    except TypeError as error:
        raise InvalidArgument(
            f"the key in {name} is encrypted", hint=f"openssl pkey -in {name} -out KEY writes it without a pass phrase"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidArgument(f"{name} holds no private key that can be read", hint=_REPAIR) from error


def _public_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
