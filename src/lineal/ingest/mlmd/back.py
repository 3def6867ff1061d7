"""Back: Lineal's types, nodes and events as rows of ML Metadata. Used to compare both, and to export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lineal.ingest.mlmd.layout import KIND_NUMBERS
from lineal.ingest.mlmd.marks import base_id, unmarked
from lineal.ingest.mlmd.rows import EventRow, NodeRow, PropertyRow, StepRow, TypeRow
from lineal.ingest.mlmd.values import NoValue, row_of
from lineal.model.edges import Event
from lineal.model.nodes import Artifact, Context, Node, kind_of
from lineal.model.types import NodeType

MILLISECOND = 1000


class TypeIds:
    """Which id a node's type has."""

    def __init__(self, types: Sequence[NodeType]) -> None:
        self.types = types
        self._ids = {(type_.kind, type_.name, type_.version): type_.id or 0 for type_ in types}

    def of(self, node: Node) -> int:
        """Return the id of a node's type."""
        return self._ids[kind_of(node), node.type, node.type_version]


def type_rows(types: Iterable[NodeType]) -> list[TypeRow]:
    """Return the rows of `Type`."""
    return [
        TypeRow(
            id=type_.id or 0,
            name=type_.name,
            version=unmarked(type_.version, type_.id) or None,
            kind=KIND_NUMBERS[type_.kind],
            description=type_.description,
            input_type=type_.input_type,
            output_type=type_.output_type,
            external_id=type_.external_id,
        )
        for type_ in types
    ]


def type_property_rows(types: Iterable[NodeType]) -> list[tuple[int, str, int]]:
    """Return the rows of `TypeProperty`."""
    return [(type_.id or 0, name, kind.value) for type_ in types for name, kind in type_.properties.items()]


def parent_type_rows(types: Sequence[NodeType]) -> list[tuple[int, int]]:
    """Return the rows of `ParentType`: each type and its base."""
    bases = {(type_.kind, type_.base): type_.base for type_ in types if type_.base is not None}
    ids = {(kind, name): base_id(types, kind, name) for (kind, _), name in bases.items()}
    found = ((type_.id or 0, ids.get((type_.kind, type_.base or ""))) for type_ in types)
    return [(type_id, parent) for type_id, parent in found if parent is not None]


def node_row(node: Node, type_id: int) -> NodeRow:
    """Return the row of a node; a state that is not known is none, as where a client never said one."""
    return NodeRow(
        id=node.id or 0,
        type_id=type_id,
        name=node.name,
        uri=node.uri if isinstance(node, Artifact) else None,
        state=None if isinstance(node, Context) else node.state.value or None,
        external_id=node.external_id,
        created=(node.created_at or 0) // MILLISECOND,
        updated=(node.updated_at or 0) // MILLISECOND,
    )


def property_rows(node: Node) -> tuple[list[PropertyRow], dict[tuple[int, int, str], str]]:
    """Return the rows of a node's properties, and of those that ML Metadata cannot keep the key and the reason."""
    rows: list[PropertyRow] = []
    lost: dict[tuple[int, int, str], str] = {}
    id_ = node.id or 0
    for custom, properties in enumerate((node.properties, node.custom_properties)):
        for name, value in properties.items():
            try:
                rows.append(row_of(id_, name, custom, value))
            except NoValue as error:
                lost[id_, custom, name] = str(error)
    return rows, lost


def event_row(event: Event) -> EventRow:
    """Return the row of an event."""
    return EventRow(
        id=event.id or 0,
        artifact_id=event.artifact_id,
        execution_id=event.execution_id,
        type=event.type.value,
        milliseconds=(event.time or 0) // MILLISECOND,
    )


def step_rows(event: Event) -> list[StepRow]:
    """Return the rows of an event's path."""
    return [
        StepRow(event.id or 0, 1, step, None) if isinstance(step, int) else StepRow(event.id or 0, 0, None, step)
        for step in event.path
    ]
