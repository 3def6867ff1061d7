"""A write changes fewer pages: what is absent is in no index, and SQLite's property index has blocks of nodes.

Revision 0004, after 0003. The time of an entry needs no index: entries follow each other in time.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from lineal.store.columns import ID, NAME, PROPERTY, START, TEXT
from lineal.store.migrations.guards import changeable

revision = "0004"
down_revision = "0003"

_NODES = {"artifact": 2, "execution": 3}
_KEYS = (("id",), ("type_id", "name"), ("external_id",))
_FIXED = ("id", "type_id", "name", "created_at")
_HAS_FINGERPRINT = sa.text("fingerprint IS NOT NULL")

_OWN: dict[str, tuple[list[tuple[str, Any]], list[str]]] = {
    "artifact": ([("uri", TEXT), ("fingerprint", NAME)], []),
    "execution": ([], ["started_at", "ended_at"]),
}
"""Columns that only one kind of node has: texts, and times."""

_VALUES: dict[str, Any] = {
    "property_int": sa.BigInteger(),
    "property_double": sa.Float(precision=53),
    "property_bool": sa.SmallInteger(),
    "property_string": START,
}

_BLOCKS = """
CREATE VIEW {kind}_block AS
WITH RECURSIVE block (number) AS (
    SELECT min(id) >> 12
    FROM {kind}
    UNION ALL
    SELECT (SELECT min(id) >> 12 FROM {kind} WHERE id >= (number + 1) << 12)
    FROM block
    WHERE number IS NOT NULL
)
SELECT number
FROM block
WHERE number IS NOT NULL
"""


def upgrade() -> None:
    """Write tables and indexes anew; no row changes but those of the property index."""
    database = op.get_bind().dialect.name
    # On MySQL a DROP stays done where this was interrupted behind it.
    if any(index["name"] == "ix_ledger_entry_time" for index in sa.inspect(op.get_bind()).get_indexes("ledger_entry")):
        op.drop_index("ix_ledger_entry_time", "ledger_entry")
    if database == "postgresql":
        for table in _NODES:
            op.drop_constraint(f"uq_{table}_name", table)
            op.drop_constraint(f"uq_{table}_external_id", table)
            _unique(table)
    if database == "sqlite":
        for table, number in _NODES.items():
            _nodes(table, number)
        for table in _VALUES:
            _properties(table)
        for kind in ("artifact", "execution", "context"):
            op.execute(_BLOCKS.format(kind=kind).strip())


def _unique(table: str) -> None:
    for key, columns in (("name", ["type_id", "name"]), ("external_id", ["external_id"])):
        there = sa.text(f"{key} IS NOT NULL")
        op.create_index(f"uq_{table}_{key}", table, columns, unique=True, sqlite_where=there, postgresql_where=there)


def _nodes(table: str, number: int) -> None:
    # SQLite drops no constraint: the table is written anew. Former indexes and guards go with the former table.
    op.rename_table(table, f"{table}_0003")
    special, times = _OWN[table]
    op.create_table(
        table,
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("name", NAME, nullable=True),
        *(sa.Column(column, type_, nullable=True) for column, type_ in special),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", NAME, nullable=True),
        sa.Column("properties", TEXT, nullable=False),
        sa.Column("custom_properties", TEXT, nullable=False),
        *(sa.Column(column, sa.BigInteger(), nullable=True) for column in times),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(f"INSERT INTO {table} SELECT * FROM {table}_0003 ORDER BY id")
    op.drop_table(f"{table}_0003")
    _unique(table)
    if table == "artifact":
        op.create_index("ix_artifact_fingerprint", table, ["fingerprint"], sqlite_where=_HAS_FINGERPRINT)
        op.create_index("ix_artifact_uri", table, ["uri"])
    op.create_index(f"ix_{table}_created_at", table, ["created_at"])
    op.create_index(f"ix_{table}_updated_at", table, ["updated_at"])
    for statement in changeable("sqlite", table, number, _KEYS, _FIXED):
        op.execute(statement)


def _properties(table: str) -> None:
    # `rest` lies behind the key: SQLite 3.40 takes a column between those of the key for damage.
    op.rename_table(table, f"{table}_0003")
    rest = [sa.Column("rest", TEXT, nullable=False)] if table == "property_string" else []
    op.create_table(
        table,
        sa.Column("map", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", PROPERTY, nullable=False),
        sa.Column("value", _VALUES[table], autoincrement=False, nullable=False),
        sa.Column("node_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *rest,
        sa.PrimaryKeyConstraint("map", "name", "value", "node_id"),
        sqlite_with_rowid=False,
    )
    columns = "name, value, node_id" + (", rest" if rest else "")
    op.execute(
        f"INSERT INTO {table} (map, {columns}) "
        f"SELECT map + (node_id >> 12 << 3) AS block, {columns} FROM {table}_0003 ORDER BY block, name, value, node_id"
    )
    op.drop_table(f"{table}_0003")
