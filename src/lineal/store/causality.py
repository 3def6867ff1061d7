"""Causality: facts that contradict time are found before they are stored.

Rules: no artifact is upstream of itself; an output is not older than its execution's start; an input was not made after
its use. An artifact that was recognised by its content may be older: making the same bytes again is no contradiction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from lineal.errors import CausalityViolation
from lineal.model.edges import INPUTS, OUTPUTS, Event
from lineal.model.ids import ExecutionId
from lineal.model.publication import Causality
from lineal.store.connections import Cursor, id_list
from lineal.store.tables import ARTIFACT, EXECUTION
from lineal.store.traversal import circling, inputs_of, outputs_of, reaches
from lineal.store.writer import Transaction

FEW = 4
"""A walk from each of so many executions takes no longer than the one for all, which keeps every event it meets."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INTERVAL = "SELECT coalesce(started_at, created_at), ended_at FROM execution WHERE id = ?"


_INTERVALS = """
SELECT execution.id, coalesce(execution.started_at, execution.created_at), execution.ended_at
FROM json_each(?) AS wanted
JOIN execution ON execution.id = wanted.value
"""

Interval = tuple[int, int | None]
"""When an execution started and, if that is known, ended."""


def check_causality(
    transaction: Transaction,
    events: Sequence[Event],
    created: Mapping[int, int],
    policy: Causality,
    intervals: Mapping[ExecutionId, Interval] | None = None,
) -> None:
    """Refuse, or note as findings of the entry, every event that contradicts time. Call after writing them.

    `created` says of each artifact when it was created, `intervals` of some executions when they ran.
    """
    by_execution: dict[ExecutionId, list[Event]] = {}
    for event in events:
        by_execution.setdefault(event.execution_id, []).append(event)
    findings = [
        *_against_time(transaction.cursor, by_execution, created, intervals or {}),
        *_cycles(transaction, by_execution),
    ]
    if findings and policy is Causality.REJECT:
        raise CausalityViolation(findings[0], hint="nothing was stored; check which artifact was meant")
    transaction.findings.extend(findings)


def flag_times(transaction: Transaction, events: Sequence[Event], created: Mapping[int, int]) -> None:
    """Note every restored event that contradicts time as a finding of the entry. Call after writing them.

    Cycles are not looked for: a walk from each of a million executions would take longer than all the rest.
    """
    by_execution: dict[ExecutionId, list[Event]] = {}
    for event in events:
        by_execution.setdefault(event.execution_id, []).append(event)
    rows = transaction.cursor.execute(_INTERVALS, (id_list(list(by_execution)),)).fetchall()
    intervals = {id_: (started, ended) for id_, started, ended in rows}
    transaction.findings.extend(_against_time(transaction.cursor, by_execution, created, intervals))


def _against_time(
    cursor: Cursor,
    by_execution: Mapping[ExecutionId, Sequence[Event]],
    created: Mapping[int, int],
    intervals: Mapping[ExecutionId, Interval],
) -> list[str]:
    found: list[str] = []
    for execution_id, events in by_execution.items():
        started, ended = intervals.get(execution_id) or cursor.execute(_INTERVAL, (execution_id,)).fetchone()
        said = (_contradiction(event, created[event.artifact_id], started, ended) for event in events)
        found.extend(each for each in said if each is not None)
    return found


def _contradiction(event: Event, created: int, started: int, ended: int | None) -> str | None:
    edge = f"artifact#{event.artifact_id}", f"execution#{event.execution_id}"
    if event.type in OUTPUTS and created < started and not event.reproduces:
        return f"{edge[0]} ({_iso(created)}) is older than {edge[1]} ({_iso(started)}), so it cannot be its output"
    if event.type not in INPUTS:
        return None
    if ended is not None and created > ended:
        return f"{edge[0]} ({_iso(created)}) was made after {edge[1]} ended ({_iso(ended)}), so it cannot be its input"
    if event.time is not None and created > event.time:
        return f"{edge[0]} ({_iso(created)}) was made after {edge[1]} is said to have read it ({_iso(event.time)})"
    return None


def _cycles(transaction: Transaction, by_execution: Mapping[ExecutionId, Sequence[Event]]) -> list[str]:
    cursor = transaction.cursor
    followed = {id_: _to_follow(transaction, id_, events) for id_, events in by_execution.items()}
    inputs = {id_: inputs_of(cursor, id_) for id_, outputs in followed.items() if outputs}
    # Nothing leads back to what reads nothing, however much is downstream of what it makes.
    suspects = [id_ for id_, read in inputs.items() if read]
    if len(suspects) > FEW:
        # A walk from each would go the same ways again and again.
        known = circling(cursor, {output for id_ in suspects for output in followed[id_]})
        suspects = [id_ for id_ in suspects if id_ in known]
    hits = {id_: reaches(cursor, followed[id_], inputs[id_]) for id_ in suspects}
    return [
        f"artifact#{hit} would be upstream of itself through execution#{id_}: a cycle"
        for id_, hit in hits.items()
        if hit is not None
    ]


def _to_follow(transaction: Transaction, execution_id: ExecutionId, events: Sequence[Event]) -> Sequence[int]:
    """Return the outputs of an execution that may lead back to one of its inputs."""
    inputs = {event.artifact_id for event in events if event.type in INPUTS}
    if inputs and not transaction.made(EXECUTION, execution_id):
        # A new input closes a cycle through any output the execution has, old or new.
        return outputs_of(transaction.cursor, execution_id)
    # What this transaction made has been read by nobody, unless by this very execution.
    outputs = [event.artifact_id for event in events if event.type in OUTPUTS]
    return [each for each in outputs if each in inputs or not transaction.made(ARTIFACT, each)]


def _iso(micros: int) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=micros)).isoformat()
    except OverflowError:
        # A reported time may lie outside the years 1 to 9999.
        return f"{micros} µs"
