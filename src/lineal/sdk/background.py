"""Fingerprints taken in the background: a thread of its own reads files while the program works with them.

Asked for before the program's first use of a file; who needs the answer waits for it.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from lineal.capture.data import fingerprint_of, fingerprint_of_path
from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.fingerprint import Fingerprinted
from lineal.sdk.keeping import INPUT, is_kept

T = TypeVar("T")

LONGEST_WAIT = 5.0
"""Seconds that a program is held up at most, where it forks, or is about to write what is still being read."""


@dataclass(slots=True)
class Answer(Generic[T]):
    """What comes back later: a value, or the reason why there is none."""

    value: T | None = None
    reason: str | None = None
    is_there: threading.Event = field(default_factory=threading.Event)
    process: int = field(default_factory=os.getpid)


@dataclass(frozen=True, slots=True)
class _Question:
    ask: Callable[[], Fingerprinted]
    answer: Answer[Fingerprinted]


class Fingerprints:
    """Fingerprints of files and frames, one after the other, in a thread that is there while there is work.

    No longer: a program that forks is warned of threads, and a fork waits until the work at hand is done.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._waiting: deque[_Question] = deque()
        self._thread: threading.Thread | None = None
        _at_fork(self)

    def of_path(self, path: str) -> Answer[Fingerprinted]:
        """Ask for a file or directory as it is now."""
        return self._asked(lambda: fingerprint_of_path(path))

    def of_input(self, path: str) -> Answer[Fingerprinted]:
        """Ask for a file as it is now, and keep its bytes within the limits: the program may write it anew later."""
        return self._asked(lambda: self._kept(path))

    def of_data(self, thing: object) -> Answer[Fingerprinted]:
        """Ask for a frame or an array, which nobody may change before the answer is there."""
        return self._asked(lambda: fingerprint_of(thing))

    def rest(self) -> None:
        """Wait until the work at hand is done, and the thread gone; not for ever."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(LONGEST_WAIT)

    def _asked(self, ask: Callable[[], Fingerprinted]) -> Answer[Fingerprinted]:
        question = _Question(ask, Answer())
        if not self._is_queued(question):
            _answer(question)
        return question.answer

    def _is_queued(self, question: _Question) -> bool:
        """Queue a question; False where no thread can be started: the interpreter ends."""
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="lineal-fingerprints", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    return False
                self._thread = thread
            self._waiting.append(question)
            return True

    def _kept(self, path: str) -> Fingerprinted:
        found = fingerprint_of_path(path)
        if not self._files.has(found.fingerprint) and is_kept(Path(path), found, INPUT):
            with suppress(LinealError, OSError):  # known all the same, only not kept
                self._files.put_file(path)
        return found

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                question = self._waiting.popleft()
            _answer(question)


_all: weakref.WeakSet[Fingerprints] = weakref.WeakSet()


def _at_fork(fingerprints: Fingerprints) -> None:
    if not _all and hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_rest)
    _all.add(fingerprints)


def _rest() -> None:
    for fingerprints in list(_all):
        fingerprints.rest()


def _answer(question: _Question) -> None:
    try:
        question.answer.value = question.ask()
    except (LinealError, OSError) as error:
        question.answer.reason = str(error)
    except Exception as error:  # noqa: BLE001  a thread that dies here would leave others waiting for ever
        question.answer.reason = f"{type(error).__name__}: {error}"
    question.answer.is_there.set()


def settled(answer: Answer[T], longest: float | None = None) -> Answer[T]:
    """Wait for an answer, at most `longest` seconds, and return it, whether or not it is there by then.

    In a forked process nobody is at work on what its parent asked for.
    """
    if answer.process != os.getpid():
        return answer if answer.is_there.is_set() else Answer(reason="the program forked before this was known")
    answer.is_there.wait(longest)
    return answer
