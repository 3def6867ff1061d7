"""grpc-web's frames: what a browser sends is one message or a FrameError, what it gets ends with its status."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineal.server.calls import Answer
from lineal.server.web.frames import FrameError, body_of, message_of


def frame(content, flags=0):
    return bytes([flags]) + len(content).to_bytes(4, "big") + content


@given(st.binary())
def test_a_framed_message_is_read_back_from_bytes_and_from_text(content):
    assert message_of(frame(content), text=False) == content
    assert message_of(base64.b64encode(frame(content)), text=True) == content


def test_text_that_was_encoded_in_pieces_is_read_as_one():
    body = frame(b"four")
    pieces = base64.b64encode(body[:1]) + base64.b64encode(body[1:3]) + base64.b64encode(body[3:])

    assert message_of(pieces, text=True) == b"four"


@given(st.binary(), st.booleans())
def test_any_other_body_is_refused_and_nothing_else_happens(body, text):
    try:
        content = message_of(body, text=text)
    except FrameError:
        return
    assert frame(content) == (base64.b64decode(body) if text else body) or text


@pytest.mark.parametrize("body", [b"", b"\0\0\0\0", frame(b"abc")[:-1], frame(b"abc") + b"x", frame(b"", 0x80)])
def test_half_a_frame_and_more_than_one_are_refused(body):
    with pytest.raises(FrameError):
        message_of(body, text=False)


def test_a_compressed_message_is_refused_as_such():
    with pytest.raises(FrameError) as caught:
        message_of(frame(b"abc", 0x01), text=False)

    assert caught.value.compressed


def test_an_answer_is_its_message_and_then_its_status():
    body = body_of(Answer(0, body=b"abc"), text=False)

    assert body == frame(b"abc") + frame(b"grpc-status: 0\r\n", 0x80)


def test_a_refusal_has_no_message_and_its_text_cannot_break_the_trailers():
    body = body_of(Answer(3, "50 % of é\r\nx: y"), text=True)

    assert base64.b64decode(body) == frame(b"grpc-status: 3\r\ngrpc-message: 50 %25 of %C3%A9%0D%0Ax: y\r\n", 0x80)
