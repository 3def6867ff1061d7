"""Processes that were started with a variable: those of a command, of a rebuild. Linux shows it of the user's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")


def processes_with(variable: str, beginning: str) -> Iterator[int]:
    """Yield the processes whose variable began with this text when they were started; none where that is not shown."""
    mark = os.fsencode(f"{variable}={beginning}")
    for directory in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            if any(entry.startswith(mark) for entry in (directory / "environ").read_bytes().split(b"\0")):
                yield int(directory.name)
