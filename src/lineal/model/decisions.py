"""Decisions: what a person or a rule decided about an artifact, bound to its fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from lineal.model.ids import ArtifactId, EntrySeq, ExecutionId, Micros
from lineal.model.values import Json


class DecisionAction(Enum):
    """What can be decided."""

    APPROVE = "approve"
    REJECT = "reject"
    DEPLOY = "deploy"
    ROUTE = "route"
    ROLL_BACK = "roll back"
    RETIRE = "retire"
    HOLD = "hold"
    ERASE = "erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision about one artifact: who, when, why, on which content.

    `fingerprint` is the artifact's at that moment: the decision does not cover other content of the
    same name. `details` holds what the action needs, such as the regulation or the endpoint.
    """

    action: DecisionAction
    artifact_id: ArtifactId
    fingerprint: str | None
    actor: str
    reason: str
    details: Mapping[str, Json] = field(default_factory=dict)
    execution_id: ExecutionId | None = None
    time: Micros | None = None
    id: int | None = None
    entry: EntrySeq | None = None
