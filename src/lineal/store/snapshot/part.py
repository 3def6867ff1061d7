"""A part of an answer's events: those on one side of its executions, and which of them belong to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lineal.model.ids import NodeKind
from lineal.store.edges import EventRow, makes_again
from lineal.store.snapshot.sides import WAYS, Side
from lineal.store.snapshot.view import View
from lineal.store.walk import Walk

MIRROR = {Side.INPUTS: Side.READERS, Side.OUTPUTS: Side.MAKERS}
"""The same events from the artifacts' side. Each event touches exactly one execution, so it is in one part."""


@dataclass(frozen=True, slots=True)
class Part:
    """The nodes of an answer, those it was walked on from, and how the walk went over this side's events.

    `forward`: from executions to artifacts; `backward`: from artifacts to executions. `complete`: no step from a
    walked node leads out of the answer. `only_first`: what made content again is not walked backward.
    """

    side: Side
    artifacts: Collection[int]
    executions: Collection[int]
    from_artifacts: Collection[int]
    from_executions: Collection[int]
    complete: bool
    forward: bool
    backward: bool
    only_first: bool

    @classmethod
    def of(cls, view: View, walk: Walk, side: Side) -> Part:
        """Return the part of a walk's answer on one side."""
        return cls(
            side=side,
            artifacts=walk.distance[NodeKind.ARTIFACT],
            executions=walk.distance[NodeKind.EXECUTION],
            from_artifacts=walk.walked(NodeKind.ARTIFACT),
            from_executions=walk.walked(NodeKind.EXECUTION),
            complete=walk.complete,
            forward=side in WAYS[view.direction, NodeKind.EXECUTION],
            backward=MIRROR[side] in WAYS[view.direction, NodeKind.ARTIFACT],
            only_first=side is Side.OUTPUTS and not view.follows_all,
        )

    def includes(self, row: EventRow) -> bool:
        """Return whether an event of one of the executions belongs to the answer."""
        artifact, execution = row[1], row[2]
        if self.forward and execution in self.from_executions and artifact in self.artifacts:
            return True
        if not self.backward or artifact not in self.from_artifacts:
            return False
        return not (self.only_first and makes_again(row))
