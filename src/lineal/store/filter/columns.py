"""The allow-list: every name a filter may use, and the column, table and scalar type it stands for.

The only place from which a name reaches the SQL text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from lineal.model.edges import EventType
from lineal.model.ids import NodeKind
from lineal.model.nodes import ArtifactState, ExecutionState

MILLISECOND = 1000
"""Microseconds in ML Metadata's unit of time."""


Enumeration = type[Enum]


class Scalar(Enum):
    """What an expression gives; the value is the word for it in an error."""

    INT = "INT64"
    DOUBLE = "FLOAT64"
    STRING = "STRING"
    BOOL = "BOOL"
    STATE = "ENUM"
    NULL = "NULL"


@dataclass(frozen=True, slots=True)
class Place:
    """A column of a table. `unit`: the filter sees floor(column / unit). `few`: an equal value names few rows."""

    column: str
    type: Scalar
    unit: int = 1
    names: Enumeration | None = None
    few: bool = False

    @property
    def names_type(self) -> bool:
        """Whether the filter sees the name of the type behind the column."""
        return self.column == "type_id" and self.type is Scalar.STRING


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """How to reach neighbours: edge table, its column for the node, its column for the neighbour, what is there.

    `table` is None where the edge itself is the neighbour (events).
    """

    edge: str
    own: str
    other: str
    table: str | None
    places: Mapping[str, Place]


_BASE = {
    "id": Place("id", Scalar.INT, few=True),
    "type_id": Place("type_id", Scalar.INT),
    "type": Place("type_id", Scalar.STRING),
    "name": Place("name", Scalar.STRING, few=True),
    "external_id": Place("external_id", Scalar.STRING, few=True),
    "create_time_since_epoch": Place("created_at", Scalar.INT, MILLISECOND),
    "last_update_time_since_epoch": Place("updated_at", Scalar.INT, MILLISECOND),
    "created_at": Place("created_at", Scalar.INT),
    "updated_at": Place("updated_at", Scalar.INT),
}
_ARTIFACT = {
    **_BASE,
    "uri": Place("uri", Scalar.STRING, few=True),
    "state": Place("state", Scalar.STATE, names=ArtifactState),
    "fingerprint": Place("fingerprint", Scalar.STRING, few=True),
}
_EXECUTION = {
    **_BASE,
    "last_known_state": Place("state", Scalar.STATE, names=ExecutionState),
    "started_at": Place("started_at", Scalar.INT),
    "ended_at": Place("ended_at", Scalar.INT),
}
_EVENT = {
    "type": Place("type", Scalar.STATE, names=EventType),
    "milliseconds_since_epoch": Place("time", Scalar.INT, MILLISECOND),
}
_EVENT_OF_ARTIFACT = {**_EVENT, "execution_id": Place("execution_id", Scalar.INT, few=True)}
_EVENT_OF_EXECUTION = {**_EVENT, "artifact_id": Place("artifact_id", Scalar.INT, few=True)}

PLACES: Mapping[NodeKind, Mapping[str, Place]] = {
    NodeKind.ARTIFACT: _ARTIFACT,
    NodeKind.EXECUTION: _EXECUTION,
    NodeKind.CONTEXT: _BASE,
}

NEIGHBOURHOODS: Mapping[NodeKind, Mapping[str, Neighbourhood]] = {
    NodeKind.ARTIFACT: {
        "contexts": Neighbourhood("attribution", "artifact_id", "context_id", "context", _BASE),
        "events": Neighbourhood("event", "artifact_id", "execution_id", None, _EVENT_OF_ARTIFACT),
    },
    NodeKind.EXECUTION: {
        "contexts": Neighbourhood("association", "execution_id", "context_id", "context", _BASE),
        "events": Neighbourhood("event", "execution_id", "artifact_id", None, _EVENT_OF_EXECUTION),
    },
    NodeKind.CONTEXT: {
        "artifacts": Neighbourhood("attribution", "context_id", "artifact_id", "artifact", _ARTIFACT),
        "executions": Neighbourhood("association", "context_id", "execution_id", "execution", _EXECUTION),
        "parent_contexts": Neighbourhood("parent_context", "child_id", "parent_id", "context", _BASE),
        "child_contexts": Neighbourhood("parent_context", "parent_id", "child_id", "context", _BASE),
    },
}

MAPS = ("properties", "custom_properties")
"""Property maps of a node, in the order of their numbers in the index."""

VALUES: Mapping[str, tuple[str, Scalar]] = {
    "int_value": ("property_int", Scalar.INT),
    "double_value": ("property_double", Scalar.DOUBLE),
    "string_value": ("property_string", Scalar.STRING),
    "bool_value": ("property_bool", Scalar.BOOL),
}
"""Index table and type behind the last word of a property."""
