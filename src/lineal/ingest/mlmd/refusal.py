"""Refusals: what a store cannot keep of a record, noted with everything that is part of it.

PostgreSQL keeps no text with a NUL, MySQL no name longer than its keys; SQLite keeps both.
"""

from __future__ import annotations

from collections.abc import Sequence

from lineal.ingest.mlmd.back import property_rows
from lineal.ingest.mlmd.layout import NODES
from lineal.ingest.mlmd.nul import PropertyKey, without_nul
from lineal.ingest.mlmd.pairs import pair_of
from lineal.ingest.mlmd.records import Records
from lineal.model.edges import Association, Attribution, Event, ParentContext
from lineal.model.nodes import Artifact, Context, Execution, kind_of
from lineal.model.restoration import Record
from lineal.model.types import NodeType


def refuse(records: Records, record: Record, why: str) -> None:
    """Note that a store cannot keep a record, with everything that is part of it."""
    message = f"this store refuses it: {why}"
    if isinstance(record, NodeType):
        records.leave_out("Type", (record.id or 0,), message)
        for name in record.properties:
            records.leave_out("TypeProperty", (record.id or 0, name), message)
    elif isinstance(record, Event):
        records.leave_out("Event", (record.id or 0,), message)
        for place in range(len(record.path)):
            records.leave_out("EventPath", (record.id or 0, place), message)
    elif isinstance(record, Attribution | Association | ParentContext):
        records.leave_out(type(record).__name__, pair_of(record), message)
    else:
        table = NODES[kind_of(record)]
        records.leave_out(table.name, (record.id or 0,), message)
        for row in property_rows(record)[0]:
            records.leave_out(table.properties, (row.node_id, row.custom, row.name), message)


def without_nuls(record: Record) -> tuple[Record, Sequence[PropertyKey]]:
    """Return a record without the properties that hold a NUL, and the keys of these; only nodes have any."""
    return without_nul(record) if isinstance(record, Artifact | Execution | Context) else (record, ())


def leave_out_nuls(records: Records, record: Record, lost: Sequence[PropertyKey]) -> None:
    """Note the properties of a node that a store cannot keep because they hold a NUL."""
    if not isinstance(record, Artifact | Execution | Context):
        return
    table = NODES[kind_of(record)].properties
    for key in lost:
        records.leave_out(table, key, "it holds a NUL, which this store cannot keep")
