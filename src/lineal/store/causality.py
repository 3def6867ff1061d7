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
from lineal.store.connections import Cursor
from lineal.store.traversal import reaches
from lineal.store.writer import Transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CREATED = "SELECT created_at FROM artifact WHERE id = ?"
_INTERVAL = "SELECT coalesce(started_at, created_at), ended_at FROM execution WHERE id = ?"


def check_causality(transaction: Transaction, events: Sequence[Event], policy: Causality) -> None:
    """Refuse, or note as findings of the entry, every event that contradicts time. Call after writing them."""
    intervals = {event.execution_id: _interval(transaction.cursor, event.execution_id) for event in events}
    findings = [
        *(found for event in events if (found := _against_time(transaction, event, intervals)) is not None),
        *_cycles(transaction.cursor, events),
    ]
    if findings and policy is Causality.REJECT:
        raise CausalityViolation(findings[0], hint="nothing was stored; check which artifact was meant")
    transaction.findings.extend(findings)


def _interval(cursor: Cursor, execution_id: ExecutionId) -> tuple[int, int | None]:
    started, ended = cursor.execute(_INTERVAL, (execution_id,)).fetchone()
    return started, ended


def _against_time(
    transaction: Transaction,
    event: Event,
    intervals: Mapping[ExecutionId, tuple[int, int | None]],
) -> str | None:
    (created,) = transaction.cursor.execute(_CREATED, (event.artifact_id,)).fetchone()
    started, ended = intervals[event.execution_id]
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


def _cycles(cursor: Cursor, events: Sequence[Event]) -> list[str]:
    found: list[str] = []
    for execution_id in {event.execution_id for event in events}:
        outputs = [
            event.artifact_id for event in events if event.execution_id == execution_id and event.type in OUTPUTS
        ]
        if any(event.execution_id == execution_id and event.type in INPUTS for event in events):
            # A new input closes a cycle through any output the execution has, old or new.
            hit = reaches(cursor, execution_id)
        else:
            hit = reaches(cursor, execution_id, outputs)
        if hit is not None:
            found.append(f"artifact#{hit} would be upstream of itself through execution#{execution_id}: a cycle")
    return found


def _iso(micros: int) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=micros)).isoformat()
    except OverflowError:
        # A reported time may lie outside the years 1 to 9999.
        return f"{micros} µs"
