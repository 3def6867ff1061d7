"""A block of SQLite's property index has 2,048 nodes instead of 4,096: a batch changes fewer pages.

Revision 0005, after 0004. Only the derived index and the views over its blocks change.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_COLUMNS = {
    "property_int": "name, value, node_id",
    "property_double": "name, value, node_id",
    "property_bool": "name, value, node_id",
    "property_string": "name, value, node_id, rest",
}

_BLOCKS = """
CREATE VIEW {kind}_block AS
WITH RECURSIVE block (number) AS (
    SELECT min(id) >> 11
    FROM {kind}
    UNION ALL
    SELECT (SELECT min(id) >> 11 FROM {kind} WHERE id >= (number + 1) << 11)
    FROM block
    WHERE number IS NOT NULL
)
SELECT number
FROM block
WHERE number IS NOT NULL
"""


def upgrade() -> None:
    """Write the index anew in its new order."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, columns in _COLUMNS.items():
        op.execute(f"CREATE TEMP TABLE moved AS SELECT (map & 7) + (node_id >> 11 << 3) AS map, {columns} FROM {table}")
        op.execute(f"DELETE FROM {table}")
        op.execute(
            f"INSERT INTO {table} (map, {columns}) SELECT map, {columns} FROM moved ORDER BY map, name, value, node_id"
        )
        op.execute("DROP TABLE moved")
    for kind in ("artifact", "execution", "context"):
        op.execute(f"DROP VIEW {kind}_block")
        op.execute(_BLOCKS.format(kind=kind).strip())
