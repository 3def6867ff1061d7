"""Forks: what a forked process must not inherit as it was, for the threads that were at work on it are its parent's."""

from __future__ import annotations

import os
import threading
import weakref


class ForkedLock:
    """A lock that is open in a forked process: a thread of the parent may hold it, and would never open it there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _all.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Open it by taking a new one."""
        self._lock = threading.Lock()


_all: weakref.WeakSet[ForkedLock] = weakref.WeakSet()


def _renew_all() -> None:
    for lock in list(_all):
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
