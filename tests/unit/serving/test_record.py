"""Records: what goes in comes out, and no output can make one unreadable."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.errors import InvalidArgument
from lineal.model.ids import ArtifactId, Micros
from lineal.model.values import check
from lineal.serving.record import Output, decode, encode
from lineal.store.clock import SystemClock
from lineal.store.identifiers import Uuid7

TRACE = Uuid7(SystemClock()).new()


def round_trip(text: bytes, *, is_body: bool = False, confidence: float | None = None):
    body = encode(
        TRACE,
        revision_id=ArtifactId(7),
        digest=b"d" * 16,
        output=Output(text, is_body),
        confidence=confidence,
        latency_us=12,
        status=200,
        time=Micros(3),
    )
    return decode(body, spool="s", sequence=1, endpoint="api", key_id="k")


def test_all_fields_come_back():
    made = round_trip(b'{"delay": 3.5}', confidence=0.25)
    assert (made.trace_id, made.endpoint, made.revision_id) == (TRACE, "api", 7)
    assert (made.input_digest, made.key_id) == ("h1:" + "64" * 16, "k")
    assert (made.output, made.confidence) == ({"delay": 3.5}, 0.25)
    assert (made.latency_us, made.status, made.time, made.spool, made.sequence) == (12, 200, 3, "s", 1)


def test_what_is_not_known_stays_not_known():
    body = encode(
        TRACE, revision_id=None, digest=None, output=Output(b""), confidence=None, latency_us=2**40, status=500,
        time=Micros(0),
    )  # fmt: skip
    made = decode(body, spool="s", sequence=1, endpoint="api", key_id="k")
    assert (made.revision_id, made.input_digest, made.key_id, made.confidence, made.output) == (None,) * 5
    assert made.latency_us == 2**32 - 1


@pytest.mark.parametrize(
    ("body", "confidence"),
    [
        (b'{"confidence": 0.5}', 0.5),
        (b'{"confidence": 1}', 1.0),
        (b'{"confidence": 1.5}', None),
        (b'{"confidence": NaN}', None),
        (b'{"confidence": true}', None),
        (b'{"confidence": "high"}', None),
        (b"[1]", None),
    ],
)
def test_a_confidence_is_read_from_the_response_if_it_is_one(body, confidence):
    assert round_trip(body, is_body=True).confidence == confidence


def test_a_confidence_inside_a_reported_output_is_only_output():
    assert round_trip(b'{"confidence": 0.5}').confidence is None


@given(st.one_of(st.binary(max_size=200), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8,
).map(lambda value: json.dumps(value).encode())))  # fmt: skip
def test_every_output_that_is_read_can_be_stored(text: bytes) -> None:
    output = round_trip(text, is_body=True).output
    if output is not None:
        check("output", output)


@pytest.mark.parametrize("text", [b"[" * 5000, b'"\\ud800"', b"{", b"\xff\xfe", b"9" * 5000])
def test_output_that_no_store_could_keep_becomes_a_summary(text):
    output = round_trip(text).output
    assert isinstance(output, dict)
    assert output["bytes"] == len(text)


def test_numbers_keep_what_they_are():
    output = round_trip(b"[NaN, 1e308, 123456789012345678901234567890, 7]").output
    assert math.isnan(output[0])
    assert output[1:] == [1e308, "123456789012345678901234567890", 7]


def test_bytes_that_are_no_record_are_refused():
    with pytest.raises(InvalidArgument, match="only 3 bytes"):
        decode(b"abc", spool="s", sequence=1, endpoint="api", key_id=None)
