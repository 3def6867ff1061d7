"""Rows of ML Metadata's tables, as read from a database or about to be written to one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lineal.model.ids import NodeKind

Cells = tuple[Any, ...]
"""A row as a database gives it."""


class TypeRow(NamedTuple):
    """One row of `Type`."""

    id: int
    name: str
    version: str | None
    kind: int
    description: str | None
    input_type: str | None
    output_type: str | None
    external_id: str | None


class NodeRow(NamedTuple):
    """One row of `Artifact`, `Execution` or `Context`; `uri` and `state` are None where there is no such column."""

    id: int
    type_id: int
    name: str | None
    uri: str | None
    state: int | None
    external_id: str | None
    created: int
    updated: int


class PropertyRow(NamedTuple):
    """One property of a node; of its values only the first that is not None counts."""

    node_id: int
    name: str
    custom: int
    int_value: int | None = None
    double_value: float | None = None
    string_value: str | None = None
    proto_value: bytes | str | None = None
    bool_value: int | None = None


class EventRow(NamedTuple):
    """One row of `Event`."""

    id: int
    artifact_id: int
    execution_id: int
    type: int
    milliseconds: int | None


class StepRow(NamedTuple):
    """One row of `EventPath`; the order of an event's rows is its path."""

    event_id: int
    is_index: int
    number: int | None
    key: str | None


@dataclass(slots=True)
class NodeBatch:
    """Some nodes of one kind by id, with all their properties; also those whose node is missing."""

    kind: NodeKind
    nodes: list[NodeRow] = field(default_factory=list)
    properties: list[PropertyRow] = field(default_factory=list)


@dataclass(slots=True)
class EventBatch:
    """The events of some executions by (execution, id), with their paths."""

    events: list[EventRow] = field(default_factory=list)
    steps: list[StepRow] = field(default_factory=list)
