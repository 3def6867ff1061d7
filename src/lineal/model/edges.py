"""Edges: events between artifacts and executions, and membership of contexts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from lineal.model.ids import ArtifactId, ContextId, EntrySeq, ExecutionId, Micros


class EventType(Enum):
    """How an execution touched an artifact; the value is ML Metadata's number."""

    UNKNOWN = 0
    DECLARED_OUTPUT = 1
    DECLARED_INPUT = 2
    INPUT = 3
    OUTPUT = 4
    INTERNAL_INPUT = 5
    INTERNAL_OUTPUT = 6
    PENDING_OUTPUT = 7

    # Enum's own is a call into Python, and a closure asks of each event which way it leads.
    __hash__ = object.__hash__


INPUTS = frozenset({EventType.DECLARED_INPUT, EventType.INPUT, EventType.INTERNAL_INPUT})
OUTPUTS = frozenset({EventType.DECLARED_OUTPUT, EventType.OUTPUT, EventType.INTERNAL_OUTPUT, EventType.PENDING_OUTPUT})


class How(Enum):
    """How an edge became known: the user said so, Lineal saw it, or it follows from other facts."""

    DECLARED = "declared"
    OBSERVED = "observed"
    INFERRED = "inferred"


class Event(NamedTuple):
    """An execution read or wrote an artifact. Unique in (artifact, execution, type); never changed.

    A tuple, because an answer may hold a million of them and tuples are made four times as fast as dataclasses.
    Name its fields, also when making one: their order is no promise.

    `path` places the artifact inside the execution's inputs or outputs: keys and indices in order.
    `reproduces`: the execution made content that was there before it started; the artifact comes from an older one.
    """

    artifact_id: ArtifactId
    execution_id: ExecutionId
    type: EventType
    path: tuple[str | int, ...] = ()
    time: Micros | None = None
    how: How = How.DECLARED
    reproduces: bool = False
    id: int | None = None
    entry: EntrySeq | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """An artifact belongs to a context."""

    artifact_id: ArtifactId
    context_id: ContextId


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """An execution belongs to a context."""

    execution_id: ExecutionId
    context_id: ContextId


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentContext:
    """A context lies inside another one. No cycles."""

    child_id: ContextId
    parent_id: ContextId


Membership = Attribution | Association | ParentContext
Edge = Event | Membership
