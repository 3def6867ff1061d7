"""Looking ahead: an iterator that is taken up to a limit, and then goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Yields what an iterator has, as long as a condition holds; the first for which it does not comes next time."""

    def __init__(self, found: Iterator[T]) -> None:
        self._found = found
        self._next: T | None = next(found, None)

    def while_(self, condition: Callable[[T], bool]) -> Iterator[T]:
        """Yield what comes next, up to the first for which the condition does not hold."""
        while self._next is not None and condition(self._next):
            taken, self._next = self._next, next(self._found, None)
            yield taken

    def rest(self) -> Iterator[T]:
        """Yield all that is left."""
        return self.while_(lambda _: True)
