"""Work beside the program: a thread of its own takes long work step by step, and lets go of it where the program forks.

A program that forks is warned of threads, and a fork must not wait: between two steps, a millisecond apart, the work is
left as it stands, and gone on with afterwards in the parent. The thread is there while there is work, no longer.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from lineal.capture import waiting
from lineal.capture.steps import Steps
from lineal.errors import LinealError

T = TypeVar("T")

FORK_WAIT_S = 0.5
"""Seconds that a fork waits at most, for a step that is no small one."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_THOUSAND = 1000


@dataclass(slots=True)
class Answer(Generic[T]):
    """What comes back later: a value, or the reason why there is none."""

    value: T | None = None
    reason: str | None = None
    is_there: threading.Event = field(default_factory=threading.Event)
    process: int = field(default_factory=os.getpid)
    worker: Worker | None = None
    is_dropped: bool = False


@dataclass(slots=True)
class _Question:
    begin: Callable[[], Steps[Any]]
    answer: Answer[Any]
    what: str
    size: int
    steps: Steps[Any] | None = None


class Worker:
    """Answers questions one after the other. Safe in threads; in a forked process it begins anew, with nothing to do.

    `verb` says what it does, for the line that tells why somebody waits; `said_after_s` is when, if not as ever.
    """

    def __init__(self, name: str, verb: str, *, said_after_s: float | None = None) -> None:
        self.said_after_s = said_after_s
        self._name = name
        self._verb = verb
        self._waiting: deque[_Question] = deque()
        self._renew()
        _all.add(self)

    def ask(self, begin: Callable[[], Steps[T]], *, what: str, size: int = 0) -> Answer[T]:
        """Ask for the result of steps that are made by `begin`, in the thread; `size` is in bytes, 0 if not known."""
        answer: Answer[T] = Answer(worker=self)
        with self._lock:
            self._waiting.append(_Question(begin, answer, what, size))
            self._start()
        return answer

    @property
    def is_at_work(self) -> bool:
        """Whether what is asked for is taken on in time; False where the interpreter ends and starts no thread."""
        with self._lock:
            return self._is_paused or self._thread is not None or not (self._waiting or self._at_hand)

    def told(self) -> str:
        """Return what there is still to do: `fingerprinting 12 GB (flights.parquet and 2 more)`."""
        with self._lock:
            left = [question for question in (self._at_hand, *self._waiting) if question is not None]
        size = sum(question.size for question in left)
        names = left[0].what if left else "nothing"
        if len(left) > 1:
            names += f" and {len(left) - 1} more"
        return f"{self._verb} {amount(size)} ({names})" if size else f"{self._verb} {names}"

    def is_answered(self, answer: Answer[Any], seconds: float) -> bool:
        """Wait for an answer, or work on it here where no thread can be started: the interpreter ends."""
        with self._lock:
            has_thread = self._start()
        if has_thread or self._is_paused:
            return answer.is_there.wait(seconds)
        until = time.monotonic() + seconds
        while not answer.is_there.is_set() and time.monotonic() < until:
            question = self._next(is_thread=False)
            if question is None:
                break
            self._step(question)
        return answer.is_there.is_set()

    def pause(self) -> None:
        """Let the thread leave its work as it stands and end."""
        self._is_paused = True
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(FORK_WAIT_S)

    def resume(self) -> None:
        """Go on with what was left."""
        with self._lock:
            self._is_paused = False
            self._start()

    def forget(self) -> None:
        """Begin anew in a forked process: what was asked for is the parent's."""
        self._waiting.clear()
        self._renew()

    def _renew(self) -> None:
        self._lock = threading.Lock()  # a new one: a thread that is not here may have held it
        self._thread: threading.Thread | None = None
        self._at_hand: _Question | None = None
        self._is_paused = False

    def _start(self) -> bool:
        """Return whether a thread is at work; called with the lock held."""
        if self._thread is not None and self._thread.is_alive():
            return True
        if self._is_paused or not (self._waiting or self._at_hand):
            return False
        thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return False
        self._thread = thread
        return True

    def _work(self) -> None:
        while (question := self._next(is_thread=True)) is not None:
            self._step(question)

    def _next(self, *, is_thread: bool) -> _Question | None:
        with self._lock:
            if self._at_hand is None and self._waiting:
                self._at_hand = self._waiting.popleft()
            question = None if self._is_paused else self._at_hand
            if question is None and is_thread:
                self._thread = None
            return question

    def _step(self, question: _Question) -> None:
        answer = question.answer
        if answer.is_dropped:
            self._end(question, waiting.INTERRUPTED)
            return
        try:
            if question.steps is None:
                question.steps = question.begin()
            next(question.steps)
        except StopIteration as end:
            answer.value = end.value
        except (LinealError, OSError) as error:
            answer.reason = str(error)
        except Exception as error:  # noqa: BLE001  a thread that dies here would leave others waiting for ever
            answer.reason = f"{type(error).__name__}: {error}"
        except BaseException:
            self._end(question, waiting.INTERRUPTED)
            raise
        else:
            return
        self._end(question, answer.reason)

    def _end(self, question: _Question, reason: str | None) -> None:
        question.answer.reason = reason
        question.steps = None  # closes what it has open
        with self._lock:
            self._at_hand = None
        question.answer.is_there.set()


_all: weakref.WeakSet[Worker] = weakref.WeakSet()


def settled(answer: Answer[T], longest: float | None = None) -> Answer[T]:
    """Wait for an answer, at most `longest` seconds, and return it, whether or not it is there by then.

    At the end of a run the user may not want to wait: then its reason is `interrupted`. In a forked process nobody is
    at work on what its parent asked for.
    """
    if answer.process != os.getpid():
        return answer if answer.is_there.is_set() else Answer(reason="the program forked before this was known")
    worker = answer.worker
    if worker is None:
        answer.is_there.wait(longest)
        return answer
    is_there = waiting.wait(
        lambda seconds: worker.is_answered(answer, seconds), worker.told, longest, said_after_s=worker.said_after_s
    )
    if not is_there and waiting.is_over():
        answer.is_dropped = True
        return Answer(reason=waiting.INTERRUPTED)
    return answer


def amount(size: int) -> str:
    """Return a number of bytes for people: `12 GB`."""
    number, unit = float(size), 0
    while number >= _THOUSAND and unit < len(_UNITS) - 1:
        number, unit = number / _THOUSAND, unit + 1
    return f"{number:.3g} {_UNITS[unit]}"


def _each(act: Callable[[Worker], None]) -> Callable[[], None]:
    def on_all() -> None:
        for worker in list(_all):
            act(worker)

    return on_all


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_each(Worker.pause), after_in_parent=_each(Worker.resume), after_in_child=_each(Worker.forget)
    )
