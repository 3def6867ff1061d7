"""Locks that die with their holder: how a spool or a rebuild directory says "in use", and how shippers take turns.

`flock` is held by the open file, so the kernel gives it back however the process ends; a process id would be
reused, and means nothing in another container.
"""

from __future__ import annotations

import os
from pathlib import Path


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this opening of it; False where another opening holds it."""
    import fcntl  # only where there is one: on Windows the other rooms still work

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_released(path: Path) -> bool:
    """Return whether whoever wrote this file has closed it or is gone."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return try_lock(descriptor)
    finally:
        os.close(descriptor)
