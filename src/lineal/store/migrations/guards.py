"""Guards: triggers that stop anybody from changing rows behind the ledger's back.

On SQLite, `INSERT OR REPLACE` overwrites rows without firing UPDATE or DELETE triggers, so inserting over an existing
key is refused as well. A superuser can drop triggers: that is what the ledger is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineal.store.migrations import postgresql

_REFUSE = "SELECT RAISE(ABORT, 'lineal: {table} {rule}')"


def preparing(database: str) -> Iterator[str]:
    """Yield what the guards of a database need first."""
    if database == "postgresql":
        yield from postgresql.preparing()


def added_only(database: str, table: str, keys: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the triggers of a table whose rows are only ever added. `keys` are its unique keys."""
    if database == "postgresql":
        yield from postgresql.added_only(table)
    else:
        yield from _sqlite_added_only(table, keys)


def changeable(
    database: str, table: str, number: int, keys: Sequence[Sequence[str]], fixed: Sequence[str]
) -> Iterator[str]:
    """Yield the triggers of a table in which a row may change only after `revision` holds what it was.

    `fixed` are the columns that never change.
    """
    if database == "postgresql":
        yield from postgresql.changeable(table, number, fixed)
    else:
        yield from _sqlite_changeable(table, number, keys, fixed)


def in_order(database: str) -> Iterator[str]:
    """Yield the trigger that keeps the ledger without gaps, where a lock alone does not."""
    if database == "postgresql":
        yield from postgresql.in_order()


def _sqlite_added_only(table: str, keys: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _no_delete(table)
    yield _trigger(table, "no_update", f"BEFORE UPDATE ON {table}", "rows are never changed")
    yield _no_overwrite(table, keys)


def _sqlite_changeable(table: str, number: int, keys: Sequence[Sequence[str]], fixed: Sequence[str]) -> Iterator[str]:
    yield _no_delete(table)
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in fixed)
    free = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {table} WHERE {_same(key)} AND id <> OLD.id)" for key in keys if key != ("id",)
    )
    kept = (
        "EXISTS (SELECT 1 FROM revision WHERE "
        f"table_number = {number} AND node_id = OLD.id AND entry = OLD.entry AND replaced_by = NEW.entry)"
    )
    allowed = f"{same} AND NEW.entry > OLD.entry AND {free} AND {kept}"
    yield _trigger(
        table,
        "no_update",
        f"BEFORE UPDATE ON {table}\nWHEN NOT ({allowed})",
        "rows change only through the store",
    )
    yield _no_overwrite(table, keys)


def _no_delete(table: str) -> str:
    return _trigger(table, "no_delete", f"BEFORE DELETE ON {table}", "rows are never deleted")


def _no_overwrite(table: str, keys: Sequence[Sequence[str]]) -> str:
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {_same(key)})" for key in keys)
    return _trigger(table, "no_overwrite", f"BEFORE INSERT ON {table}\nWHEN {taken}", "has a row with this key")


def _same(key: Sequence[str]) -> str:
    return " AND ".join(f"{column} = NEW.{column}" for column in key)


def _trigger(table: str, name: str, when: str, rule: str) -> str:
    return f"CREATE TRIGGER {table}_{name}\n{when}\nBEGIN\n    {_REFUSE.format(table=table, rule=rule)};\nEND"
