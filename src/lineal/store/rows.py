"""Node rows: between frozen records and the cells of their tables."""

from __future__ import annotations

from typing import cast

from lineal.model.ids import ArtifactId, ContextId, EntrySeq, ExecutionId, Micros, NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState, Node
from lineal.model.types import NodeType
from lineal.store.codec import decode, encode
from lineal.store.tables import ARTIFACT, CONTEXT, EXECUTION, NODE_TABLES

Row = tuple[int | str | None, ...]

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


def node_of(kind: NodeKind, row: Row, type_: NodeType) -> Node:
    """Return the record of a row."""
    if kind is NodeKind.ARTIFACT:
        return _artifact_of(row, type_)
    if kind is NodeKind.EXECUTION:
        return _execution_of(row, type_)
    return _context_of(row, type_)


def _artifact_of(row: Row, type_: NodeType) -> Artifact:
    id_, _, name, uri, fingerprint, state, external_id, declared, custom, created_at, updated_at, entry = row
    return Artifact(
        type=type_.name,
        type_version=type_.version,
        name=cast("str | None", name),
        uri=cast("str | None", uri),
        fingerprint=cast("str | None", fingerprint),
        state=_ARTIFACT_STATES[cast("int", state)],
        external_id=cast("str | None", external_id),
        properties=decode(cast("str", declared)),
        custom_properties=decode(cast("str", custom)),
        id=ArtifactId(cast("int", id_)),
        created_at=Micros(cast("int", created_at)),
        updated_at=Micros(cast("int", updated_at)),
        entry=EntrySeq(cast("int", entry)),
    )


def _execution_of(row: Row, type_: NodeType) -> Execution:
    id_, _, name, state, external_id, declared, custom, started_at, ended_at, created_at, updated_at, entry = row
    return Execution(
        type=type_.name,
        type_version=type_.version,
        name=cast("str | None", name),
        state=_EXECUTION_STATES[cast("int", state)],
        external_id=cast("str | None", external_id),
        properties=decode(cast("str", declared)),
        custom_properties=decode(cast("str", custom)),
        started_at=cast("Micros | None", started_at),
        ended_at=cast("Micros | None", ended_at),
        id=ExecutionId(cast("int", id_)),
        created_at=Micros(cast("int", created_at)),
        updated_at=Micros(cast("int", updated_at)),
        entry=EntrySeq(cast("int", entry)),
    )


def _context_of(row: Row, type_: NodeType) -> Context:
    id_, _, name, external_id, declared, custom, created_at, updated_at, entry = row
    return Context(
        type=type_.name,
        type_version=type_.version,
        name=cast("str", name),
        external_id=cast("str | None", external_id),
        properties=decode(cast("str", declared)),
        custom_properties=decode(cast("str", custom)),
        id=ContextId(cast("int", id_)),
        created_at=Micros(cast("int", created_at)),
        updated_at=Micros(cast("int", updated_at)),
        entry=EntrySeq(cast("int", entry)),
    )


assert ARTIFACT.columns[NAME] == EXECUTION.columns[NAME] == CONTEXT.columns[NAME] == "name"
