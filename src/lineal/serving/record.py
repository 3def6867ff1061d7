"""The record of one prediction as the spool keeps it: fixed fields in 48 to 72 bytes, then the output.

What is slow waits for the reader: a response body is kept as the bytes that were sent and only understood here.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from lineal.errors import InvalidArgument
from lineal.model.ids import ArtifactId, Micros
from lineal.model.predictions import Prediction
from lineal.model.values import INT64_MAX, INT64_MIN, Json, check
from lineal.serving.keys import text_of

_FIXED = struct.Struct(">B16sqqIH16sd")
_HAS_DIGEST, _HAS_CONFIDENCE, _IS_BODY = 1, 2, 4
_NO_DIGEST = bytes(16)
_MAX_LATENCY = 2**32 - 1
CONFIDENCE = "confidence"


@dataclass(frozen=True, slots=True)
class Output:
    """The output as JSON text. `is_body` says that it is a response body nobody has looked into."""

    text: bytes
    is_body: bool = False


def encode(
    trace_id: str,
    *,
    revision_id: ArtifactId | None,
    digest: bytes | None,
    output: Output,
    confidence: float | None,
    latency_us: int,
    status: int,
    time: Micros,
) -> bytes:
    """Return the body of the record's frame."""
    flags = (
        (_HAS_DIGEST if digest is not None else 0)
        | (_HAS_CONFIDENCE if confidence is not None else 0)
        | (_IS_BODY if output.is_body else 0)
    )
    fixed = _FIXED.pack(
        flags,
        bytes.fromhex(trace_id),
        revision_id or 0,
        time,
        min(latency_us, _MAX_LATENCY),
        status,
        digest or _NO_DIGEST,
        confidence or 0.0,
    )
    return fixed + output.text


def decode(body: bytes, *, spool: str, sequence: int, endpoint: str, key_id: str | None) -> Prediction:
    """Return the prediction of a record. Raises InvalidArgument for bytes that are no record."""
    try:
        flags, trace, revision, time, latency, status, digest, confidence = _FIXED.unpack_from(body)
    except struct.error as error:
        raise InvalidArgument(f"record {sequence} of spool {spool} is only {len(body)} bytes long") from error
    output = _output(body[_FIXED.size :])
    given = confidence if flags & _HAS_CONFIDENCE else None
    if given is None and flags & _IS_BODY:
        given = _confidence(output)
    return Prediction(
        trace_id=trace.hex(),
        endpoint=endpoint,
        revision_id=ArtifactId(revision) if revision else None,
        input_digest=text_of(digest) if flags & _HAS_DIGEST else None,
        key_id=key_id if flags & _HAS_DIGEST else None,
        output=output,
        confidence=given,
        latency_us=latency,
        status=status,
        time=Micros(time),
        spool=spool,
        sequence=sequence,
    )


def is_confidence(value: object) -> bool:
    """Return whether this can be a confidence: a number in 0..1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _confidence(output: Json) -> float | None:
    value = output.get(CONFIDENCE) if isinstance(output, Mapping) else None
    return float(value) if isinstance(value, int | float) and is_confidence(value) else None


def _output(text: bytes) -> Json:
    """Read the output; what no store could keep becomes a summary, for the record matters more than its output."""
    if not text:
        return None
    try:
        output: Json = _DECODER.decode(text.decode())
        if output is not None:
            check("output", output)
    except (ValueError, RecursionError, InvalidArgument) as error:
        return {"bytes": len(text), "unreadable": type(error).__name__}
    return output


def _integer(text: str) -> int | str:
    """JSON's integers have no limit, the store's have 64 bits: a longer one is kept as its digits."""
    value = int(text)
    return value if INT64_MIN <= value <= INT64_MAX else text


_DECODER = json.JSONDecoder(parse_int=_integer)
