"""Publishing: an execution with its artifacts, events, contexts, metrics and decisions, in one transaction."""

from __future__ import annotations

from dataclasses import replace

from lineal.errors import NotFound
from lineal.model.edges import OUTPUTS, Event
from lineal.model.ids import ArtifactId, ContextId, EntrySeq, ExecutionId, NodeKey, NodeKind
from lineal.model.nodes import Artifact
from lineal.model.publication import Publication, Published, Use
from lineal.store import beside, edges, lookups
from lineal.store.causality import check_causality
from lineal.store.nodes import Known, Nodes
from lineal.store.writer import Transaction


def publish(transaction: Transaction, nodes: Nodes, publication: Publication) -> Published:
    """Write all of a publication, or raise before the transaction commits."""
    (execution,) = nodes.put(transaction, [publication.execution])
    contexts = nodes.put_or_reuse(transaction, publication.contexts)
    artifacts = _artifacts(transaction, nodes, publication)
    execution_id = ExecutionId(execution.key.id)
    reported = publication.execution.started_at
    started = execution.created_at if reported is None else reported
    events = [_event(use, known, execution_id, started) for use, known in zip(publication.uses, artifacts, strict=True)]
    edges.put_events(transaction, events)
    created = {known.key.id: known.created_at for known in artifacts}
    interval = (started, publication.execution.ended_at)
    check_causality(transaction, events, created, publication.causality, {execution_id: interval})
    joining = [
        known.key.id
        for use, known in zip(publication.uses, artifacts, strict=True)
        if publication.all_join or (isinstance(use.artifact, Artifact) and (not known.reused or use.type in OUTPUTS))
    ]
    edges.put_memberships(transaction, list(dict.fromkeys(joining)), execution_id, [item.key.id for item in contexts])
    moves = [
        (alias, ArtifactId(known.key.id))
        for use, known in zip(publication.uses, artifacts, strict=True)
        for alias in use.aliases
    ]
    beside.put_aliases(transaction, moves)
    beside.put_metrics(transaction, [replace(series, execution_id=execution_id) for series in publication.metrics])
    beside.put_decisions(transaction, [replace(item, execution_id=execution_id) for item in publication.decisions])
    return Published(
        execution_id=execution_id,
        artifact_ids=tuple(ArtifactId(known.key.id) for known in artifacts),
        context_ids=tuple(ContextId(known.key.id) for known in contexts),
        # A publication that changed nothing leaves no entry: the newest one holds it already.
        entry=transaction.seq if transaction.rows else EntrySeq(transaction.seq - 1),
        reused=frozenset(position for position, known in enumerate(artifacts) if known.reused),
    )


def _artifacts(transaction: Transaction, nodes: Nodes, publication: Publication) -> list[Known]:
    uses = publication.uses
    given = [use.artifact for use in uses if isinstance(use.artifact, Artifact)]
    ids = list({use.artifact for use in uses if not isinstance(use.artifact, Artifact)})
    stored = lookups.created(transaction.cursor, NodeKind.ARTIFACT, ids)
    missing = sorted(set(ids) - set(stored))
    if missing:
        raise NotFound(f"artifact#{missing[0]} not found, so the execution cannot have used it")
    put = iter(nodes.put_or_reuse(transaction, given) if publication.reuse else nodes.put(transaction, given))
    return [
        next(put)
        if isinstance(use.artifact, Artifact)
        else Known(NodeKey(NodeKind.ARTIFACT, use.artifact), stored[use.artifact])
        for use in uses
    ]


def _event(use: Use, known: Known, execution_id: ExecutionId, started: int) -> Event:
    return Event(
        artifact_id=ArtifactId(known.key.id),
        execution_id=execution_id,
        type=use.type,
        path=use.path,
        time=use.time,
        how=use.how,
        reproduces=known.reused and use.type in OUTPUTS and known.created_at < started,
    )
