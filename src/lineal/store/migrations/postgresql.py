"""PostgreSQL's guards: triggers that fire for every role, the store's own and the tables' owner too.

Only who drops or disables a trigger gets past them, and `lineal doctor` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_REFUSING = """
CREATE FUNCTION lineal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'lineal: % %', TG_TABLE_NAME, TG_ARGV[0];
END
$$
"""

# The lock makes writers take turns; this holds against one that did not take it, and against a head that was
# remembered from a database that has since been set back.
_FOLLOWING = """
CREATE FUNCTION lineal_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last BIGINT;
BEGIN
    SELECT coalesce(max(seq), 0) INTO last FROM ledger_entry;
    IF NEW.seq <> last + 1 THEN
        RAISE EXCEPTION 'lineal: ledger_entry % does not follow %', NEW.seq, last
            USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END
$$
"""


def preparing() -> Iterator[str]:
    """Yield the functions that several triggers share."""
    yield _REFUSING
    yield _FOLLOWING


def added_only(table: str) -> Iterator[str]:
    """Yield the triggers of a table whose rows are only ever added."""
    yield _never(table, "delete", "ROW", "rows are never deleted")
    yield _never(table, "update", "ROW", "rows are never changed")
    yield _never(table, "truncate", "STATEMENT", "rows are never deleted")


def changeable(table: str, number: int, fixed: Sequence[str]) -> Iterator[str]:
    """Yield the triggers of a table in which a row may change only after `revision` holds what it was."""
    yield _never(table, "delete", "ROW", "rows are never deleted")
    yield _never(table, "truncate", "STATEMENT", "rows are never deleted")
    same = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in fixed)
    yield f"""
CREATE OR REPLACE FUNCTION lineal_{table}_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {same} AND NEW.entry > OLD.entry AND EXISTS (
        SELECT 1 FROM revision
        WHERE table_number = {number} AND node_id = OLD.id AND entry = OLD.entry AND replaced_by = NEW.entry
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'lineal: {table} rows change only through the store';
END
$$
"""
    yield (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION lineal_{table}_changes()"
    )


def in_order() -> Iterator[str]:
    """Yield the trigger that lets only the next entry into the ledger."""
    yield (
        "CREATE TRIGGER ledger_entry_in_order BEFORE INSERT ON ledger_entry "
        "FOR EACH ROW EXECUTE FUNCTION lineal_follows()"
    )


def _never(table: str, what: str, each: str, rule: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{what} BEFORE {what.upper()} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION lineal_refuse('{rule}')"
    )
