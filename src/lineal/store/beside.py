"""What stands beside the graph: aliases, decisions and metric series. Rows are only ever added."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from sys import byteorder
from typing import cast

from lineal.errors import InvalidArgument, NotFound
from lineal.model.aliases import Alias
from lineal.model.decisions import Decision, DecisionAction
from lineal.model.ids import ArtifactId, EntrySeq, ExecutionId, Micros, TypeId
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import family_of
from lineal.model.references import LATEST
from lineal.model.values import Json, check, check_text
from lineal.store.codec import decode_json, encode_json
from lineal.store.connections import Cursor
from lineal.store.tables import ALIAS, DECISION, METRIC
from lineal.store.types import Types
from lineal.store.writer import Transaction

_FINGERPRINT_OF = "SELECT fingerprint FROM artifact WHERE id = ?"
_FAMILY_OF = "SELECT type_id, name FROM artifact WHERE id = ?"
_DECISIONS = f"SELECT {DECISION.column_list} FROM decision WHERE entry <= ? ORDER BY id"
_DECISIONS_ABOUT = f"""
SELECT {DECISION.column_list}
FROM decision
WHERE artifact_id = ? AND entry <= ?
ORDER BY id
"""
_METRICS = "SELECT name, steps, samples, times FROM metric WHERE execution_id = ? ORDER BY id"


def put_aliases(transaction: Transaction, moves: Sequence[tuple[str, ArtifactId]]) -> None:
    """Move aliases to artifacts; the family and type are the artifact's own."""
    rows = []
    for alias, artifact_id in moves:
        check_text("an alias", alias)
        if not alias or "@" in alias or alias == LATEST:
            raise InvalidArgument(
                f"{alias!r} cannot be an alias", hint=f"{LATEST!r} is always the newest version; choose another word"
            )
        found = transaction.cursor.execute(_FAMILY_OF, (artifact_id,)).fetchone()
        if found is None:
            raise NotFound(f"artifact#{artifact_id} not found, so {alias!r} cannot name it")
        type_id, name = found
        if name is None:
            raise InvalidArgument(f"artifact#{artifact_id} has no name, so it cannot have the alias {alias!r}")
        rows.append((type_id, family_of(name)[0], alias, artifact_id, transaction.now, transaction.seq))
    if rows:
        ids = transaction.new_ids(ALIAS, len(rows))
        transaction.insert(ALIAS, [(id_, *row) for id_, row in zip(ids, rows, strict=True)])


def aliases(
    cursor: Cursor,
    types: Types,
    until: EntrySeq,
    *,
    type_ids: Sequence[TypeId] | None,
    family: str | None,
    alias: str | None,
    artifacts: Sequence[ArtifactId] | None,
    history: bool,
) -> list[Alias]:
    """Return the aliases in force, or every move; all, or those that match."""
    conditions = ["entry <= ?"]
    parameters: list[int | str] = [until]
    if type_ids is not None:
        conditions.append(f"type_id IN ({', '.join('?' * len(type_ids))})")
        parameters.extend(type_ids)
    for column, wanted in (("family", family), ("alias", alias)):
        if wanted is not None:
            conditions.append(f"{column} = ?")
            parameters.append(wanted)
    statement = f"SELECT {ALIAS.column_list} FROM alias WHERE {' AND '.join(conditions)} ORDER BY id"
    moves: dict[object, Alias] = {}
    for row in cursor.execute(statement, parameters).fetchall():
        key: object = row[0] if history else row[1:4]
        moves.pop(key, None)
        moves[key] = Alias(
            type=types.by_id(cursor, TypeId(row[1])).name,
            family=row[2],
            alias=row[3],
            artifact_id=ArtifactId(row[4]),
            time=Micros(row[5]),
            id=row[0],
            entry=EntrySeq(row[6]),
        )
    # An artifact's alias is in force only while no later move took it away, so this filter comes last.
    wanted_ids = None if artifacts is None else set(artifacts)
    return [move for move in moves.values() if wanted_ids is None or move.artifact_id in wanted_ids]


