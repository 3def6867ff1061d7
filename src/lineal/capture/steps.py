"""Work in steps: a generator that gives way between its parts, so that what is long can be paused, or given up.

It comes back with its result at its end. `finished` runs one to its end at once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]
"""Yields where it may be left for a while; returns its result."""


def finished(steps: Steps[T]) -> T:
    """Return the result of all the steps, taken at once; raises what they raise."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def at_once(find: Callable[[], T]) -> Steps[T]:
    """Return what `find` returns, in one step."""
    yield
    return find()
