"""PostgreSQL's functions and guards: triggers that fire for every role, the store's own and the tables' owner too.

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


# Filters calculate with them: a double that leaves its range is infinite or zero, and no error.
_CALCULATING = """
CREATE FUNCTION {name}(a DOUBLE PRECISION, b DOUBLE PRECISION) RETURNS DOUBLE PRECISION
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED AS $$
BEGIN
    RETURN nullif({result}, 'NaN');
EXCEPTION
    WHEN division_by_zero THEN RETURN NULL;
    WHEN numeric_value_out_of_range THEN RETURN CASE WHEN {small} THEN 0.0 ELSE {infinite} END;
END
$$
"""
_SIGNED = "sign(a) * sign(b) * 'Infinity'::DOUBLE PRECISION"
_CALCULATIONS = {
    # What leaves the range of a sum has the sign of both parts.
    "lineal_sum": ("a + b", "FALSE", "sign(a) * 'Infinity'::DOUBLE PRECISION"),
    "lineal_difference": ("a - b", "FALSE", "sign(a) * 'Infinity'::DOUBLE PRECISION"),
    "lineal_product": ("a * b", "abs(a) < 1 AND abs(b) < 1", _SIGNED),
    "lineal_quotient": ("a / b", "abs(a) < abs(b)", _SIGNED),
}


_CASTING = (
    # ROUND of a double goes to the even neighbour; TRUNC and the difference to it are exact.
    """
CREATE FUNCTION lineal_rounded(a DOUBLE PRECISION) RETURNS BIGINT LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN a >= -9223372036854775808.0 AND a < 9223372036854775808.0
        THEN CAST(trunc(a) + CASE WHEN abs(a - trunc(a)) >= 0.5 THEN sign(a) ELSE 0 END AS BIGINT) END
$$
""",
    """
CREATE FUNCTION lineal_integer(a TEXT) RETURNS BIGINT LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN a ~ '^[+-]?[0-9]+$'
        THEN CAST(least(greatest(CAST(a AS NUMERIC), -9223372036854775808), 9223372036854775807) AS BIGINT) END
$$
""",
    """
CREATE FUNCTION lineal_double(a TEXT) RETURNS DOUBLE PRECISION
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED AS $$
BEGIN
    IF a !~ '^[ \\t\\r\\n]*-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?[ \\t\\r\\n]*$' THEN
        RETURN NULL;
    END IF;
    RETURN CAST(a AS DOUBLE PRECISION);
EXCEPTION WHEN numeric_value_out_of_range THEN
    -- Too small, too large, or nothing times too much.
    IF a ~ '[eE]-' OR a !~ '^[^eE]*[1-9]' THEN
        RETURN 0.0;
    END IF;
    RETURN CASE WHEN a ~ '^[ \\t\\r\\n]*-' THEN '-Infinity' ELSE 'Infinity' END;
END
$$
""",
    # A cast to NUMERIC keeps 15 digits only. Of a double's fraction an integer sees no more than its sign.
    """
CREATE FUNCTION lineal_beside_integers(a DOUBLE PRECISION) RETURNS NUMERIC LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE
        WHEN a IN ('Infinity', '-Infinity') THEN CAST(sign(a) AS NUMERIC) * 1e400
        WHEN a < -9223372036854775808.0 OR a >= 9223372036854775808.0 THEN CAST(a AS NUMERIC)
        ELSE CAST(CAST(trunc(a) AS BIGINT) AS NUMERIC) + CAST(sign(a - trunc(a)) AS NUMERIC) * 0.5
    END
$$
""",
)


def preparing() -> Iterator[str]:
    """Yield the functions that triggers and filters share."""
    yield _REFUSING
    yield _FOLLOWING
    for name, (result, small, infinite) in _CALCULATIONS.items():
        yield _CALCULATING.format(name=name, result=result, small=small, infinite=infinite)
    yield from _CASTING


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
