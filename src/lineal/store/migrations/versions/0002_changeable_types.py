"""Types that change: a type may gain properties, keeps what it was in `revision`, and says what an execution takes.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lineal.store.columns import ID, NAME, TEXT
from lineal.store.migrations.guards import changeable

revision = "0002"
down_revision = "0001"


_FORMER = ("id", "kind", "name", "version", "base", "properties", "description", "external_id", "created_at", "entry")
_KEYS = (("id",), ("kind", "name", "version"), ("external_id",))
_FIXED = ("id", "kind", "name", "version", "created_at")


def upgrade() -> None:
    """Write the table anew, since `entry` stays its last column, and guard it like a table of nodes."""
    database = op.get_bind().dialect.name
    if database == "postgresql":
        # There the names of keys are names of the whole schema, and stay when a table gets another one.
        for key in ("uq_type_identity", "uq_type_external_id", "type_pkey"):
            op.drop_constraint(key, "type")
    op.rename_table("type", "type_0001")
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
        sa.Column("input_type", TEXT, nullable=True),
        sa.Column("output_type", TEXT, nullable=True),
        sa.Column("entry", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id", name="uq_type_external_id"),
        sa.UniqueConstraint("kind", "name", "version", name="uq_type_identity"),
    )
    columns = ", ".join(_FORMER)
    op.execute(f"INSERT INTO type ({columns}) SELECT {columns} FROM type_0001 ORDER BY id")
    # The former guards go with their table.
    op.drop_table("type_0001")
    op.create_index("ix_type_entry", "type", ["entry"], unique=False)
    for statement in changeable(database, "type", 1, _KEYS, _FIXED):
        op.execute(statement)
