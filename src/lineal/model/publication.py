"""Publication: an execution with everything that belongs to it, written in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from lineal.model.decisions import Decision
from lineal.model.edges import EventType, How
from lineal.model.ids import ArtifactId, ContextId, EntrySeq, ExecutionId, Micros
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution


class Causality(Enum):
    """What happens to facts that contradict time: refused, or kept with a finding in the ledger."""

    REJECT = "reject"
    FLAG = "flag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who writes and why; one goes into each ledger entry."""

    actor: str
    action: str
    reason: str | None = None
    request_id: str | None = None
    reported_at: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One artifact that the execution read or wrote.

    `artifact` is either the id of a stored one, or an artifact to put. One to put whose (type, name)
    is taken is *the same artifact* if the fingerprints agree, and AlreadyExists if they do not.
    `aliases` are moved to it.
    """

    artifact: Artifact | ArtifactId
    type: EventType
    path: tuple[str | int, ...] = ()
    time: Micros | None = None
    how: How = How.DECLARED
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """An execution, the artifacts it touched, the contexts of both, its metrics and decisions.

    `execution` is inserted, or updated where it carries an id. Contexts are reused by (type, name).
    Every new artifact is attributed to every context; with `all_join` every artifact of `uses` is. Without `reuse` an
    artifact to put is a new one: AlreadyExists where its name is taken, whatever the content.
    """

    execution: Execution
    uses: Sequence[Use] = ()
    contexts: Sequence[Context] = ()
    metrics: Sequence[MetricSeries] = ()
    decisions: Sequence[Decision] = ()
    causality: Causality = Causality.REJECT
    all_join: bool = False
    reuse: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication became: ids in the order given, and the ledger entry that holds it all.

    `reused` are positions in `uses` whose artifact was already there with the same content.
    """

    execution_id: ExecutionId
    artifact_ids: tuple[ArtifactId, ...]
    context_ids: tuple[ContextId, ...]
    entry: EntrySeq
    reused: frozenset[int] = field(default_factory=frozenset)
