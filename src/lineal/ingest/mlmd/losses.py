"""Losses: what cannot be kept on the other side, row by row. Nothing is dropped in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

Key = tuple[int | str, ...]

SHOWN = 50
"""Most losses of one table and fate that are kept with their sentence; all are counted."""


class Fate(Enum):
    """What happened to a row."""

    LEFT_OUT = "left out"
    CHANGED = "changed"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Loss:
    """One row that is not kept as it is: which, what happened to it, and why."""

    table: str
    key: Key
    fate: Fate
    message: str


class Losses:
    """All losses of one pass: every count, the first sentences, and every key if they are to be `keyed`."""

    def __init__(self, *, keyed: bool = True) -> None:
        self._keyed = keyed
        self._counts: Counter[tuple[str, Fate]] = Counter()
        self._keys: dict[tuple[str, Fate], set[Key]] = {}
        self._shown: list[Loss] = []

    def add(self, table: str, key: Key, fate: Fate, message: str) -> None:
        """Note a loss."""
        self._counts[table, fate] += 1
        if self._keyed and fate is not Fate.NOTED:
            self._keys.setdefault((table, fate), set()).add(key)
        if self._counts[table, fate] <= SHOWN:
            self._shown.append(Loss(table, key, fate, message))

    def count(self, table: str, fate: Fate) -> int:
        """Return how many rows of a table met this fate."""
        return self._counts[table, fate]

    def keys(self, table: str, fate: Fate) -> set[Key]:
        """Return the keys of the rows of a table that are left out, or those that are changed."""
        return self._keys.get((table, fate), set())

    def shown(self) -> Sequence[Loss]:
        """Return the first losses of every table and fate."""
        return self._shown
