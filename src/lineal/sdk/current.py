"""The current run: the only ambient thing in Lineal. Kept apart so that runs and steps need not know each other."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Ends(Protocol):
    """Something that is over at some time."""

    @property
    def is_finished(self) -> bool:
        """Whether it is over."""


R = TypeVar("R", bound=Ends)


@dataclass(frozen=True, slots=True)
class _Level(Generic[R]):
    run: R
    outer: _Level[R] | None


class Current(Generic[R]):
    """The innermost open run of this thread (or asyncio task); a new thread starts without one."""

    def __init__(self, name: str) -> None:
        self._variable: ContextVar[_Level[R] | None] = ContextVar(name, default=None)

    def get(self) -> R | None:
        """Return the current run, or None.

        A finished run is stepped over here and not taken out when it ends: it may end in another thread than the
        one that started it, or before the runs inside it.
        """
        level = self._open_level()
        return None if level is None else level.run

    def enter(self, run: R) -> None:
        """Make `run` the current one until it is finished."""
        self._variable.set(_Level(run, self._open_level()))

    def _open_level(self) -> _Level[R] | None:
        level = self._variable.get()
        if level is None or not level.run.is_finished:
            return level
        while level is not None and level.run.is_finished:
            level = level.outer
        self._variable.set(level)
        return level
