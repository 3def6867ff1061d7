"""Restoration: records of another store, written here exactly as they were there, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from lineal.model.edges import Edge
from lineal.model.ids import EntrySeq
from lineal.model.nodes import Node
from lineal.model.types import NodeType

Record = NodeType | Node | Edge


@dataclass(frozen=True, slots=True)
class Clash:
    """One record that was not written, because something else is there. `record` names it: `artifact#7`.

    `entry` is the ledger entry that wrote what is there; None where that is a record of the same call.
    """

    record: str
    message: str
    entry: EntrySeq | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """How many records were written, how many were there already with equal content, and which clash."""

    written: int
    same: int
    clashes: tuple[Clash, ...] = ()
