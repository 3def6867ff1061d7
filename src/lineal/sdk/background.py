"""Fingerprints taken in the background: a thread of its own reads files while the program works with them.

Asked for before the program's first use of a file; who needs the answer waits for it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from lineal.capture.data import fingerprint_of, path_steps
from lineal.capture.steps import Steps, at_once
from lineal.capture.waiting import driven
from lineal.capture.worker import Answer, Worker, amount, settled
from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.fingerprint import Fingerprinted
from lineal.sdk.keeping import INPUT, is_kept

LONGEST_WAIT = 5.0
"""Seconds that a program is held up at most where it is about to write what is still being read."""


def fingerprint_here(path: Path) -> Fingerprinted:
    """Return the fingerprint of a file or directory that the program waits for; what takes long is said."""
    about = f"{amount(_size(str(path)))} ({_named(str(path))})" if path.is_file() else _named(str(path))
    return driven(path_steps(path), lambda: f"fingerprinting {about}")


class Fingerprints:
    """Fingerprints of files and frames, one after the other, in a thread that is there while there is work."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._worker = Worker("lineal-fingerprints", "fingerprinting")

    def of_path(self, path: str) -> Answer[Fingerprinted]:
        """Ask for a file or directory as it is now."""
        return self._worker.ask(lambda: path_steps(path), what=_named(path), size=_size(path))

    def of_input(self, path: str) -> Answer[Fingerprinted]:
        """Ask for a file as it is now, and keep its bytes within the limits: the program may write it anew later."""
        answer = self._worker.ask(lambda: self._kept(path), what=_named(path), size=_size(path))
        return answer if self._worker.is_at_work else settled(answer)

    def of_data(self, thing: object) -> Answer[Fingerprinted]:
        """Ask for a frame or an array, which nobody may change before the answer is there."""
        return self._worker.ask(lambda: at_once(lambda: fingerprint_of(thing)), what="data in memory")

    def _kept(self, path: str) -> Steps[Fingerprinted]:
        found = yield from path_steps(path)
        if not self._files.has(found.fingerprint) and is_kept(Path(path), found, INPUT):
            with suppress(LinealError, OSError):  # known all the same, only not kept
                self._files.put_file(path)
        return found


def _named(path: str) -> str:
    name = os.path.basename(path) or path  # noqa: PTH119  text in, text out
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _size(path: str) -> int:
    try:
        return os.path.getsize(path) if os.path.isfile(path) else 0  # noqa: PTH113, PTH202
    except OSError:
        return 0
