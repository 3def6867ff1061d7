"""Binary patches of git: how far one unfolds, before anything is unfolded.

A part is either the content itself or a delta, which copies pieces of the old content, each as often as it likes: a
kilobyte of it can make terabytes. Its first bytes say how much.
"""

from __future__ import annotations

import base64
import re
import zlib

_PART = re.compile(rb"^(literal|delta) (\d+)\n(.*)\n", re.MULTILINE)
_MOST_DIGITS = 10
_BITS, _GOES_ON = 0x7F, 0x80


def unfolded(patch: bytes) -> int:
    """Return how many bytes the binary parts of a patch make in all; a part that cannot be read counts as endless."""
    return sum(_made(kind, int(size), line) for kind, size, line in _PART.findall(patch))


def _made(kind: bytes, size: int, line: bytes) -> int:
    if kind == b"literal":
        return size
    try:
        # A line is its length, as a letter, and base85 of so many bytes; the first one holds the sizes.
        head = zlib.decompressobj().decompress(base64.b85decode(line[1:]), 2 * _MOST_DIGITS)
        _, rest = _number(head)
        made, _ = _number(rest)
    except (ValueError, IndexError, zlib.error):
        return 1 << 62
    return made


def _number(data: bytes) -> tuple[int, bytes]:
    """Return the number that some bytes begin with, seven bits a byte from the lowest on, and what follows it."""
    value = 0
    for place in range(_MOST_DIGITS):
        value |= (data[place] & _BITS) << (7 * place)
        if not data[place] & _GOES_ON:
            return value, data[place + 1 :]
    raise ValueError("a size has too many digits")
