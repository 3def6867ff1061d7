"""Refusals: what a store cannot keep of a record, noted with everything that is part of it.

PostgreSQL keeps no text with a NUL, MySQL no name longer than its keys; SQLite keeps both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lineal.ingest.mlmd.back import property_rows
from lineal.ingest.mlmd.layout import NODES
from lineal.ingest.mlmd.losses import Key
from lineal.ingest.mlmd.records import Records
from lineal.model.edges import Association, Attribution, Event, ParentContext
from lineal.model.nodes import Node, kind_of
from lineal.model.restoration import Record
from lineal.model.types import NodeType
from lineal.model.values import Value
from lineal.store.codec import encode_json

_NUL = "\0"


def without_nul(records: Records, nodes: Sequence[Node]) -> list[Node]:
    """Return nodes without the properties that hold a NUL, noting these."""
    return [_without_nul(records, node) for node in nodes]


def _without_nul(records: Records, node: Node) -> Node:
    maps = (node.properties, node.custom_properties)
    lost = [{name for name, value in each.items() if _has_nul(name, value)} for each in maps]
    if not any(lost):
        return node
    table = NODES[kind_of(node)].properties
    for custom, names in enumerate(lost):
        for name in names:
            records.leave_out(table, (node.id or 0, custom, name), "it holds a NUL, which this store cannot keep")
    declared, custom_ = (
        {name: each[name] for name in each if name not in gone} for each, gone in zip(maps, lost, strict=True)
    )
    return replace(node, properties=declared, custom_properties=custom_)


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
        records.leave_out(type(record).__name__, _pair_key(record), message)
    else:
        table = NODES[kind_of(record)]
        records.leave_out(table.name, (record.id or 0,), message)
        for row in property_rows(record)[0]:
            records.leave_out(table.properties, (row.node_id, row.custom, row.name), message)


def _pair_key(record: Attribution | Association | ParentContext) -> Key:
    if isinstance(record, ParentContext):
        return record.child_id, record.parent_id
    member = record.artifact_id if isinstance(record, Attribution) else record.execution_id
    return member, record.context_id


def _has_nul(name: str, value: Value) -> bool:
    if isinstance(value, str):
        return _NUL in name or _NUL in value
    return _NUL in name or (isinstance(value, Mapping) and "\\u0000" in encode_json(value))
