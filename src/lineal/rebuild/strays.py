"""Strays: processes that a rebuilt program started and that left its session. None of them outlives the rebuild."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")


def end_strays(root: Path) -> int:
    """Kill every process that was started with the environment of this rebuild directory, and return how many.

    Where the system does not show the environments of processes (it is Linux that does), none is found.
    """
    mark = os.fsencode(f"TMPDIR={root}{os.sep}")
    ended = 0
    for directory in _PROCESSES.glob("[0-9]*"):
        number = int(directory.name)
        if number == os.getpid():
            continue
        with suppress(OSError):
            if any(entry.startswith(mark) for entry in (directory / "environ").read_bytes().split(b"\0")):
                os.kill(number, signal.SIGKILL)
                ended += 1
    return ended
