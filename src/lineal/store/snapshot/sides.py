"""The four lists of neighbours a store's events make, and which of them a walk follows."""

from __future__ import annotations

from enum import Enum

from lineal.model.edges import INPUTS, OUTPUTS, EventType
from lineal.model.ids import NodeKind
from lineal.model.traversal import Direction
from lineal.store.edges import OUTPUT_NUMBERS, EventRow


class Side(Enum):
    """The neighbours of one kind of node over one kind of event. Each event stands on two sides."""

    MAKERS = "makers"
    READERS = "readers"
    INPUTS = "inputs"
    OUTPUTS = "outputs"

    # Enum's own is a call into Python, and each hop asks for it.
    __hash__ = object.__hash__

    @property
    def owner(self) -> NodeKind:
        """The kind of node whose neighbours these are."""
        return NodeKind.ARTIFACT if self in {Side.MAKERS, Side.READERS} else NodeKind.EXECUTION

    @property
    def types(self) -> frozenset[EventType]:
        """The events on this side."""
        return INPUTS if self in {Side.READERS, Side.INPUTS} else OUTPUTS

    def ends(self, row: EventRow) -> tuple[int, int]:
        """Return the ids of the owner and of the neighbour of an event."""
        return (row[1], row[2]) if self.owner is NodeKind.ARTIFACT else (row[2], row[1])


WAYS: dict[tuple[Direction, NodeKind], tuple[Side, ...]] = {
    (Direction.UPSTREAM, NodeKind.ARTIFACT): (Side.MAKERS,),
    (Direction.UPSTREAM, NodeKind.EXECUTION): (Side.INPUTS,),
    (Direction.DOWNSTREAM, NodeKind.ARTIFACT): (Side.READERS,),
    (Direction.DOWNSTREAM, NodeKind.EXECUTION): (Side.OUTPUTS,),
    (Direction.BOTH, NodeKind.ARTIFACT): (Side.MAKERS, Side.READERS),
    (Direction.BOTH, NodeKind.EXECUTION): (Side.INPUTS, Side.OUTPUTS),
}
"""The sides a step from a node of this kind may take."""


def sides_of(row: EventRow) -> tuple[Side, Side]:
    """Return the two sides an event stands on: its artifact's, then its execution's."""
    return (Side.MAKERS, Side.OUTPUTS) if row[3] in OUTPUT_NUMBERS else (Side.READERS, Side.INPUTS)
