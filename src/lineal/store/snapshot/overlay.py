"""Overlay: the events that came after a snapshot was loaded.

Only ever appended to, in the order of their sequence. A question looks no further than the last event it knows of,
so another thread may append meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable

from lineal.store.edges import EventRow, makes_again
from lineal.store.snapshot.sides import Side, sides_of

ROW_BYTES = 700
"""About what one event takes in memory here: its row, and its places in two lists."""


class Overlay:
    """New events by the nodes they touch."""

    def __init__(self) -> None:
        self.sides: dict[Side, dict[int, list[EventRow]]] = {side: {} for side in Side}
        self.again: dict[int, list[EventRow]] = {}
        self.count = 0

    def add(self, rows: Iterable[EventRow]) -> None:
        """Append events."""
        for row in rows:
            for side in sides_of(row):
                owner, _ = side.ends(row)
                # Who made content again is no maker: it stands apart, as in the snapshot itself.
                held = self.again if side is Side.MAKERS and makes_again(row) else self.sides[side]
                held.setdefault(owner, []).append(row)
            self.count += 1