def put_decisions(transaction: Transaction, decisions: Sequence[Decision]) -> list[int]:
    """Append decisions and return their ids."""
    if not decisions:
        return []
    for decision in decisions:
        check_text("the actor", decision.actor)
        check_text("the reason", decision.reason)
        if decision.fingerprint is not None:
            check_text("the fingerprint", decision.fingerprint)
        check("details", dict(decision.details))
        _check_subject(transaction, decision)
    ids = transaction.new_ids(DECISION, len(decisions))
    rows = [
        (
            id_,
            decision.action.value,
            decision.artifact_id,
            decision.fingerprint,
            decision.actor,
            decision.reason,
            encode_json(dict(decision.details)),
            decision.execution_id,
            transaction.now,
            transaction.seq,
        )
        for id_, decision in zip(ids, decisions, strict=True)
    ]
    transaction.insert(DECISION, rows)
    return list(ids)


def _check_subject(transaction: Transaction, decision: Decision) -> None:
    found = transaction.cursor.execute(_FINGERPRINT_OF, (decision.artifact_id,)).fetchone()
    if found is None:
        raise NotFound(f"artifact#{decision.artifact_id} not found, so nothing can be decided about it")
    if decision.fingerprint != found[0]:
        raise InvalidArgument(
            f"the decision is about {decision.fingerprint}, but artifact#{decision.artifact_id} is {found[0]}",
            hint="decide about the content that is there",
        )


def decisions(cursor: Cursor, artifacts: Sequence[ArtifactId] | None, until: EntrySeq) -> list[Decision]:
    """Return decisions, oldest first."""
    if artifacts is None:
        rows = cursor.execute(_DECISIONS, (until,)).fetchall()
    else:
        rows = [
            row for id_ in dict.fromkeys(artifacts) for row in cursor.execute(_DECISIONS_ABOUT, (id_, until)).fetchall()
        ]
    return [
        Decision(
            action=DecisionAction(action),
            artifact_id=ArtifactId(artifact_id),
            fingerprint=fingerprint,
            actor=actor,
            reason=reason,
            details=cast("dict[str, Json]", decode_json(details)),
            execution_id=execution_id,
            time=Micros(time),
            id=id_,
            entry=EntrySeq(entry),
        )
        for id_, action, artifact_id, fingerprint, actor, reason, details, execution_id, time, entry in sorted(rows)
    ]


def put_metrics(transaction: Transaction, series: Sequence[MetricSeries]) -> None:
    """Append points; each series becomes one row of packed little-endian numbers."""
    rows = []
    for item in series:
        check_text("a metric's name", item.name)
        if not len(item.steps) == len(item.values) == len(item.times):
            raise InvalidArgument(f"metric {item.name!r} has {len(item.values)} values but {len(item.steps)} steps")
        rows.append(
            (
                item.execution_id,
                item.name,
                len(item.values),
                _pack("q", item.steps),
                _pack("d", item.values),
                _pack("q", item.times),
                transaction.seq,
            )
        )
    if rows:
        ids = transaction.new_ids(METRIC, len(rows))
        transaction.insert(METRIC, [(id_, *row) for id_, row in zip(ids, rows, strict=True)])


def metrics(cursor: Cursor, execution_id: ExecutionId) -> list[MetricSeries]:
    """Return all series of an execution by name."""
    steps: dict[str, list[int]] = {}
    values: dict[str, list[float]] = {}
    times: dict[str, list[Micros]] = {}
    for name, packed_steps, packed_values, packed_times in cursor.execute(_METRICS, (execution_id,)):
        steps.setdefault(name, []).extend(cast("list[int]", _unpack("q", packed_steps)))
        values.setdefault(name, []).extend(_unpack("d", packed_values))
        times.setdefault(name, []).extend(cast("list[Micros]", _unpack("q", packed_times)))
    return [
        MetricSeries(execution_id=execution_id, name=name, steps=steps[name], values=values[name], times=times[name])
        for name in sorted(steps)
    ]


def _pack(code: str, numbers: Sequence[float] | Sequence[int]) -> bytes:
    try:
        packed = array(code, numbers)
    except (OverflowError, TypeError) as error:
        raise InvalidArgument(f"a metric's steps are 64-bit integers and its values floats: {error}") from error
    if byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _unpack(code: str, data: bytes) -> list[float]:
    packed: array[float] = array(code)
    packed.frombytes(data)
    if byteorder == "big":
        packed.byteswap()
    return packed.tolist()
