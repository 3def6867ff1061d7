"""The clock as a seed: tells a seed that is the time of day, and stands in nothing that a rebuild has again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from lineal.capture.program import own_sources

_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
"""Seconds, and what programs make of them: milliseconds, microseconds, nanoseconds."""

_SHORTENED = (2**32, 2**32 - 1, 2**31, 2**31 - 1)
"""What many generators take at most, so that a time is cut down to it."""

_RARE = 1_000
_ROUNDED_S = 1
_NUMBERS = (int, float)


def is_of_the_clock(seed: object, began: float) -> bool:
    """Return whether a seed is a time between `began` and now that neither the program's text nor a variable names.

    The argument of a child program may be one that its parent took from the clock: whoever knows the command asks
    `is_among` of its words.
    """
    if not isinstance(seed, _NUMBERS) or isinstance(seed, bool):
        return False
    now = time.time()
    is_time = any(_is_between(seed, (began - _ROUNDED_S) * unit, now * unit) for unit in _UNITS)
    return is_time and not is_among(seed, os.environ.values()) and not is_among(seed, own_sources())


def is_among(seed: object, texts: Iterable[str]) -> bool:
    """Return whether a seed stands in one of some texts."""
    return any(str(seed) in text for text in texts)


def _is_between(seed: float, first: float, last: float) -> bool:
    if first <= seed <= last:
        return True
    # Cut down, a time is like other numbers: it is told only while few numbers are in question.
    return any(
        last - first < most / _RARE and 0 <= seed < most and (seed - first) % most <= last - first
        for most in _SHORTENED
    )
