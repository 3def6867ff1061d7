"""Nodes are found by their times: each kind gets an index on both, in place of one that nothing asked for.

Revision 0003, after 0002. Artifacts without a fingerprint leave its index.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_HAS_FINGERPRINT = sa.text("fingerprint IS NOT NULL")


def upgrade() -> None:
    """Exchange indexes; no row changes."""
    for table in ("artifact", "execution", "context"):
        op.drop_index(f"ix_{table}_entry", table)
        op.create_index(f"ix_{table}_created_at", table, ["created_at"])
        op.create_index(f"ix_{table}_updated_at", table, ["updated_at"])
    op.drop_index("ix_artifact_fingerprint", "artifact")
    op.create_index(
        "ix_artifact_fingerprint",
        "artifact",
        ["fingerprint"],
        sqlite_where=_HAS_FINGERPRINT,
        postgresql_where=_HAS_FINGERPRINT,
    )
