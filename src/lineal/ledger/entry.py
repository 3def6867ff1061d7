"""Ledger entries: which rows a transaction wrote, under one root, and the entry's own leaf.

The rows of an entry are kept beside it as records of 41 bytes (table 1, row id 8, digest 32), in the order
they were written. The root over them is in the leaf: whoever changes a record changes the leaf.
Checkpoints, proofs and anchors build on `leaf` and will stand beside this file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from lineal.ledger.canonical import RULE, object_bytes
from lineal.ledger.tree import leaf_digest, root_of

MAX_TEXT = 8_192
"""Most canonical bytes of an actor, action, reason or request id: a leaf stays below C2SP's 65,535 bytes."""

_RECORD = struct.Struct(">BQ32s")


class RowRecord(NamedTuple):
    """Which row, and the digest of its canonical bytes."""

    table: int
    id: int
    digest: bytes


def pack(record: RowRecord | tuple[int, int, bytes]) -> bytes:
    """Return the 41 bytes of a record."""
    return _RECORD.pack(*record)


def unpack(records: bytes) -> Iterator[RowRecord]:
    """Yield the records of an entry; raise struct.error where the bytes are not whole records."""
    return (RowRecord(*fields) for fields in _RECORD.iter_unpack(records))


def rows_root(records: bytes) -> bytes:
    """Return the Merkle root over an entry's records."""
    size = _RECORD.size
    return root_of(leaf_digest(records[at : at + size]) for at in range(0, len(records), size))


def entry_leaf(
    *,
    seq: int,
    time: int,
    actor: str,
    action: str,
    reason: str | None,
    request_id: str | None,
    reported_at: int | None,
    findings: str,
    rows: int,
    rows_root: bytes,
    rule: int = RULE,
) -> bytes:
    """Return the RFC 6962 leaf digest of an entry; every field counts."""
    return leaf_digest(
        object_bytes(
            {
                "action": action,
                "actor": actor,
                "findings": findings,
                "reason": reason,
                "reported_at": reported_at,
                "request_id": request_id,
                "rows": rows,
                "rows_root": rows_root.hex(),
                "rule": rule,
                "seq": seq,
                "time": time,
            }
        )
    )
