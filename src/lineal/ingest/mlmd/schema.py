"""The statements that make an empty SQLite database of schema version 10."""

from __future__ import annotations

from collections.abc import Iterator

from lineal.ingest.mlmd.layout import COLUMNS, INDEXES, KEYS, NODES, VALUES, index_name


def tables() -> Iterator[str]:
    """Yield what makes each table."""
    for table, columns in COLUMNS.items():
        parts = [f"{name} {declared}" for name, declared in columns.items()]
        if table in KEYS:
            kind, names = KEYS[table]
            parts.append(f"{kind} ({', '.join(names)})")
        yield f"CREATE TABLE {table} ({', '.join(parts)})"


def indexes() -> Iterator[str]:
    """Yield what makes each index; filled tables get theirs faster."""
    for table, indexed in INDEXES.items():
        for (column,) in indexed:
            yield f"CREATE INDEX {index_name(table, column)} ON {table} ({column})"
    for kind, table_ in NODES.items():
        for value in VALUES:
            yield (
                f"CREATE INDEX idx_{kind.value}_property_{value} "
                f"ON {table_.properties} (name, is_custom_property, {value}_value) WHERE {value}_value IS NOT NULL"
            )
