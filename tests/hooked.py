"""Libraries with every hook of Lineal in place and nobody who listens: they must work as they do without."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lineal.integrations.libraries import install

T = TypeVar("T")


class _Deaf:
    """A listener that keeps nothing of what it hears."""

    def __getattr__(self, name):
        return lambda *_args, **_named: None


def with_hooks(call: Callable[[], T]) -> T:
    """Return what a call returns while the hooks are in place; they are gone afterwards."""
    patches = install(_Deaf())
    try:
        return call()
    finally:
        patches.undo()
