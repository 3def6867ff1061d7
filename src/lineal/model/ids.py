"""Identifiers and points in time: what names a node, an entry, a moment.

Ids are 64-bit and per kind of node: artifact 7 and execution 7 are two things.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, NewType

ArtifactId = NewType("ArtifactId", int)
ExecutionId = NewType("ExecutionId", int)
ContextId = NewType("ContextId", int)
TypeId = NewType("TypeId", int)

EntrySeq = NewType("EntrySeq", int)
"""Position of a ledger entry; the first is 1, there are no gaps."""

Micros = NewType("Micros", int)
"""Microseconds since 1970-01-01 UTC."""


class NodeKind(Enum):
    """The three kinds of node; the value is the word used in references and tables."""

    ARTIFACT = "artifact"
    EXECUTION = "execution"
    CONTEXT = "context"

    # There is one object a member, so its place identifies it. Enum's own hash is a Python function, called for each
    # look-up in a dictionary.
    __hash__ = object.__hash__


class NodeKey(NamedTuple):
    """Names one node of any kind; prints as `artifact#7`."""

    kind: NodeKind
    id: int

    def __str__(self) -> str:
        return f"{self.kind.value}#{self.id}"
