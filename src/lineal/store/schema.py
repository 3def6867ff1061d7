"""The schema as SQLAlchemy sees it: the target of the migrations.

Only migrations and tests import this; the running store speaks to the tables of `tables` directly.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    MetaData,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from lineal.store.columns import BYTES, DIGEST, ID, NAME, PROPERTY, START, TEXT, TRACE, VERSION

metadata = MetaData()


def _id() -> Column[int]:
    return Column("id", ID, primary_key=True, autoincrement=False)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _small(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, TEXT, nullable=nullable)


def _name(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, NAME, nullable=nullable)


type_ = Table(
    "type",
    metadata,
    _id(),
    _small("kind"),
    _name("name"),
    Column("version", VERSION, nullable=False),
    _name("base", nullable=True),
    _text("properties"),
    _text("description", nullable=True),
    _name("external_id", nullable=True),
    _number("created_at"),
    _text("input_type", nullable=True),
    _text("output_type", nullable=True),
    _number("entry"),
    UniqueConstraint("kind", "name", "version", name="uq_type_identity"),
    UniqueConstraint("external_id", name="uq_type_external_id"),
    Index("ix_type_entry", "entry"),
)


def _unique(name: str, *columns: str) -> Index:
    # A row without the last column takes no place in the index; MySQL has no such indexes.
    there = text(f"{columns[-1]} IS NOT NULL")
    return Index(name, *columns, unique=True, sqlite_where=there, postgresql_where=there)


_HAS_FINGERPRINT = text("fingerprint IS NOT NULL")

artifact = Table(
    "artifact",
    metadata,
    _id(),
    _number("type_id"),
    _name("name", nullable=True),
    _text("uri", nullable=True),
    _name("fingerprint", nullable=True),
    _small("state"),
    _name("external_id", nullable=True),
    _text("properties"),
    _text("custom_properties"),
    _number("created_at"),
    _number("updated_at"),
    _number("entry"),
    _unique("uq_artifact_name", "type_id", "name"),
    _unique("uq_artifact_external_id", "external_id"),
    Index("ix_artifact_fingerprint", "fingerprint", sqlite_where=_HAS_FINGERPRINT, postgresql_where=_HAS_FINGERPRINT),
    Index("ix_artifact_uri", "uri", mysql_length=255, postgresql_using="hash"),
    Index("ix_artifact_created_at", "created_at"),
    Index("ix_artifact_updated_at", "updated_at"),
)

execution = Table(
    "execution",
    metadata,
    _id(),
    _number("type_id"),
    _name("name", nullable=True),
    _small("state"),
    _name("external_id", nullable=True),
    _text("properties"),
    _text("custom_properties"),
    _number("started_at", nullable=True),
    _number("ended_at", nullable=True),
    _number("created_at"),
    _number("updated_at"),
    _number("entry"),
    _unique("uq_execution_name", "type_id", "name"),
    _unique("uq_execution_external_id", "external_id"),
    Index("ix_execution_created_at", "created_at"),
    Index("ix_execution_updated_at", "updated_at"),
)

context = Table(
    "context",
    metadata,
    _id(),
    _number("type_id"),
    _name("name"),
    _name("external_id", nullable=True),
    _text("properties"),
    _text("custom_properties"),
    _number("created_at"),
    _number("updated_at"),
    _number("entry"),
    UniqueConstraint("type_id", "name", name="uq_context_name"),
    UniqueConstraint("external_id", name="uq_context_external_id"),
    Index("ix_context_created_at", "created_at"),
    Index("ix_context_updated_at", "updated_at"),
)

event = Table(
    "event",
    metadata,
    _id(),
    _number("artifact_id"),
    _number("execution_id"),
    _small("type"),
    _text("path"),
    _number("time"),
    _small("how"),
    _small("reproduces"),
    _number("entry"),
    UniqueConstraint("artifact_id", "type", "execution_id", name="uq_event_artifact"),
    UniqueConstraint("execution_id", "type", "artifact_id", name="uq_event_execution"),
)

attribution = Table(
    "attribution",
    metadata,
    _id(),
    _number("artifact_id"),
    _number("context_id"),
    _number("entry"),
    UniqueConstraint("context_id", "artifact_id", name="uq_attribution"),
    Index("ix_attribution_artifact", "artifact_id"),
)

association = Table(
    "association",
    metadata,
    _id(),
    _number("execution_id"),
    _number("context_id"),
    _number("entry"),
    UniqueConstraint("context_id", "execution_id", name="uq_association"),
    Index("ix_association_execution", "execution_id"),
)

parent_context = Table(
    "parent_context",
    metadata,
    _id(),
    _number("child_id"),
    _number("parent_id"),
    _number("entry"),
    UniqueConstraint("child_id", "parent_id", name="uq_parent_context"),
    Index("ix_parent_context_parent", "parent_id"),
)

alias = Table(
    "alias",
    metadata,
    _id(),
    _number("type_id"),
    _name("family"),
    _name("alias"),
    _number("artifact_id"),
    _number("time"),
    _number("entry"),
    Index("ix_alias_name", "type_id", "family", "alias", mysql_length={"family": 255, "alias": 255}),
    Index("ix_alias_artifact", "artifact_id"),
)

decision = Table(
    "decision",
    metadata,
    _id(),
    _name("action"),
    _number("artifact_id"),
    _name("fingerprint", nullable=True),
    _text("actor"),
    _text("reason"),
    _text("details"),
    _number("execution_id", nullable=True),
    _number("time"),
    _number("entry"),
    Index("ix_decision_artifact", "artifact_id"),
)

metric = Table(
    "metric",
    metadata,
    _id(),
    _number("execution_id"),
    _text("name"),
    _number("points"),
    Column("steps", BYTES, nullable=False),
    Column("samples", BYTES, nullable=False),
    Column("times", BYTES, nullable=False),
    _number("entry"),
    Index("ix_metric_execution", "execution_id"),
)

prediction = Table(
    "prediction",
    metadata,
    _id(),
    Column("trace_id", TRACE, nullable=False),
    _name("endpoint"),
    _number("revision_id", nullable=True),
    _name("input_digest", nullable=True),
    _name("key_id", nullable=True),
    _text("output"),
    Column("confidence", Float(53), nullable=True),
    _number("latency_us"),
    _number("status"),
    _number("time"),
    _name("spool"),
    _number("sequence"),
    _number("entry"),
    UniqueConstraint("trace_id", name="uq_prediction_trace"),
    UniqueConstraint("spool", "sequence", name="uq_prediction_spool"),
    Index("ix_prediction_revision", "revision_id", "trace_id"),
)


def _property_table(name: str, *values: Column[int] | Column[float] | Column[str]) -> Table:
    # Clustered on the whole key: a filter reads one range of one tree and nothing else.
    return Table(
        name,
        metadata,
        Column("map", SmallInteger, primary_key=True, autoincrement=False),
        Column("name", PROPERTY, primary_key=True),
        *values,
        Column("node_id", BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


property_int = _property_table("property_int", Column("value", BigInteger, primary_key=True, autoincrement=False))
property_double = _property_table("property_double", Column("value", Float(53), primary_key=True))
property_bool = _property_table("property_bool", Column("value", SmallInteger, primary_key=True, autoincrement=False))
property_string = Table(
    "property_string",
    metadata,
    Column("map", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", PROPERTY, primary_key=True),
    Column("value", START, primary_key=True),
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    # Behind the key: SQLite 3.40 takes a column between those of the key for damage.
    Column("rest", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

revision = Table(
    "revision",
    metadata,
    Column("table_number", SmallInteger, primary_key=True, autoincrement=False),
    Column("node_id", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    _number("replaced_by"),
    _text("body"),
    sqlite_with_rowid=False,
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("seq", ID, primary_key=True, autoincrement=False),
    _number("time"),
    _text("actor"),
    _text("action"),
    _text("reason", nullable=True),
    _text("request_id", nullable=True),
    _number("reported_at", nullable=True),
    _text("findings"),
    _number("row_count"),
    Column("rows_root", DIGEST, nullable=False),
    Column("records", BYTES, nullable=False),
    _small("rule"),
    Column("leaf", DIGEST, nullable=False),
)
