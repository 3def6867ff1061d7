"""The snapshot of the SQLite schema: `python -m lineal.store.migrations.snapshot` writes it (`make schema`)."""

from __future__ import annotations

from pathlib import Path

from lineal.store.migrations.upgrade import run, sqlite_engine

FILE = Path(__file__).with_name("sqlite.sql")

_OBJECTS = """
SELECT sql
FROM sqlite_master
WHERE sql IS NOT NULL
ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name
"""


def schema_text() -> str:
    """Return the statements that make an empty store, as the migrations would."""
    engine = sqlite_engine("sqlite://")
    with engine.connect() as connection:
        run(connection)
        statements = [row[0] for row in connection.exec_driver_sql(_OBJECTS)]
        (version,) = connection.exec_driver_sql("SELECT version_num FROM alembic_version").one()
    statements.append(f"INSERT INTO alembic_version (version_num) VALUES ('{version}')")
    lines = [line.rstrip() for statement in statements for line in f"{statement.strip()};".splitlines()]
    return "-- Written by `make schema` from the migrations; a test compares the two.\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(schema_text(), encoding="utf-8")
