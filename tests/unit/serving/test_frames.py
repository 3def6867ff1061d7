"""Frames: damage costs what it hits, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lineal.serving.frames import Frame, decode, encode

BODIES = st.lists(st.binary(max_size=40), max_size=8)


@given(BODIES)
def test_what_was_written_is_read(bodies: list[bytes]) -> None:
    frames = [Frame(number, body) for number, body in enumerate(bodies, 1)]
    data = b"".join(encode(frame.sequence, frame.body) for frame in frames)
    read = decode(data)
    assert list(read.frames) == frames
    assert (read.end, read.damaged, read.tail) == (len(data), 0, 0)


@given(BODIES.filter(bool), st.data())
def test_a_cut_tail_loses_only_the_frames_it_cuts(bodies: list[bytes], data: st.DataObject) -> None:
    encoded = [encode(number, body) for number, body in enumerate(bodies, 1)]
    whole = b"".join(encoded)
    cut = data.draw(st.integers(0, len(whole) - 1))
    read = decode(whole[:cut])
    kept = 0
    while kept < len(encoded) and len(b"".join(encoded[: kept + 1])) <= cut:
        kept += 1
    assert [frame.body for frame in read.frames] == bodies[:kept]
    assert read.end + read.tail == cut


@given(BODIES.filter(lambda bodies: len(bodies) > 1), st.data())
def test_a_flipped_bit_loses_one_frame_and_the_rest_is_found(bodies: list[bytes], data: st.DataObject) -> None:
    encoded = [encode(number, body) for number, body in enumerate(bodies, 1)]
    hit = data.draw(st.integers(0, len(encoded) - 1))
    broken = bytearray(encoded[hit])
    broken[data.draw(st.integers(0, len(broken) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    read = decode(b"".join((*encoded[:hit], bytes(broken), *encoded[hit + 1 :])))
    assert [frame.sequence for frame in read.frames] == [n for n in range(1, len(bodies) + 1) if n != hit + 1]
    assert read.damaged + read.tail == len(broken)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(data: bytes) -> None:
    read = decode(data)
    assert read.end + read.tail == len(data)
