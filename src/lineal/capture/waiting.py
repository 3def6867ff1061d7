"""Waiting: nobody waits for our work without being told, and nobody must. One line after two seconds; Ctrl-C ends it.

At the end of a run (`patience`) Ctrl-C is an answer to that line: what is still open becomes unknown, and the run is
written. Elsewhere it is the user's own, as ever.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from lineal.capture.steps import Steps
from lineal.errors import Aborted

T = TypeVar("T")

SAID_AFTER_S = 2.0
"""Seconds of waiting after which the line is said."""

GRACE_S = 1.0
"""Seconds in which, after Ctrl-C, what is quick is finished: one large file is no reason to lose ten small ones."""

INTERRUPTED = "interrupted"
"""The reason of what is unknown because the user did not want to wait for it."""

_LOOKED_AT_S = 0.5


@dataclass(slots=True)
class Patience:
    """How the user's patience stands in one ending: what was waited so far, and whether it is over."""

    waited_s: float = 0.0
    is_told: bool = False
    is_over: bool = False
    grace_s: float = 0.0
    owes: bool = False
    """Ctrl-C came before we had said anything: it was not meant for us."""


_CURRENT: ContextVar[Patience | None] = ContextVar("lineal_patience", default=None)


@contextmanager
def patience() -> Iterator[Patience]:
    """Take Ctrl-C for "do not wait" while we wait within; one that came before our line is raised behind the block."""
    outer = _CURRENT.get()
    ours = outer or Patience()
    token = _CURRENT.set(ours)
    try:
        yield ours
    finally:
        _CURRENT.reset(token)
    if outer is None and ours.owes:
        raise KeyboardInterrupt


def is_over() -> bool:
    """Return whether the user has said in this ending not to wait any longer."""
    ours = _CURRENT.get()
    return ours is not None and ours.is_over


def wait(
    is_done: Callable[[float], bool],
    told: Callable[[], str],
    longest: float | None = None,
    *,
    said_after_s: float | None = None,
) -> bool:
    """Return whether it was done within `longest` seconds; `is_done` waits for the seconds it is given, at most.

    `told` says what is waited for, after two seconds of all waiting, or after `said_after_s` of this one.
    Raises KeyboardInterrupt outside of `patience` only.
    """
    ours = _CURRENT.get()
    if ours is None:
        return _waited(Patience(), is_done, told, longest, said_after_s)
    try:
        if ours.is_over:
            return _graced(ours, is_done)
        return _waited(ours, is_done, lambda: f"{told()}, Ctrl-C leaves it unknown", longest, said_after_s)
    except KeyboardInterrupt:
        # A second Ctrl-C takes the grace as well.
        ours.grace_s = 0.0 if ours.is_over else GRACE_S
        ours.is_over, ours.owes = True, not ours.is_told
        return False


def _graced(ours: Patience, is_done: Callable[[float], bool]) -> bool:
    """Let what is quick be done all the same: all of it together within the grace."""
    began = time.monotonic()
    done = is_done(ours.grace_s)
    ours.grace_s = max(0.0, ours.grace_s - (time.monotonic() - began))
    return done


def driven(steps: Steps[T], told: Callable[[], str]) -> T:
    """Return the result of steps that are taken here, and say what they are about where they take long.

    Raises Aborted where the user does not want to wait at the end of a run, and what the steps raise.
    """
    found: list[T] = []

    def is_done(seconds: float) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() <= until:
            try:
                next(steps)
            except StopIteration as end:
                found.append(end.value)
                return True
        return False

    if not wait(is_done, told):
        raise Aborted(INTERRUPTED)
    return found[0]


def _waited(
    ours: Patience,
    is_done: Callable[[float], bool],
    told: Callable[[], str],
    longest: float | None,
    said_after_s: float | None,
) -> bool:
    began = last = time.monotonic()
    while True:
        left = _LOOKED_AT_S if longest is None else min(_LOOKED_AT_S, longest - (last - began))
        done = is_done(max(0.0, left))
        now = time.monotonic()
        ours.waited_s += now - last
        last = now
        if done or (longest is not None and now - began >= longest):
            return done
        is_long = ours.waited_s >= SAID_AFTER_S if said_after_s is None else now - began >= said_after_s
        if is_long and not ours.is_told:
            ours.is_told = True
            _say(told())


def _say(text: str) -> None:
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"lineal: {text}\n")
            sys.stderr.flush()
