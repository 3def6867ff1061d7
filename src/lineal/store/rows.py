"""Node rows: between frozen records and the cells of their tables."""

from __future__ import annotations

from typing import cast

from lineal.model.ids import ArtifactId, ContextId, EntrySeq, ExecutionId, Micros, NodeKind
from lineal.model.nodes import Artifact, ArtifactState, Context, Execution, ExecutionState, Node
from lineal.model.types import NodeType
from lineal.store.codec import decode, encode
from lineal.store.tables import ARTIFACT, CONTEXT, EXECUTION, NODE_TABLES

Row = tuple[int | str | None, ...]

_Times = tuple[Micros, Micros, EntrySeq]
_Maps = tuple[str, str]
_ArtifactRow = tuple[ArtifactId, int, str | None, str | None, str | None, int, str | None, *_Maps, *_Times]
_ExecutionRow = tuple[ExecutionId, int, str | None, int, str | None, *_Maps, Micros | None, Micros | None, *_Times]
_ContextRow = tuple[ContextId, int, str, str | None, *_Maps, *_Times]

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
        return _artifact_of(cast("_ArtifactRow", row), type_)
    if kind is NodeKind.EXECUTION:
        return _execution_of(cast("_ExecutionRow", row), type_)
    return _context_of(cast("_ContextRow", row), type_)


def _artifact_of(row: _ArtifactRow, type_: NodeType) -> Artifact:
    id_, _, name, uri, fingerprint, state, external_id, declared, custom, created_at, updated_at, entry = row
    return Artifact(
        type=type_.name,
        type_version=type_.version,
        name=name,
        uri=uri,
        fingerprint=fingerprint,
        state=_ARTIFACT_STATES[state],
        external_id=external_id,
        properties=decode(declared),
        custom_properties=decode(custom),
        id=id_,
        created_at=created_at,
        updated_at=updated_at,
        entry=entry,
    )


def _execution_of(row: _ExecutionRow, type_: NodeType) -> Execution:
    id_, _, name, state, external_id, declared, custom, started_at, ended_at, created_at, updated_at, entry = row
    return Execution(
        type=type_.name,
        type_version=type_.version,
        name=name,
        state=_EXECUTION_STATES[state],
        external_id=external_id,
        properties=decode(declared),
        custom_properties=decode(custom),
        started_at=started_at,
        ended_at=ended_at,
        id=id_,
        created_at=created_at,
        updated_at=updated_at,
        entry=entry,
    )


def _context_of(row: _ContextRow, type_: NodeType) -> Context:
    id_, _, name, external_id, declared, custom, created_at, updated_at, entry = row
    return Context(
        type=type_.name,
        type_version=type_.version,
        name=name,
        external_id=external_id,
        properties=decode(declared),
        custom_properties=decode(custom),
        id=id_,
        created_at=created_at,
        updated_at=updated_at,
        entry=entry,
    )


assert ARTIFACT.columns[NAME] == EXECUTION.columns[NAME] == CONTEXT.columns[NAME] == "name"
