"""Identity: an object, to be recognised again later."""

from __future__ import annotations

import weakref
from collections.abc import Callable


class Identity:
    """Recognises an object later without keeping it alive; never one that cannot be referred to weakly."""

    def __init__(self, thing: object) -> None:
        try:
            self._get: Callable[[], object | None] = weakref.ref(thing)
        except TypeError:
            self._get = _nothing

    def is_of(self, thing: object) -> bool:
        """Return whether this very object is meant."""
        return thing is not None and self._get() is thing

    def get(self) -> object | None:
        """Return the object as long as the program holds it."""
        return self._get()


def _nothing() -> None:
    return None
