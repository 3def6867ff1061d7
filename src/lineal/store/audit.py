"""The audit: replay the ledger against every table and name each row that differs.

Three passes: entries among themselves, every recorded row against its table, and every table against what was recorded.
The property index is derived again from the nodes and compared. No table is ever held whole.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from lineal.ledger.canonical import Cell, digest, row_bytes
from lineal.ledger.entry import RowRecord, entry_leaf, rows_root, unpack
from lineal.ledger.tree import EMPTY_ROOT, Frontier
from lineal.model.audit import AuditReport, Entry, Finding
from lineal.model.ids import EntrySeq, Micros
from lineal.model.values import INT64_MAX, INT64_MIN
from lineal.store.connections import Cursor, id_list
from lineal.store.derivation import PARTS, differences
from lineal.store.dialects.dialect import Dialect
from lineal.store.tables import BOUND, BoundTable

_ENTRY_COLUMNS = "seq, time, actor, action, reason, request_id, reported_at, findings, row_count, rows_root, rule, leaf"
_ENTRIES = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entry WHERE seq > ? ORDER BY seq LIMIT ?"
_ENTRIES_BACK = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entry WHERE seq > ? ORDER BY seq DESC LIMIT ?"
_WITH_RECORDS = f"SELECT {_ENTRY_COLUMNS}, records FROM ledger_entry WHERE seq > ? ORDER BY seq LIMIT ?"
_FORMER = "SELECT body FROM revision WHERE table_number = ? AND node_id = ? AND entry = ?"
_REPLACED_BY_ANOTHER = {
    table.number: f"""
