"""One call of MLMD's service, from the bytes of a request to the bytes of an answer; whatever goes wrong is an answer.

Both doors ask here, gRPC and grpc-web. Nothing in a request can make `Calls.answer` raise.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import DecodeError, Message

from lineal.compat.mlmd import errors
from lineal.compat.mlmd.proto import metadata_store_service_pb2
from lineal.compat.mlmd.service import Service
from lineal.errors import LinealError
from lineal.model.publication import Origin
from lineal.server.discretion import told
from lineal.server.text import is_text
from lineal.store.protocol import Store

DESCRIPTOR = metadata_store_service_pb2.DESCRIPTOR.services_by_name["MetadataStoreService"]
SERVICE_NAME: str = DESCRIPTOR.full_name
REQUESTS: dict[str, type[Message]] = {
    method.name: getattr(metadata_store_service_pb2, method.input_type.name) for method in DESCRIPTOR.methods
}

# A status travels in a header, percent-encoded: three bytes for each that is not plain, beside a client's 8 KiB.
_LONGEST_TEXT = 2000

_LONGEST_CLAIM = 128

_log = logging.getLogger("lineal.server")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as far as this server can tell.

    `name` is proven only where it comes from a client certificate. `claim` is what the caller says of itself.
    """

    name: str
    claim: str | None = None
    request_id: str | None = None

    @property
    def actor(self) -> str:
        """What the ledger says: the peer, and what it claims to be, told apart."""
        return f"{self.name} claiming {self.claim}" if self.claim else self.name


@dataclass(frozen=True, slots=True)
class Answer:
    """A gRPC status, its text, and the message if the status is 0."""

    code: int
    text: str = ""
    body: bytes = b""


class Calls:
    """The 52 calls on one store. Safe to use from several threads."""

    def __init__(self, store: Store, *, longest: int) -> None:
        self._service = Service(store)
        self._longest = longest

    def answer(self, method: str, content: bytes, caller: Caller) -> Answer:
        """Return what the service says to a serialized request."""
        if len(content) > self._longest:
            return self._too_long("request", len(content))
        try:
            request = REQUESTS[method].FromString(content)
        except DecodeError:
            return Answer(
                errors.INVALID_ARGUMENT, f"the request is not a {method}Request message, or is nested too deeply"
            )
        if not is_text(method, content):
            return Answer(errors.INVALID_ARGUMENT, f"the {method}Request holds text that is not UTF-8")
        try:
            by = Origin(actor=caller.actor, action=method, request_id=caller.request_id)
            body = self._service.acting_for(by).call(method, request).SerializeToString()
        except errors.StatusError as error:
            return refused(error.error_code, told(method, error))
        except LinealError as error:
            return refused(error.status.grpc, told(method, error))
        except Exception:  # noqa: BLE001  the outermost edge: a fault of ours is logged here, and told without its trace
            _log.exception("%s failed", method)
            return refused(errors.INTERNAL, f"{method} failed inside the server; its log has the cause")
        if len(body) > self._longest:
            return self._too_long("answer", len(body))
        return Answer(errors.OK, body=body)

    def _too_long(self, what: str, size: int) -> Answer:
        text = f"the {what} has {size:,} bytes, more than the {self._longest:,} of --max-message-mb"
        return Answer(errors.RESOURCE_EXHAUSTED, text)


def refused(code: int, text: str) -> Answer:
    """Return an answer without a message; a text that would not fit into a header ends with an ellipsis."""
    content = text.encode("utf-8", errors="replace")
    if len(content) > _LONGEST_TEXT:
        text = content[:_LONGEST_TEXT].decode("utf-8", errors="ignore") + "…"
    return Answer(code, text)


def caller_of(name: str, header: Callable[[str], str | None]) -> Caller:
    """Return the caller with what its headers `x-lineal-actor` and `x-request-id` claim, cut and made printable."""
    return Caller(name=name, claim=_plain(header("x-lineal-actor")), request_id=_plain(header("x-request-id")))


def _plain(text: str | None) -> str | None:
    if not text:
        return None
    return "".join(sign if sign.isprintable() else "?" for sign in text[:_LONGEST_CLAIM])
