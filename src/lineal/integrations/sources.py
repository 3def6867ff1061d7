"""Sources: what a reader or writer was given, as the paths and URLs it stands for."""

from __future__ import annotations

import glob
import os
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from lineal.model.capture_items import STANDARD_INPUT

GROUP = "data"
"""Readers and writers of data call each other; the outermost one is told."""

T = TypeVar("T")

_MOST_FILES = 1000


def place_of(thing: object) -> str | None:
    """Return the path or URL that was given, also as an open file with a name; None for bytes in memory.

    A member of an archive has a name too, which is no path: only what the system has opened has one.
    """
    if isinstance(thing, str | os.PathLike):
        return os.fsdecode(thing)
    name = getattr(thing, "name", None)
    if not isinstance(name, str):
        return None
    return name if name == STANDARD_INPUT or (not name.startswith("<") and _is_open_file(thing)) else None


def places_of(thing: object) -> list[str]:
    """Return all paths and URLs: of a list each one, of a pattern (`data/*.parquet`) the files it stands for."""
    if isinstance(thing, list | tuple):
        return [place for each in thing[:_MOST_FILES] for place in places_of(each)]
    place = place_of(thing)
    if place is None:
        return []
    if any(sign in place for sign in "*?[") and "://" not in place and not os.path.exists(place):  # noqa: PTH110
        return sorted(glob.glob(place, recursive=True))[:_MOST_FILES]  # noqa: PTH207  text in, text out
    return [place]


def _is_open_file(thing: object) -> bool:
    number = getattr(thing, "fileno", None)
    try:
        return callable(number) and isinstance(number(), int)
    except (OSError, ValueError):
        return False  # of an archive, in memory, or closed


class Remembered(Generic[T]):
    """What is known of an object as long as it lives, by its identity: many frames cannot be keys of a mapping."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Callable[[], object | None], T]] = {}

    def put(self, thing: object, value: T) -> None:
        """Remember a value for this object; not for one that cannot be referred to weakly."""
        key = id(thing)
        with suppress(TypeError):
            self._known[key] = (weakref.ref(thing, lambda _gone: self._known.pop(key, None)), value)

    def things(self) -> list[object]:
        """Return the objects of which something is remembered."""
        things = [get() for get, _ in list(self._known.values())]
        return [thing for thing in things if thing is not None]

    def values(self) -> list[T]:
        """Return all that is remembered."""
        return [value for _, value in list(self._known.values())]

    def forget(self, thing: object) -> None:
        """Remember it no longer."""
        self._known.pop(id(thing), None)

    def get(self, thing: object) -> T | None:
        """Return what is remembered of this very object, or None."""
        known = self._known.get(id(thing))
        return known[1] if known is not None and known[0]() is thing else None


def is_partial(arguments: object, names: Sequence[str]) -> bool:
    """Return whether a reader was asked for a part of what is there, by any of these arguments."""
    return isinstance(arguments, dict) and any(arguments.get(name) is not None for name in names)
