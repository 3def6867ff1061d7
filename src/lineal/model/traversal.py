"""What a walk through the graph gives back, before names and properties are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from lineal.model.edges import Event
from lineal.model.ids import ArtifactId, ExecutionId


class Direction(Enum):
    """Upstream = what made it; downstream = what it made; both = each hop goes either way.

    Both is more than upstream and downstream together: it also reaches what else was made of the same data.
    """

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"

    # Enum's own is a call into Python, and each hop asks for it.
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Truncation:
    """Why an answer is not complete, in a sentence, and how many nodes are known to be missing (None: unknown)."""

    reason: str
    missing: int | None = None


@dataclass(frozen=True, slots=True)
class Closure:
    """All nodes reached, with their distance in hops, and every event that leads from one of them to another.

    A hop is one event: artifact to execution is one, artifact to artifact two. Starts have distance 0.
    Events are ordered by sequence, and may be made one by one each time they are looked at: to keep them, make a list.
    Who wants ids only need not look at them: the walk alone is much cheaper. Full nodes come from `Store.get`, which
    takes all ids of a kind at once. Stops that were kept are nodes of the answer from which no event was followed.
    `reproduced` counts the later executions that made an artifact's content again and were not followed.
    """

    artifacts: Mapping[ArtifactId, int]
    executions: Mapping[ExecutionId, int]
    events: Sequence[Event]
    truncated: Truncation | None = None
    reproduced: Mapping[ArtifactId, int] = field(default_factory=dict)
