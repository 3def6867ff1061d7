"""The statements that make an empty database a store, for MySQL and MariaDB, at this Lineal's schema.

Made from what `schema` declares: these servers end a transaction at every CREATE, so that running old migrations one
after the other could stop in the middle. Their REPLACE and ON DUPLICATE KEY UPDATE run the triggers for DELETE and
UPDATE, so there is no guard against inserting.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Table
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateIndex, CreateTable

from lineal.store.migrations.head import HEAD
from lineal.store.schema import metadata
from lineal.store.tables import BOUND, EXEMPT

_FIXED = {
    "type": ("id", "kind", "name", "version", "created_at"),
    "artifact": ("id", "type_id", "name", "created_at"),
    "execution": ("id", "type_id", "name", "created_at"),
    "context": ("id", "type_id", "name", "created_at"),
}
"""Tables whose rows may change once `revision` holds what they were, and the columns that never do."""

_DIALECT = mysql.dialect()

MARKED = ("write_lock",)
"""Tables of which an unfinished store may have rows."""

OURS = frozenset({*(bound.name for bound in BOUND), *EXEMPT, *MARKED})
"""Every table of a store."""

FINISHED = f"INSERT INTO alembic_version (version_num) VALUES ('{HEAD}')"
"""The last statement: with this row the store is whole."""


# The lock makes writers take turns; this holds against one that did not take it. 1020: the record has changed.
_IN_ORDER = (
    "IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger_entry) THEN "
    "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1020, MESSAGE_TEXT = 'lineal: the ledger has another end'; "
    "END IF"
)


def statements(collation: str) -> Iterator[str]:
    """Yield all but the last."""
    for table in metadata.sorted_tables:
        yield _table(table, collation)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=_DIALECT))
    for name in (*(bound.name for bound in BOUND), "revision", "ledger_entry"):
        yield from _guards(name)
    yield _trigger("ledger_entry", "in_order", "INSERT", _IN_ORDER)
    yield f"CREATE TABLE write_lock (id SMALLINT NOT NULL PRIMARY KEY) {_options(collation)}"
    yield "INSERT INTO write_lock (id) VALUES (1)"
    yield f"CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY) {_options(collation)}"


def _table(table: Table, collation: str) -> str:
    return f"{str(CreateTable(table).compile(dialect=_DIALECT)).strip()} {_options(collation)}"


def _options(collation: str) -> str:
    return f"ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET = utf8mb4 COLLATE = {collation}"


def _guards(table: str) -> Iterator[str]:
    yield _trigger(table, "no_delete", "DELETE", _refusal(table, "rows are never deleted"))
    fixed = _FIXED.get(table)
    if fixed is None:
        yield _trigger(table, "no_update", "UPDATE", _refusal(table, "rows are never changed"))
        return
    number = next(bound.number for bound in BOUND if bound.name == table)
    same = " AND ".join(f"NEW.{column} <=> OLD.{column}" for column in fixed)
    kept = (
        "EXISTS (SELECT 1 FROM revision WHERE "
        f"table_number = {number} AND node_id = OLD.id AND entry = OLD.entry AND replaced_by = NEW.entry)"
    )
    refusal = _refusal(table, "rows change only through the store")
    allowed = f"{same} AND NEW.entry > OLD.entry AND {kept}"
    yield _trigger(table, "no_update", "UPDATE", f"IF NOT ({allowed}) THEN {refusal}; END IF")


def _trigger(table: str, name: str, when: str, body: str) -> str:
    return f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} FOR EACH ROW {body}"


def _refusal(table: str, rule: str) -> str:
    return f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'lineal: {table} {rule}'"
