"""Databases in files: what the tables of a DuckDB file hold, for its bytes differ each time it is written.

Rows of a table have no order. The package is the program's own, which has loaded it: nothing here imports it.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

MOST_CELLS = 200_000
"""What holds more is known by its bytes alone."""

_TABLES = """
    SELECT schema_name, table_name, sql
    FROM duckdb_tables()
    WHERE database_name = current_database() AND NOT internal
    ORDER BY ALL
"""
_VIEWS = """
    SELECT schema_name, view_name, sql
    FROM duckdb_views()
    WHERE database_name = current_database() AND NOT internal
    ORDER BY ALL
"""


def is_database(path: Path) -> bool:
    """Return whether this is a DuckDB file, of a program that has loaded the package."""
    if "duckdb" not in sys.modules:
        return False
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def tables_of(path: Path) -> dict[str, str] | None:
    """Return a fingerprint for each table and view: of how it is defined and of its rows in any order.

    None for what is too large, or cannot be opened beside the program's own connection.
    """
    duckdb: Any = sys.modules["duckdb"]
    try:
        connection = _opened(duckdb, path)
        try:
            return _tables(connection)
        finally:
            connection.close()
    except duckdb.Error:
        return None


def _opened(duckdb: Any, path: Path) -> Any:
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.Error:
        return duckdb.connect(str(path))  # the program has it open still: then this is its own instance


def _tables(connection: Any) -> dict[str, str] | None:
    found = {f"view {schema}.{name}": _digest([sql]) for schema, name, sql in connection.execute(_VIEWS).fetchall()}
    left = MOST_CELLS
    for schema, name, sql in connection.execute(_TABLES).fetchall():
        place = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name))
        answer = connection.execute(f"SELECT * FROM {place}")  # noqa: S608  a quoted name
        most = left // max(1, len(answer.description))
        rows = answer.fetchmany(most + 1)
        if len(rows) > most:
            return None
        left -= len(rows) * len(answer.description)
        found[f"{schema}.{name}"] = _digest([sql, *sorted(map(repr, rows))])
    return found


def _digest(parts: list[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return f"sha256:{digest.hexdigest()}"
