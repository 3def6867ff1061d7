"""Trying again: a write that lost a race, or its connection before anything was kept, is made once more.

Only where all of it is in our hands: inside a batch the caller's own steps would have to be repeated too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from lineal.errors import Aborted

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 4
"""How often a write is made before its error is told."""


class Repeatable(Protocol):
    """What has verbs that may be tried again."""

    @property
    def in_batch(self) -> bool:
        """Whether the calling thread is inside a transaction of several verbs."""


S = TypeVar("S", bound=Repeatable)


def tried_again(verb: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Return a verb that is called again where it raised Aborted, which says that nothing was kept."""

    @functools.wraps(verb)
    def trying(store: S, /, *args: P.args, **options: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            try:
                return verb(store, *args, **options)
            except Aborted:
                if store.in_batch:
                    raise
        return verb(store, *args, **options)

    return trying
