"""Frames: how records lie in a spool's segment, so that a damaged one hides no other.

A frame is magic, length, sequence, CRC-32 of all of it, body. It is one `write`, so it is there whole or torn at
the end of the file. A reader that meets damage looks for the next frame whose CRC is right.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_MAGIC = b"\xf1LP1"
_HEAD = struct.Struct(">4sIQ")
_CRC = struct.Struct(">I")
OVERHEAD = _HEAD.size + _CRC.size
MAX_BODY = 1 << 20


@dataclass(frozen=True, slots=True)
class Frame:
    """One record: its sequence and its body."""

    sequence: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Frames:
    """What a stretch of a segment holds.

    `end` is the offset after the last good frame, `damaged` the bytes between good frames, `tail` the bytes after
    the last one: a frame still being written, or torn when its writer died.
    """

    frames: Sequence[Frame]
    end: int
    damaged: int
    tail: int


def encode(sequence: int, body: bytes) -> bytes:
    """Return the frame of a record."""
    head = _HEAD.pack(_MAGIC, len(body), sequence)
    return b"".join((head, _CRC.pack(zlib.crc32(body, zlib.crc32(head))), body))


def decode(data: bytes) -> Frames:
    """Return all good frames of these bytes; never raises, whatever the bytes."""
    found: list[Frame] = []
    position = damaged = 0
    while position < len(data):
        frame = _at(data, position)
        if frame is None:
            following = _next(data, position + 1)
            if following is None:
                break
            damaged += following - position
            position = following
            continue
        found.append(frame)
        position += OVERHEAD + len(frame.body)
    return Frames(found, position, damaged, len(data) - position)


def _next(data: bytes, start: int) -> int | None:
    position = data.find(_MAGIC, start)
    while position >= 0:
        if _at(data, position) is not None:
            return position
        position = data.find(_MAGIC, position + 1)
    return None


def _at(data: bytes, position: int) -> Frame | None:
    start = position + OVERHEAD
    if start > len(data):
        return None
    magic, length, sequence = _HEAD.unpack_from(data, position)
    if magic != _MAGIC or length > MAX_BODY or start + length > len(data):
        return None
    (crc,) = _CRC.unpack_from(data, position + _HEAD.size)
    body = data[start : start + length]
    if crc != zlib.crc32(body, zlib.crc32(data[position : position + _HEAD.size])):
        return None
    return Frame(sequence, body)
