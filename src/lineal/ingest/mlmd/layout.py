"""The layout of ML Metadata's databases: tables, columns and numbers of schema version 10, and what older ones lack."""

from __future__ import annotations

from dataclasses import dataclass

from lineal.model.ids import NodeKind

VERSION = 10
"""The schema version that is written."""

OLDEST = 7
"""The oldest schema version that is read: what versions 7 to 9 lack are whole columns."""

ENVIRONMENT = "MLMDEnv"

KINDS = {0: NodeKind.EXECUTION, 1: NodeKind.ARTIFACT, 2: NodeKind.CONTEXT}
"""What `Type.type_kind` says."""

KIND_NUMBERS = {kind: number for number, kind in KINDS.items()}

STRUCT = "mlmd-struct::"
"""A text that begins so is a struct: base64 of a serialized `google.protobuf.Struct` follows."""

NULL = "__MLMD_NULL__"
"""ML Metadata writes this text and reads nothing back."""

COLUMNS: dict[str, dict[str, str]] = {
    "Type": {
        "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "name": "VARCHAR(255) NOT NULL",
        "version": "VARCHAR(255)",
        "type_kind": "TINYINT(1) NOT NULL",
        "description": "TEXT",
        "input_type": "TEXT",
        "output_type": "TEXT",
        "external_id": "VARCHAR(255) UNIQUE",
    },
    "ParentType": {"type_id": "INT NOT NULL", "parent_type_id": "INT NOT NULL"},
    "TypeProperty": {"type_id": "INT NOT NULL", "name": "VARCHAR(255) NOT NULL", "data_type": "INT"},
    "Artifact": {
        "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "type_id": "INT NOT NULL",
        "uri": "TEXT",
        "state": "INT",
        "name": "VARCHAR(255)",
        "external_id": "VARCHAR(255) UNIQUE",
        "create_time_since_epoch": "INT NOT NULL DEFAULT 0",
        "last_update_time_since_epoch": "INT NOT NULL DEFAULT 0",
    },
    "Execution": {
        "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "type_id": "INT NOT NULL",
        "last_known_state": "INT",
        "name": "VARCHAR(255)",
        "external_id": "VARCHAR(255) UNIQUE",
        "create_time_since_epoch": "INT NOT NULL DEFAULT 0",
        "last_update_time_since_epoch": "INT NOT NULL DEFAULT 0",
    },
    "Context": {
        "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "type_id": "INT NOT NULL",
        "name": "VARCHAR(255) NOT NULL",
        "external_id": "VARCHAR(255) UNIQUE",
        "create_time_since_epoch": "INT NOT NULL DEFAULT 0",
        "last_update_time_since_epoch": "INT NOT NULL DEFAULT 0",
    },
    **{
        f"{kind.value.capitalize()}Property": {
            f"{kind.value}_id": "INT NOT NULL",
            "name": "VARCHAR(255) NOT NULL",
            "is_custom_property": "TINYINT(1) NOT NULL",
            "int_value": "INT",
            "double_value": "DOUBLE",
            "string_value": "TEXT",
            "byte_value": "BLOB",
            "proto_value": "BLOB",
            "bool_value": "BOOLEAN",
        }
        for kind in NodeKind
    },
    "Event": {
        "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "artifact_id": "INT NOT NULL",
        "execution_id": "INT NOT NULL",
        "type": "INT NOT NULL",
        "milliseconds_since_epoch": "INT",
    },
    "EventPath": {
        "event_id": "INT NOT NULL",
        "is_index_step": "TINYINT(1) NOT NULL",
        "step_index": "INT",
        "step_key": "TEXT",
    },
    "Association": {
        "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "context_id": "INT NOT NULL",
        "execution_id": "INT NOT NULL",
    },
    "Attribution": {
        "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "context_id": "INT NOT NULL",
        "artifact_id": "INT NOT NULL",
    },
    "ParentContext": {"context_id": "INT NOT NULL", "parent_context_id": "INT NOT NULL"},
    ENVIRONMENT: {"schema_version": "INTEGER PRIMARY KEY"},
}
"""Every table with its columns, as SQLite declares them."""

KEYS = {
    "ParentType": ("PRIMARY KEY", ("type_id", "parent_type_id")),
    "TypeProperty": ("PRIMARY KEY", ("type_id", "name")),
    "Artifact": ("UNIQUE", ("type_id", "name")),
    "Execution": ("UNIQUE", ("type_id", "name")),
    "Context": ("UNIQUE", ("type_id", "name")),
    "ArtifactProperty": ("PRIMARY KEY", ("artifact_id", "name", "is_custom_property")),
    "ExecutionProperty": ("PRIMARY KEY", ("execution_id", "name", "is_custom_property")),
    "ContextProperty": ("PRIMARY KEY", ("context_id", "name", "is_custom_property")),
    "Event": ("UNIQUE", ("artifact_id", "execution_id", "type")),
    "Association": ("UNIQUE", ("context_id", "execution_id")),
    "Attribution": ("UNIQUE", ("context_id", "artifact_id")),
    "ParentContext": ("PRIMARY KEY", ("context_id", "parent_context_id")),
}
"""The keys that stand below a table's columns."""

INDEXES: dict[str, tuple[tuple[str, ...], ...]] = {
    "Type": (("name",), ("external_id",)),
    "Artifact": (("uri",), ("create_time_since_epoch",), ("last_update_time_since_epoch",), ("external_id",)),
    "Execution": (("create_time_since_epoch",), ("last_update_time_since_epoch",), ("external_id",)),
    "Context": (("create_time_since_epoch",), ("last_update_time_since_epoch",), ("external_id",)),
    "Event": (("execution_id",),),
    "EventPath": (("event_id",),),
    "ParentContext": (("parent_context_id",),),
}

VALUES = ("int", "double", "string")
"""Kinds of property value that have an index of their own."""

LATER: dict[str, dict[str, int]] = {
    **{f"{kind.value.capitalize()}Property": {"proto_value": 10, "bool_value": 10} for kind in NodeKind},
    **{table: {"external_id": 9} for table in ("Type", "Artifact", "Execution", "Context")},
}
"""Columns that a table does not have before this schema version."""

TABLES = tuple(table for table in COLUMNS if table != ENVIRONMENT)
"""The tables that hold something, in the order they are read."""


@dataclass(frozen=True, slots=True)
class NodeTable:
    """Where the nodes of one kind lie. `state` is empty where they have none."""

    name: str
    properties: str
    owner: str
    state: str


NODES = {
    NodeKind.ARTIFACT: NodeTable("Artifact", "ArtifactProperty", "artifact_id", "state"),
    NodeKind.EXECUTION: NodeTable("Execution", "ExecutionProperty", "execution_id", "last_known_state"),
    NodeKind.CONTEXT: NodeTable("Context", "ContextProperty", "context_id", ""),
}


def index_name(table: str, column: str) -> str:
    """Return what ML Metadata calls an index of one column."""
    return f"idx_{table.lower()}_{column}"
