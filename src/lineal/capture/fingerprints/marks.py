"""Marks: a few digits for each row of a small table or text, so that a change can be shown row by row later.

They explain and never decide: two rows may have one mark by chance, the fingerprint cannot.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MOST_ROWS = 512
MOST_BYTES = 1 << 18
_DIGITS = 6


def marks_of_keys(keys: npt.NDArray[np.uint64]) -> str:
    """Return the marks of rows that have a number each; "" for a large table."""
    return _text(int(key) for key in keys) if len(keys) <= MOST_ROWS else ""


def marks_of_text(data: bytes) -> str:
    """Return the marks of the lines of a text; "" for what is long or no text."""
    if not data or len(data) > MOST_BYTES or b"\0" in data:
        return ""
    lines = data.splitlines()
    return _text(map(zlib.crc32, lines)) if len(lines) <= MOST_ROWS else ""


def marks_in(text: str) -> list[str]:
    """Return each row's mark."""
    return [text[place : place + _DIGITS] for place in range(0, len(text), _DIGITS)]


def _text(numbers: Iterable[int]) -> str:
    return "".join(f"{one & 0xFFFFFF:06x}" for one in numbers)
