"""Restoration: records of another store, written here exactly as they were there, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from lineal.model.edges import Edge
from lineal.model.ids import EntrySeq
from lineal.model.nodes import Node
from lineal.model.types import NodeType

LARGEST_ID = 2**62
"""The largest id of a restored record: new ones go on above it, and need room in the 64-bit integers."""

Record = NodeType | Node | Edge

K = TypeVar("K", bound=NodeType | Edge)


class Standing(Enum):
    """What stands in the way of a record."""

    CHANGED = "the same thing in another state"
    OTHER = "another thing under its id"
    TAKEN = "its name, external id or ends belong to a row of another id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """One record that was not written, because something else is there.

    `entry` is the ledger entry that wrote what is there; None where that is a record of the same call.
    """

    table: str
    id: int
    standing: Standing
    message: str
    entry: EntrySeq | None = None

    @property
    def record(self) -> str:
        """Which record it is: `artifact#7`."""
        return f"{self.table}#{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One record that took the place of its former state; `columns` are those that changed."""

    table: str
    id: int
    columns: tuple[str, ...]

    @property
    def record(self) -> str:
        """Which record it is: `artifact#7`."""
        return f"{self.table}#{self.id}"


@dataclass(frozen=True, slots=True)
class Restored:
    """How many records were new and how many were there with equal content, which clash and which were updated.

    `met` are the entries that wrote the nodes that were there as the same things, in whatever state.
    """

    written: int
    same: int
    clashes: tuple[Clash, ...] = ()
    updates: tuple[Update, ...] = ()
    met: frozenset[EntrySeq] = frozenset()


class Kept(NamedTuple, Generic[K]):
    """A record and the ledger entry that wrote it."""

    record: K
    entry: EntrySeq
