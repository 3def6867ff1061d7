"""The current run: the only ambient thing in Lineal. Kept apart so that runs and steps need not know each other."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Generic, TypeVar

R = TypeVar("R")


class Current(Generic[R]):
    """The innermost open run of this thread (or asyncio task); a new thread starts without one."""

    def __init__(self, name: str) -> None:
        self._variable: ContextVar[R | None] = ContextVar(name, default=None)

    def get(self) -> R | None:
        """Return the current run, or None."""
        return self._variable.get()

    def enter(self, run: R) -> Callable[[], None]:
        """Make `run` the current one and return what undoes it."""
        before = self._variable.get()
        self._variable.set(run)

        def leave() -> None:
            # Not ContextVar.reset: a run may be finished in another thread than the one that started it.
            if self._variable.get() is run:
                self._variable.set(before)

        return leave
