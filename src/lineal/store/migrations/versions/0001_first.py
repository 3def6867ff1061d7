"""The first schema: nodes, edges, what stands beside them, the property index, and the ledger.

Revision 0001, after none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lineal.store.migrations.guards import sqlite_guards, sqlite_node_guards

revision = "0001"
down_revision = None

# SQLite gives a rowid table only to INTEGER PRIMARY KEY.
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_ADDED_ONLY = {
    "type": (("id",), ("kind", "name", "version"), ("external_id",)),
    "event": (("id",), ("artifact_id", "type", "execution_id")),
    "attribution": (("id",), ("context_id", "artifact_id")),
    "association": (("id",), ("context_id", "execution_id")),
    "parent_context": (("id",), ("child_id", "parent_id")),
    "alias": (("id",),),
    "decision": (("id",),),
    "metric": (("id",),),
    "prediction": (("id",), ("trace_id",), ("spool", "sequence")),
    "revision": (("table_number", "node_id", "entry"),),
    "ledger_entry": (("seq",),),
}
_NODES = {"artifact": 2, "execution": 3, "context": 4}
_NODE_KEYS = (("id",), ("type_id", "name"), ("external_id",))
_FIXED = ("id", "type_id", "name", "created_at")


def upgrade() -> None:
    """Create everything, then the guards."""
    _nodes()
    _edges()
    _beside()
    _index()
    _ledger()
    _guards()


def _guards() -> None:
    for table, keys in _ADDED_ONLY.items():
        for statement in sqlite_guards(table, keys):
            op.execute(statement)
    for table, number in _NODES.items():
        for statement in sqlite_node_guards(table, number, _NODE_KEYS, _FIXED):
            op.execute(statement)


def _nodes() -> None:
    op.create_table(
        "type",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("version", sa.String(length=512), nullable=False),
        sa.Column("base", sa.String(length=512), nullable=True),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("external_id", sa.String(length=512), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id", name="uq_type_external_id"),
        sa.UniqueConstraint("kind", "name", "version", name="uq_type_identity"),
    )
    op.create_table(
        "artifact",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=True),
        sa.Column("uri", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.String(length=512), nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", sa.String(length=512), nullable=True),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("custom_properties", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id", name="uq_artifact_external_id"),
        sa.UniqueConstraint("type_id", "name", name="uq_artifact_name"),
    )
    op.create_index("ix_artifact_entry", "artifact", ["entry"], unique=False)
    op.create_index("ix_artifact_fingerprint", "artifact", ["fingerprint"], unique=False)
    op.create_index("ix_artifact_uri", "artifact", ["uri"], unique=False, mysql_length=255)
    op.create_table(
        "execution",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", sa.String(length=512), nullable=True),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("custom_properties", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id", name="uq_execution_external_id"),
        sa.UniqueConstraint("type_id", "name", name="uq_execution_name"),
    )
    op.create_index("ix_execution_entry", "execution", ["entry"], unique=False)
    op.create_table(
        "context",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("external_id", sa.String(length=512), nullable=True),
        sa.Column("properties", sa.Text(), nullable=False),
        sa.Column("custom_properties", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id", name="uq_context_external_id"),
        sa.UniqueConstraint("type_id", "name", name="uq_context_name"),
    )
    op.create_index("ix_context_entry", "context", ["entry"], unique=False)


def _edges() -> None:
    op.create_table(
        "event",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("execution_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.SmallInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.SmallInteger(), nullable=False),
        sa.Column("reproduces", sa.SmallInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("artifact_id", "type", "execution_id", name="uq_event_artifact"),
        sa.UniqueConstraint("execution_id", "type", "artifact_id", name="uq_event_execution"),
    )
    op.create_table(
        "attribution",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("context_id", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("context_id", "artifact_id", name="uq_attribution"),
    )
    op.create_index("ix_attribution_artifact", "attribution", ["artifact_id"], unique=False)
    op.create_table(
        "association",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("execution_id", sa.BigInteger(), nullable=False),
        sa.Column("context_id", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("context_id", "execution_id", name="uq_association"),
    )
    op.create_index("ix_association_execution", "association", ["execution_id"], unique=False)
    op.create_table(
        "parent_context",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("child_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("child_id", "parent_id", name="uq_parent_context"),
    )
    op.create_index("ix_parent_context_parent", "parent_context", ["parent_id"], unique=False)


def _beside() -> None:
    op.create_table(
        "alias",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.String(length=512), nullable=False),
        sa.Column("alias", sa.String(length=512), nullable=False),
        sa.Column("artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alias_artifact", "alias", ["artifact_id"], unique=False)
    op.create_index("ix_alias_name", "alias", ["type_id", "family", "alias"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("action", sa.String(length=512), nullable=False),
        sa.Column("artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(length=512), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("execution_id", sa.BigInteger(), nullable=True),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_decision_artifact", "decision", ["artifact_id"], unique=False)
    op.create_table(
        "metric",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("execution_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.LargeBinary(), nullable=False),
        sa.Column("samples", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_metric_execution", "metric", ["execution_id"], unique=False)
    op.create_table(
        "prediction",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("trace_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("endpoint", sa.String(length=512), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=True),
        sa.Column("input_digest", sa.String(length=512), nullable=True),
        sa.Column("key_id", sa.String(length=512), nullable=True),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(precision=53), nullable=True),
        sa.Column("latency_us", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("spool", sa.String(length=512), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("spool", "sequence", name="uq_prediction_spool"),
        sa.UniqueConstraint("trace_id", name="uq_prediction_trace"),
    )
    op.create_index("ix_prediction_revision", "prediction", ["revision_id", "trace_id"], unique=False)


def _index() -> None:
    op.create_table(
        "property_int",
        sa.Column("map", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("node_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("map", "name", "value", "node_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "property_double",
        sa.Column("map", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("node_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("map", "name", "value", "node_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "property_bool",
        sa.Column("map", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("node_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("map", "name", "value", "node_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "property_string",
        sa.Column("map", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("rest", sa.Text(), nullable=False),
        sa.Column("node_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("map", "name", "value", "node_id"),
        sqlite_with_rowid=False,
    )


def _ledger() -> None:
    op.create_table(
        "revision",
        sa.Column("table_number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("node_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("replaced_by", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("table_number", "node_id", "entry"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_entry",
        sa.Column("seq", _ID, autoincrement=False, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.BigInteger(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("rows_root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("records", sa.LargeBinary(), nullable=False),
        sa.Column("rule", sa.SmallInteger(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_ledger_entry_time", "ledger_entry", ["time"], unique=False)
