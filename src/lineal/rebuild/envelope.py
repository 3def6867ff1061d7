"""The envelope: a statement signed with the workspace's Ed25519 key, as DSSE (the format in-toto and SLSA use).

Anyone with the public key verifies it, without a workspace: `docs/rebuild-statements.md` shows how. `cryptography` is
imported when it is first needed: every command imports this module, and few sign.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from lineal.errors import FailedPrecondition, FileCorrupt, InvalidArgument
from lineal.files.secret import secret_at
from lineal.model.values import Json
from lineal.store.location import Location

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_FILE = "statements.key"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What verifies: the raw 32 bytes of an Ed25519 public key."""

    raw: bytes

    @property
    def id(self) -> str:
        """The key's name in envelopes: the SHA-256 of its raw bytes."""
        return f"sha256:{sha256(self.raw).hexdigest()}"

    @property
    def pem(self) -> str:
        """The key as a PEM file (SubjectPublicKeyInfo)."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = Ed25519PublicKey.from_public_bytes(self.raw)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


class SigningKey:
    """The workspace's key for statements."""

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(self._key.public_key().public_bytes_raw())

    def sign(self, payload: bytes) -> bytes:
        """Return the envelope of a payload, as JSON."""
        signature = self._key.sign(_to_be_signed(PAYLOAD_TYPE, payload))
        envelope = {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode("ascii"),
            "signatures": [{"keyid": self.public.id, "sig": base64.b64encode(signature).decode("ascii")}],
        }
        return json.dumps(envelope, indent=1).encode("ascii") + b"\n"


def signing_key(location: Location) -> SigningKey:
    """Return the workspace's key for statements, made when it is first asked for."""
    return SigningKey(secret_at(location.keys / _FILE, lost="what another key signs is not taken for this workspace's"))


def public_key(pem: bytes) -> PublicKey:
    """Return the public key in a PEM file; InvalidArgument for anything else."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise InvalidArgument("the key is no public key in PEM form", hint="`lineal audit key` prints one") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidArgument(f"the key is a {type(key).__name__}, not one of Ed25519")
    return PublicKey(key.public_bytes_raw())


def opened(envelope: bytes, key: PublicKey) -> Mapping[str, Json]:
    """Return the statement in an envelope, if this key signed it.

    Raises FileCorrupt where the signature does not fit what it is on, FailedPrecondition where another key signed,
    InvalidArgument for what is no envelope.
    """
    payload_type, payload, signatures = _parts(envelope)
    ours = [signature for keyid, signature in signatures if keyid in (key.id, "")]
    if not ours:
        others = ", ".join(keyid for keyid, _ in signatures) or "nobody"
        raise FailedPrecondition(
            f"the statement is signed by {others}, and not by {key.id}",
            hint="give the public key of whoever signed it, if you trust it: --key FILE",
        )
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    verifier = Ed25519PublicKey.from_public_bytes(key.raw)
    for signature in ours:
        try:
            verifier.verify(signature, _to_be_signed(payload_type, payload))
        except InvalidSignature:
            continue
        return _statement(payload_type, payload)
    raise FileCorrupt("the signature does not fit the statement: one of them was changed")


def _parts(envelope: bytes) -> tuple[str, bytes, list[tuple[str, bytes]]]:
    try:
        read = json.loads(envelope)
        payload = base64.b64decode(read["payload"], validate=True)
        signatures = [
            (str(each.get("keyid", "")), base64.b64decode(each["sig"], validate=True)) for each in read["signatures"]
        ]
        return str(read["payloadType"]), payload, signatures
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise InvalidArgument(
            "this is no DSSE envelope", hint="`lineal audit statement REF --out FILE` writes one"
        ) from error


def _statement(payload_type: str, payload: bytes) -> Mapping[str, Json]:
    try:
        statement = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument("what is signed is no JSON document") from error
    if payload_type != PAYLOAD_TYPE or not isinstance(statement, Mapping):
        raise InvalidArgument(f"what is signed is {payload_type!r}, no in-toto statement")
    return statement


def _to_be_signed(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the type is signed too, and no two pairs give the same bytes."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
