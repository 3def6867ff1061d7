"""Node rows: between frozen records and the cells of their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState, Node
from lineal.model.types import NodeType
from lineal.model.values import Value
from lineal.store.codec import decode, decode_all, encode
from lineal.store.tables import ARTIFACT, CONTEXT, EXECUTION, NODE_TABLES

Row = tuple[int | str | None, ...]

_Maps = Sequence[Mapping[str, Value]]
_Cells = tuple[Any, ...]
_Types = Mapping[int, NodeType]

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


def nodes_of(kind: NodeKind, rows: Sequence[_Cells], types: _Types) -> list[Node]:
    """Return the records of rows, in order; `types` holds at least theirs."""
    make, at = _MAKERS[kind]
    return make(rows, types, decode_all(column_of(rows, at)), decode_all(column_of(rows, at + 1)))


def column_of(rows: Sequence[_Cells], at: int) -> list[Any]:
    """Return one cell of each row, in two thirds of the time of a comprehension."""
    return list(map(itemgetter(at), rows))


def record_of(kind: NodeKind, row: _Cells, type_: NodeType) -> Node:
    """Return the record of one row, a little faster."""
    make, at = _MAKERS[kind]
    return make((row,), {row[TYPE_ID]: type_}, (decode(row[at]),), (decode(row[at + 1]),))[0]


# To fill a frozen record costs three times as much as to fill one that is not, and a closure is a hundred thousand of
# them. So a record is filled while it is of a class with the same slots, and only then becomes what it is; and each
# kind is a loop, because calling a function for a row would be an eighth of it.


class _OpenArtifact:
    __slots__ = Artifact.__slots__


class _OpenExecution:
    __slots__ = Execution.__slots__


class _OpenContext:
    __slots__ = Context.__slots__


def _artifacts(rows: Sequence[_Cells], types: _Types, declared: _Maps, custom: _Maps) -> list[Node]:
    made: list[Node] = []
    one: Any
    for row, properties, others in zip(rows, declared, custom, strict=True):
        one = _OpenArtifact()
        (
            one.id,
            type_id,
            one.name,
            one.uri,
            one.fingerprint,
            state,
            one.external_id,
            _,
            _,
            one.created_at,
            one.updated_at,
            one.entry,
        ) = row
        type_ = types[type_id]
        one.type, one.type_version, one.state = type_.name, type_.version, _ARTIFACT_STATES[state]
        one.properties, one.custom_properties = properties, others
        one.__class__ = Artifact
        made.append(one)
    return made


def _executions(rows: Sequence[_Cells], types: _Types, declared: _Maps, custom: _Maps) -> list[Node]:
    made: list[Node] = []
    one: Any
    for row, properties, others in zip(rows, declared, custom, strict=True):
        one = _OpenExecution()
        (
            one.id,
            type_id,
            one.name,
            state,
            one.external_id,
            _,
            _,
            one.started_at,
            one.ended_at,
            one.created_at,
            one.updated_at,
            one.entry,
        ) = row
        type_ = types[type_id]
        one.type, one.type_version, one.state = type_.name, type_.version, _EXECUTION_STATES[state]
        one.properties, one.custom_properties = properties, others
        one.__class__ = Execution
        made.append(one)
    return made


def _contexts(rows: Sequence[_Cells], types: _Types, declared: _Maps, custom: _Maps) -> list[Node]:
    made: list[Node] = []
    one: Any
    for row, properties, others in zip(rows, declared, custom, strict=True):
        one = _OpenContext()
        one.id, type_id, one.name, one.external_id, _, _, one.created_at, one.updated_at, one.entry = row
        type_ = types[type_id]
        one.type, one.type_version = type_.name, type_.version
        one.properties, one.custom_properties = properties, others
        one.__class__ = Context
        made.append(one)
    return made


_MAKERS: dict[NodeKind, tuple[Callable[[Sequence[_Cells], _Types, _Maps, _Maps], list[Node]], int]] = {
    NodeKind.ARTIFACT: (_artifacts, PROPERTIES[NodeKind.ARTIFACT]),
    NodeKind.EXECUTION: (_executions, PROPERTIES[NodeKind.EXECUTION]),
    NodeKind.CONTEXT: (_contexts, PROPERTIES[NodeKind.CONTEXT]),
}

assert ARTIFACT.columns[NAME] == EXECUTION.columns[NAME] == CONTEXT.columns[NAME] == "name"
