"""Predictions in the store: rows beside the graph, found by trace id. Each batch is one ledger entry."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lineal.errors import InvalidArgument, NotFound
from lineal.model.ids import ArtifactId, EntrySeq, Micros
from lineal.model.predictions import Prediction
from lineal.model.values import check, check_text
from lineal.store.codec import decode_json, encode_json
from lineal.store.connections import Cursor, id_list
from lineal.store.tables import PREDICTION
from lineal.store.writer import Transaction

SHORTEST_PREFIX = 8
"""Digits of a trace id that are needed to name it."""

_TRACE_DIGITS = 32

# CROSS JOIN fixes the order: SQLite would rather read all of the spool's rows and walk the array for each of them.
_KNOWN = """
SELECT prediction.spool, prediction.sequence
FROM json_each(?) AS wanted
CROSS JOIN prediction ON prediction.spool = ? AND prediction.sequence = wanted.value
"""
_BY_TRACE = f"SELECT {PREDICTION.column_list} FROM prediction WHERE trace_id >= ? AND trace_id <= ? LIMIT 2"
_NEWEST = f"SELECT {PREDICTION.column_list} FROM prediction ORDER BY trace_id DESC LIMIT ?"

Row = tuple[int, bytes, str, int | None, str | None, str | None, str, float | None, int, int, int, str, int, int]


def put_predictions(transaction: Transaction, predictions: Sequence[Prediction]) -> int:
    """Write those not there yet and return how many they were."""
    for prediction in predictions:
        _check(prediction)
    known: set[tuple[str, int]] = set()
    for spool in {prediction.spool for prediction in predictions}:
        sequences = id_list([item.sequence for item in predictions if item.spool == spool])
        known.update(transaction.cursor.execute(_KNOWN, (sequences, spool)).fetchall())
    new = {(item.spool, item.sequence): item for item in predictions if (item.spool, item.sequence) not in known}
    if new:
        ids = transaction.new_ids(PREDICTION, len(new))
        rows = [_row(item, id_, transaction.seq) for id_, item in zip(ids, new.values(), strict=True)]
        transaction.insert(PREDICTION, rows)
    return len(new)


def prediction(cursor: Cursor, trace_id: str) -> Prediction:
    """Return the prediction of a trace id or of a unique prefix of it."""
    digits = trace_id.replace("-", "").lower()
    if not set(digits) <= set("0123456789abcdef") or not SHORTEST_PREFIX <= len(digits) <= _TRACE_DIGITS:
        raise InvalidArgument(
            f"{trace_id!r} is not a trace id", hint=f"a trace id is 32 hex digits; the first {SHORTEST_PREFIX} may do"
        )
    first, last = bytes.fromhex(digits.ljust(_TRACE_DIGITS, "0")), bytes.fromhex(digits.ljust(_TRACE_DIGITS, "f"))
    rows = cursor.execute(_BY_TRACE, (first, last)).fetchall()
    if not rows:
        raise NotFound(
            f"no prediction has the trace id {trace_id!r}", hint="is this the workspace the endpoint writes to?"
        )
    if len(rows) > 1:
        raise InvalidArgument(f"several predictions begin with {trace_id!r}", hint="give more digits")
    return _prediction_of(rows[0])


def predictions(cursor: Cursor, revisions: Sequence[ArtifactId] | None, limit: int) -> list[Prediction]:
    """Return the newest predictions, newest first."""
    if revisions is None:
        return [_prediction_of(row) for row in cursor.execute(_NEWEST, (limit,)).fetchall()]
    marks = ", ".join("?" * len(revisions))
    statement = f"""
SELECT {PREDICTION.column_list}
FROM prediction
WHERE revision_id IN ({marks})
ORDER BY trace_id DESC
LIMIT ?
"""
    return [_prediction_of(row) for row in cursor.execute(statement, (*revisions, limit)).fetchall()]


def _check(item: Prediction) -> None:
    for what in ("endpoint", "spool"):
        check_text(f"a prediction's {what}", getattr(item, what))
    if len(item.trace_id) != _TRACE_DIGITS:
        raise InvalidArgument(f"{item.trace_id!r} is not a trace id of {_TRACE_DIGITS} hex digits")
    # In a list, because an output may also be nothing at all, or bytes.
    check("output", [item.output])
    if item.confidence is not None and not math.isfinite(item.confidence):
        raise InvalidArgument(f"confidence is {item.confidence}; leave it out where it is not a number")


def _row(item: Prediction, id_: int, seq: EntrySeq) -> tuple[int | float | str | bytes | None, ...]:
    try:
        trace_id = bytes.fromhex(item.trace_id)
    except ValueError as error:
        raise InvalidArgument(f"{item.trace_id!r} is not a trace id of {_TRACE_DIGITS} hex digits") from error
    return (
        id_,
        trace_id,
        item.endpoint,
        item.revision_id,
        item.input_digest,
        item.key_id,
        encode_json(item.output),
        # Not every database keeps the sign of -0.0.
        None if item.confidence is None else float(item.confidence) + 0.0,
        item.latency_us,
        item.status,
        item.time,
        item.spool,
        item.sequence,
        seq,
    )


def _prediction_of(row: Row) -> Prediction:
    _, trace, endpoint, revision, digest, key, output, confidence, latency, status, time, spool, sequence, entry = row
    return Prediction(
        trace_id=trace.hex(),
        endpoint=endpoint,
        revision_id=None if revision is None else ArtifactId(revision),
        input_digest=digest,
        key_id=key,
        output=decode_json(output),
        confidence=confidence,
        latency_us=latency,
        status=status,
        time=Micros(time),
        spool=spool,
        sequence=sequence,
        entry=EntrySeq(entry),
    )
