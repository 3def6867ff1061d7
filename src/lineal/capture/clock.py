"""The clock as a seed: tells a seed that is the time of day, and stands in nothing that a rebuild has again."""

from __future__ import annotations

import os
import sys
import time

from lineal.capture.program import own_sources

_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
"""Seconds, and what programs make of them: milliseconds, microseconds, nanoseconds."""

_SHORTENED = 2**32
"""What many generators take at most, so that a time is cut down to it."""

_RARE = 1_000
_ROUNDED_S = 1
_NUMBERS = (int, float)


def is_of_the_clock(seed: object, began: float) -> bool:
    """Return whether a seed is a time between `began` and now that neither text, arguments nor variables name."""
    if not isinstance(seed, _NUMBERS) or isinstance(seed, bool):
        return False
    now = time.time()
    return any(_is_between(seed, (began - _ROUNDED_S) * unit, now * unit) for unit in _UNITS) and not _is_written(seed)


def _is_between(seed: float, first: float, last: float) -> bool:
    if first <= seed <= last:
        return True
    # Cut down, a time is like other numbers: it is told only while few numbers are in question.
    few = last - first < _SHORTENED / _RARE
    return few and 0 <= seed < _SHORTENED and (seed - first) % _SHORTENED <= last - first


def _is_written(seed: float) -> bool:
    number = str(seed)
    words = (*sys.argv, *sys.orig_argv, *os.environ.values())
    return any(number in word for word in words) or any(number in text for text in own_sources())
