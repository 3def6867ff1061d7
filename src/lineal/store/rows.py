"""Node rows: between frozen records and the cells of their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState, Node
from lineal.model.types import NodeType
from lineal.model.values import Value
from lineal.store.codec import decode, decode_all, encode
from lineal.store.tables import ARTIFACT, CONTEXT, EXECUTION, NODE_TABLES

Row = tuple[int | str | None, ...]

_Map = Mapping[str, Value]
_Cells = tuple[Any, ...]

_ARTIFACT_STATES = {state.value: state for state in ArtifactState}
_EXECUTION_STATES = {state.value: state for state in ExecutionState}

CREATED = {kind: table.columns.index("created_at") for kind, table in NODE_TABLES.items()}
NAME = 2
TYPE_ID = 1
FINGERPRINT = ARTIFACT.columns.index("fingerprint")
PROPERTIES = {kind: table.columns.index("properties") for kind, table in NODE_TABLES.items()}


def row_of(node: Node, id_: int, type_id: int, created_at: int, now: int, entry: int) -> Row:
    """Return the cells of a node; the store decides id, times and entry."""
    declared, custom = encode(node.properties), encode(node.custom_properties)
    if isinstance(node, Artifact):
        return (
            id_,
            type_id,
            node.name,
            node.uri,
            node.fingerprint,
            node.state.value,
            node.external_id,
            declared,
            custom,
            created_at,
            now,
            entry,
        )
    if isinstance(node, Execution):
        return (
            id_,
            type_id,
            node.name,
            node.state.value,
            node.external_id,
            declared,
            custom,
            node.started_at,
            node.ended_at,
            created_at,
            now,
            entry,
        )
    return (id_, type_id, node.name, node.external_id, declared, custom, created_at, now, entry)


def nodes_of(kind: NodeKind, rows: Sequence[_Cells], types: Mapping[int, NodeType]) -> list[Node]:
    """Return the records of rows, in order; `types` holds at least theirs."""
    make, at = _MAKERS[kind]
    declared = decode_all([row[at] for row in rows])
    custom = decode_all([row[at + 1] for row in rows])
    return [
        make(row, types[row[TYPE_ID]], properties, others)
        for row, properties, others in zip(rows, declared, custom, strict=True)
    ]


def record_of(kind: NodeKind, row: _Cells, type_: NodeType) -> Node:
    """Return the record of one row, a little faster."""
    make, at = _MAKERS[kind]
    return make(row, type_, decode(row[at]), decode(row[at + 1]))


# To fill a frozen record costs three times as much as to fill one that is not, and a closure is a hundred thousand of
# them. So a record is filled while it is of a class with the same slots, and only then becomes what it is.


class _OpenArtifact:
    __slots__ = Artifact.__slots__


class _OpenExecution:
    __slots__ = Execution.__slots__


class _OpenContext:
    __slots__ = Context.__slots__


def _artifact_of(row: _Cells, type_: NodeType, properties: _Map, custom: _Map) -> Artifact:
    made: Any = _OpenArtifact()
    made.type, made.type_version = type_.name, type_.version
    made.properties, made.custom_properties = properties, custom
    made.id, _, made.name, made.uri, made.fingerprint, state, made.external_id, _, _, *times = row
    made.state = _ARTIFACT_STATES[state]
    made.created_at, made.updated_at, made.entry = times
    made.__class__ = Artifact
    return cast("Artifact", made)


def _execution_of(row: _Cells, type_: NodeType, properties: _Map, custom: _Map) -> Execution:
    made: Any = _OpenExecution()
    made.type, made.type_version = type_.name, type_.version
    made.properties, made.custom_properties = properties, custom
    made.id, _, made.name, state, made.external_id, _, _, *times = row
    made.state = _EXECUTION_STATES[state]
    made.started_at, made.ended_at, made.created_at, made.updated_at, made.entry = times
    made.__class__ = Execution
    return cast("Execution", made)


def _context_of(row: _Cells, type_: NodeType, properties: _Map, custom: _Map) -> Context:
    made: Any = _OpenContext()
    made.type, made.type_version = type_.name, type_.version
    made.properties, made.custom_properties = properties, custom
    made.id, _, made.name, made.external_id, _, _, made.created_at, made.updated_at, made.entry = row
    made.__class__ = Context
    return cast("Context", made)


_MAKERS: dict[NodeKind, tuple[Callable[[_Cells, NodeType, _Map, _Map], Node], int]] = {
    NodeKind.ARTIFACT: (_artifact_of, PROPERTIES[NodeKind.ARTIFACT]),
    NodeKind.EXECUTION: (_execution_of, PROPERTIES[NodeKind.EXECUTION]),
    NodeKind.CONTEXT: (_context_of, PROPERTIES[NodeKind.CONTEXT]),
}

assert ARTIFACT.columns[NAME] == EXECUTION.columns[NAME] == CONTEXT.columns[NAME] == "name"
