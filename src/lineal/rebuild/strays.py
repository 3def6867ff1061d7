"""Strays: processes that a rebuilt program started and that left its session. None of them outlives the rebuild."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from lineal.capture.processes import processes_with


def end_strays(root: Path) -> int:
    """Kill every process that was started with the environment of this rebuild directory, and return how many.

    Where the system does not show the environments of processes (it is Linux that does), none is found.
    """
    ended = 0
    for number in processes_with("TMPDIR", f"{root}{os.sep}"):
        if number != os.getpid():
            with suppress(OSError):
                os.kill(number, signal.SIGKILL)
                ended += 1
    return ended
