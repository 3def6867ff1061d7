"""Fingerprints taken in the background: a thread of its own reads files while the program works with them.

Asked for before the program's first use of a file; who needs the answer waits for it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Generic, TypeVar

from lineal.capture.data import fingerprint_of, fingerprint_of_path
from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.fingerprint import Fingerprinted
from lineal.sdk.keeping import INPUT, is_kept

T = TypeVar("T")


@dataclass(slots=True)
class Answer(Generic[T]):
    """What comes back later: a value, or the reason why there is none."""

    value: T | None = None
    reason: str | None = None
    is_there: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class _Question:
    ask: Callable[[], Fingerprinted]
    answer: Answer[Fingerprinted]


class Fingerprints:
    """Fingerprints of files and frames, one after the other, in a thread that starts with the first question."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._queue: SimpleQueue[_Question] = SimpleQueue()
        self._lock = threading.Lock()
        self._pid: int | None = None

    def of_path(self, path: str) -> Answer[Fingerprinted]:
        """Ask for a file or directory as it is now."""
        return self._asked(lambda: fingerprint_of_path(path))

    def of_input(self, path: str) -> Answer[Fingerprinted]:
        """Ask for a file as it is now, and keep its bytes within the limits: the program may write it anew later."""
        return self._asked(lambda: self._kept(path))

    def of_data(self, thing: object) -> Answer[Fingerprinted]:
        """Ask for a frame or an array, which nobody may change before the answer is there."""
        return self._asked(lambda: fingerprint_of(thing))

    def _asked(self, ask: Callable[[], Fingerprinted]) -> Answer[Fingerprinted]:
        question = _Question(ask, Answer())
        if self._is_working():
            self._queue.put(question)
        else:
            _answer(question)
        return question.answer

    def _kept(self, path: str) -> Fingerprinted:
        found = fingerprint_of_path(path)
        if not self._files.has(found.fingerprint) and is_kept(Path(path), found, INPUT):
            with suppress(LinealError, OSError):  # known all the same, only not kept
                self._files.put_file(path)
        return found

    def _is_working(self) -> bool:
        """Start the thread where there is none yet; False where none can be started (an interpreter that ends)."""
        with self._lock:
            if self._pid == os.getpid():
                return True
            try:
                threading.Thread(target=self._work, name="lineal-fingerprints", daemon=True).start()
            except RuntimeError:
                return False
            self._pid = os.getpid()
            return True

    def _work(self) -> None:
        while True:
            _answer(self._queue.get())


def _answer(question: _Question) -> None:
    try:
        question.answer.value = question.ask()
    except (LinealError, OSError) as error:
        question.answer.reason = str(error)
    except Exception as error:  # noqa: BLE001  a thread that dies here would leave others waiting for ever
        question.answer.reason = f"{type(error).__name__}: {error}"
    question.answer.is_there.set()


def settled(answer: Answer[T]) -> Answer[T]:
    """Wait for an answer and return it."""
    answer.is_there.wait()
    return answer
