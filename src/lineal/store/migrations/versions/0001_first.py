"""The first schema: nodes, edges, what stands beside them, the property index, and the ledger.

Revision 0001, after none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lineal.store.columns import BYTES, DIGEST, ID, NAME, PROPERTY, START, TEXT, TRACE
from lineal.store.migrations.guards import added_only, changeable, in_order, preparing

revision = "0001"
down_revision = None


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
    _write_lock()
    _guards()


def _guards() -> None:
    database = op.get_bind().dialect.name
    statements = [*preparing(database)]
    for table, keys in _ADDED_ONLY.items():
        statements += added_only(database, table, keys)
    for table, number in _NODES.items():
        statements += changeable(database, table, number, _NODE_KEYS, _FIXED)
    statements += in_order(database)
    for statement in statements:
        op.execute(statement)


def _nodes() -> None:
    op.create_table(
        "type",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("version", NAME, nullable=False),
        sa.Column("base", NAME, nullable=True),
        sa.Column("properties", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("external_id", NAME, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id", name="uq_type_external_id"),
        sa.UniqueConstraint("kind", "name", "version", name="uq_type_identity"),
    )
    op.create_table(
        "artifact",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("name", NAME, nullable=True),
        sa.Column("uri", TEXT, nullable=True),
        sa.Column("fingerprint", NAME, nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", NAME, nullable=True),
        sa.Column("properties", TEXT, nullable=False),
        sa.Column("custom_properties", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id", name="uq_artifact_external_id"),
        sa.UniqueConstraint("type_id", "name", name="uq_artifact_name"),
    )
    op.create_index("ix_artifact_entry", "artifact", ["entry"], unique=False)
    op.create_index("ix_artifact_fingerprint", "artifact", ["fingerprint"], unique=False)
    op.create_index("ix_artifact_uri", "artifact", ["uri"], unique=False, mysql_length=255, postgresql_using="hash")
    op.create_table(
        "execution",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("name", NAME, nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", NAME, nullable=True),
        sa.Column("properties", TEXT, nullable=False),
        sa.Column("custom_properties", TEXT, nullable=False),
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
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("external_id", NAME, nullable=True),
        sa.Column("properties", TEXT, nullable=False),
        sa.Column("custom_properties", TEXT, nullable=False),
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
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("execution_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.SmallInteger(), nullable=False),
        sa.Column("path", TEXT, nullable=False),
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
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("context_id", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("context_id", "artifact_id", name="uq_attribution"),
    )
    op.create_index("ix_attribution_artifact", "attribution", ["artifact_id"], unique=False)
    op.create_table(
        "association",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("execution_id", sa.BigInteger(), nullable=False),
        sa.Column("context_id", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("context_id", "execution_id", name="uq_association"),
    )
    op.create_index("ix_association_execution", "association", ["execution_id"], unique=False)
    op.create_table(
        "parent_context",
        sa.Column("id", ID, autoincrement=False, nullable=False),
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
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("family", NAME, nullable=False),
        sa.Column("alias", NAME, nullable=False),
        sa.Column("artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alias_artifact", "alias", ["artifact_id"], unique=False)
    op.create_index("ix_alias_name", "alias", ["type_id", "family", "alias"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("action", NAME, nullable=False),
        sa.Column("artifact_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", NAME, nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("execution_id", sa.BigInteger(), nullable=True),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_decision_artifact", "decision", ["artifact_id"], unique=False)
    op.create_table(
        "metric",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("execution_id", sa.BigInteger(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("steps", BYTES, nullable=False),
        sa.Column("samples", BYTES, nullable=False),
        sa.Column("times", BYTES, nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_metric_execution", "metric", ["execution_id"], unique=False)
    op.create_table(
        "prediction",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("trace_id", TRACE, nullable=False),
        sa.Column("endpoint", NAME, nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=True),
        sa.Column("input_digest", NAME, nullable=True),
        sa.Column("key_id", NAME, nullable=True),
        sa.Column("output", TEXT, nullable=False),
        sa.Column("confidence", sa.Float(precision=53), nullable=True),
        sa.Column("latency_us", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("spool", NAME, nullable=False),
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
        sa.Column("name", PROPERTY, nullable=False),
        sa.Column("value", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("node_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("map", "name", "value", "node_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "property_double",
        sa.Column("map", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", PROPERTY, nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("node_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("map", "name", "value", "node_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "property_bool",
        sa.Column("map", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", PROPERTY, nullable=False),
        sa.Column("value", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("node_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("map", "name", "value", "node_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "property_string",
        sa.Column("map", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", PROPERTY, nullable=False),
        sa.Column("value", START, nullable=False),
        sa.Column("rest", TEXT, nullable=False),
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
        sa.Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("table_number", "node_id", "entry"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_entry",
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("request_id", TEXT, nullable=True),
        sa.Column("reported_at", sa.BigInteger(), nullable=True),
        sa.Column("findings", TEXT, nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("rows_root", DIGEST, nullable=False),
        sa.Column("records", BYTES, nullable=False),
        sa.Column("rule", sa.SmallInteger(), nullable=False),
        sa.Column("leaf", DIGEST, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_ledger_entry_time", "ledger_entry", ["time"], unique=False)


def _write_lock() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # the file has a lock of its own
    lock = op.create_table("write_lock", sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False))
    op.bulk_insert(lock, [{"id": 1}])