SELECT old.node_id, old.entry
FROM revision AS old
WHERE old.table_number = ? AND old.replaced_by IS DISTINCT FROM coalesce(
    (SELECT min(newer.entry) FROM revision AS newer
     WHERE newer.table_number = old.table_number AND newer.node_id = old.node_id AND newer.entry > old.entry),
    (SELECT entry FROM {table.name} WHERE id = old.node_id AND entry > old.entry)
)
"""
    for table in BOUND
}

_RECORDS_OF = "SELECT seq, records FROM json_each(?) AS wanted JOIN ledger_entry ON ledger_entry.seq = wanted.value"
_REVISIONS = "SELECT table_number, node_id, entry FROM revision"
_ROWS = {
    table.number: f"SELECT {', '.join(f'node.{column}' for column in table.columns)} "
    f"FROM json_each(?) AS wanted JOIN {table.name} AS node ON node.id = wanted.value"
    for table in BOUND
}

_BEFORE_ALL = INT64_MIN
"""No row has this id."""

_CHUNK = 250
_ENTRIES_AT_ONCE = 100
"""An entry of an import lists thousands of rows."""

_TABLES = {table.number: table for table in BOUND}

EntryRow = tuple[int, int, str, str, str | None, str | None, int | None, str, int, bytes, int, bytes]


def entries(cursor: Cursor, after: int, limit: int, *, newest_first: bool) -> list[Entry]:
    """Return ledger entries in order."""
    rows = cursor.execute(_ENTRIES_BACK if newest_first else _ENTRIES, (after, limit)).fetchall()
    return [_entry_of(row) for row in rows]


def verify(cursor: Cursor, dialect: Dialect, progress: Callable[[int, int], None] | None) -> AuditReport:
    """Return every difference between ledger and tables."""
    try:
        return _Audit(cursor, progress, dialect).run()
    except dialect.errors as error:
        # A text that is no UTF-8 was never written by us. Read again so that it can be named.
        lenient = dialect.any_text(cursor, error)
        if lenient is None:
            raise
    with lenient as other:
        return _Audit(other, progress, dialect).run()


def _entry_of(row: EntryRow) -> Entry:
    seq, time, actor, action, reason, request_id, reported_at, findings, count, root, rule, leaf = row
    return Entry(
        seq=EntrySeq(seq),
        time=Micros(time),
        actor=actor,
        action=action,
        reason=reason,
        request_id=request_id,
        reported_at=None if reported_at is None else Micros(reported_at),
        findings=tuple(findings.splitlines()),
        rows=count,
        rows_root=root,
        rule=rule,
        leaf=leaf,
    )


class _Audit:
    def __init__(self, cursor: Cursor, progress: Callable[[int, int], None] | None, dialect: Dialect) -> None:
        self._cursor = cursor
        self._infinity = dialect.infinity
        self._block_bits = dialect.block_bits
        self._stream = partial(dialect.stream, cursor)
        self._progress = progress or _silent
        self._findings: list[Finding] = []
        self._frontier = Frontier()
        self._rows = 0
        self._live: dict[int, int] = dict.fromkeys(_TABLES, 0)
        self._former = 0
        self._former_parts = [0] * PARTS

    def run(self) -> AuditReport:
        (total,) = self._cursor.execute("SELECT count(*) FROM ledger_entry").fetchone()
        after, time = 0, 0
        while rows := self._cursor.execute(_WITH_RECORDS, (after, _ENTRIES_AT_ONCE)).fetchall():
            for row in rows:
                time = self._entry(row[:-1], row[-1], after, time)
                after = row[0]
            self._progress(self._frontier.size, total)
        for table in BOUND:
            self._nothing_added(table)
        self._nothing_added_to_revisions()
        self._revisions_follow_each_other()
        self._findings += differences(self._stream, infinity=self._infinity, block_bits=self._block_bits)
        size = self._frontier.size
        return AuditReport(size, self._rows, self._frontier.root(), self._findings, unanchored_tail=size)

    def _entry(self, row: EntryRow, records: object, before: int, time: int) -> int:
        """Check one entry and the rows it lists; return its time, or the one before where it has none."""
        seq, leaf = row[0], _leaf(row)
        if seq != before + 1:
            self._say("missing", "ledger_entry", str(before + 1), before + 1, f"entries are missing before {seq}")
        # A leaf that can be made at all can still not be the one that was written.
        self._frontier.append(leaf or EMPTY_ROOT)
        if leaf != row[11] or not isinstance(records, bytes) or rows_root(records) != row[9]:
            self._say("changed", "ledger_entry", str(seq), seq, "the entry is not what was written")
        elif row[1] < time:
            self._say("changed", "ledger_entry", str(seq), seq, "its time lies before the entry before it")
        else:
            time = row[1]
        listed = _unpacked(records)
        self._rows += len(listed)
        self._check_records(listed, EntrySeq(seq))
        return time

    def _check_records(self, records: Sequence[RowRecord], seq: EntrySeq) -> None:
        for at in range(0, len(records), _CHUNK):
            part = records[at : at + _CHUNK]
            rows = self._rows_of(part)
            for record in part:
                self._record(record, rows.get((record.table, record.id)), seq)

    def _rows_of(self, records: Sequence[RowRecord]) -> dict[tuple[int, int], tuple[Cell, ...]]:
        """Return the rows that are there now, by table and id."""
        ids: dict[int, list[int]] = {}
        for record in records:
            if record.table in _TABLES and record.id <= INT64_MAX:
                ids.setdefault(record.table, []).append(record.id)
        return {
            (number, row[0]): row
            for number, wanted in ids.items()
            for row in self._cursor.execute(_ROWS[number], (id_list(wanted),)).fetchall()
        }

    def _record(self, record: RowRecord, row: tuple[Cell, ...] | None, seq: EntrySeq) -> None:
        table = _TABLES.get(record.table)
        if table is None or record.id > INT64_MAX:
            self._say("changed", "ledger_entry", str(seq), seq, f"it lists row {record.id} of table {record.table}")
            return
        if row is not None and row[-1] == seq:
            self._live[record.table] += 1
            if _digest(table, row) != record.digest:
                self._say("changed", table.name, str(record.id), seq, _difference(table, row))
            return
        former = self._cursor.execute(_FORMER, (record.table, record.id, seq)).fetchone()
        if former is None:
            gone = "the row is gone" if row is None else f"the row claims to be of entry {row[-1]!r}"
            self._say("removed", table.name, str(record.id), seq, f"{gone}; the entry that wrote it still lists it")
            return
        self._former += 1
        _add(self._former_parts, (record.table, record.id, seq))
        if not isinstance(former[0], str) or digest(former[0].encode(errors="surrogateescape")) != record.digest:
            self._say("changed", "revision", f"{table.name} {record.id}", seq, "a former state of the row was changed")

    def _nothing_added(self, table: BoundTable) -> None:
        (count,) = self._cursor.execute(f"SELECT count(*) FROM {table.name}").fetchone()
        if count == self._live[table.number]:
            return
        statement = f"SELECT id, entry FROM {table.name} WHERE id > ? ORDER BY id LIMIT ?"
        after = _BEFORE_ALL
        while rows := self._cursor.execute(statement, (after, _CHUNK)).fetchall():
            for id_, entry in self._unlisted(table.number, rows):
                self._say("added", table.name, str(id_), entry, "no ledger entry lists this row")
            after = rows[-1][0]

    def _nothing_added_to_revisions(self) -> None:
        (count,) = self._cursor.execute("SELECT count(*) FROM revision").fetchone()
        if count == self._former:
            return
        parts = [0] * PARTS
        for row in self._stream(_REVISIONS):
            _add(parts, tuple(row))
        differing = {at for at in range(PARTS) if parts[at] != self._former_parts[at]}
        rows: dict[int, list[tuple[Any, Any]]] = {}
        for number, id_, entry in self._stream(_REVISIONS):
            if hash((number, id_, entry)) % PARTS in differing:
                rows.setdefault(number, []).append((id_, entry))
        for number, suspects in rows.items():
            for at in range(0, len(suspects), _CHUNK):
                for id_, entry in self._unlisted(number, suspects[at : at + _CHUNK]):
                    self._say("added", "revision", _former(number, id_), entry, "no ledger entry lists this former row")

    def _unlisted(self, number: int, rows: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        """Return those of these rows, by id and entry, that their entries do not list."""
        wanted = {(row[0], row[1]) for row in rows}
        entries = {entry for _, entry in wanted if isinstance(entry, int)}
        listed: set[tuple[Any, Any]] = set()
        for seq, records in self._cursor.execute(_RECORDS_OF, (id_list(sorted(entries)),)).fetchall():
            found = {(record.id, seq) for record in _unpacked(records) if record.table == number}
            listed |= found & wanted
        return [(id_, entry) for id_, entry in rows if (id_, entry) not in listed]

    def _revisions_follow_each_other(self) -> None:
        for number, statement in _REPLACED_BY_ANOTHER.items():
            for id_, entry in self._cursor.execute(statement, (number,)).fetchall():
                self._say("changed", "revision", _former(number, id_), entry, "another entry replaced this former row")

    def _say(self, kind: str, table: str, row: str, entry: int | None, message: str) -> None:
        self._findings.append(Finding(kind, table, row, entry, message))


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def _leaf(row: EntryRow) -> bytes | None:
    """Return the leaf of an entry's row, or None where its cells are no entry's."""
    seq, time, actor, action, reason, request_id, reported_at, findings, count, root, rule, _ = row
    try:
        return entry_leaf(
            seq=seq,
            time=time,
            actor=actor,
            action=action,
            reason=reason,
            request_id=request_id,
            reported_at=reported_at,
            findings=findings,
            rows=count,
            rows_root=root,
            rule=rule,
        )
    except (TypeError, AttributeError):
        return None


def _unpacked(records: object) -> list[RowRecord]:
    """Return the records of an entry; none where they are damaged, which its root shows."""
    try:
        return list(unpack(records)) if isinstance(records, bytes) else []
    except struct.error:
        return []


def _add(parts: list[int], row: tuple[Any, ...]) -> None:
    """Add a row to the sum of its part: where both sides have the same rows, both have the same sums."""
    number = hash(row)
    parts[number % PARTS] += number


def _former(number: int, id_: int) -> str:
    table = _TABLES.get(number)
    return f"{table.name if table else number} {id_}"


def _digest(table: BoundTable, row: tuple[Cell, ...]) -> bytes:
    try:
        return digest(row_bytes(table.number, table.digested(row)))
    except TypeError:
        return b""


def _difference(table: BoundTable, row: tuple[Cell, ...]) -> str:
    shown = ", ".join(
        f"{column}={cell!r}"[:60] for column, cell in zip(table.columns, row, strict=True) if column != "id"
    )
    return f"the row is not what was written; it now reads {shown}"[:600]
