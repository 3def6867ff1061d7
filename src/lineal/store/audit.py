"""The audit: replay the ledger against every table and name each row that differs.

Three passes: entries among themselves, every recorded row against its table, and every table against what was recorded.
The property index is derived again from the nodes and compared.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from hashlib import blake2b

import orjson

from lineal.ledger.canonical import Cell, digest, row_bytes
from lineal.ledger.entry import RowRecord, entry_leaf, rows_root, unpack
from lineal.ledger.tree import Frontier
from lineal.model.audit import AuditReport, Entry, Finding
from lineal.model.ids import EntrySeq, Micros
from lineal.store import index
from lineal.store.codec import decode
from lineal.store.connections import Cursor
from lineal.store.rows import PROPERTIES
from lineal.store.tables import BOUND, NODE_TABLES, BoundTable

_ENTRY_COLUMNS = "seq, time, actor, action, reason, request_id, reported_at, findings, row_count, rows_root, rule, leaf"
_ENTRIES = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entry WHERE seq > ? ORDER BY seq LIMIT ?"
_ENTRIES_BACK = f"SELECT {_ENTRY_COLUMNS} FROM ledger_entry WHERE seq > ? ORDER BY seq DESC LIMIT ?"
_WITH_RECORDS = f"SELECT {_ENTRY_COLUMNS}, records FROM ledger_entry WHERE seq > ? ORDER BY seq LIMIT ?"
_FORMER = "SELECT body FROM revision WHERE table_number = ? AND node_id = ? AND entry = ?"

_CHUNK = 500
_TABLES = {table.number: table for table in BOUND}

EntryRow = tuple[int, int, str, str, str | None, str | None, int | None, str, int, bytes, int, bytes]


def entries(cursor: Cursor, after: int, limit: int, *, newest_first: bool) -> list[Entry]:
    """Return ledger entries in order."""
    rows = cursor.execute(_ENTRIES_BACK if newest_first else _ENTRIES, (after, limit)).fetchall()
    return [_entry_of(row) for row in rows]


def verify(cursor: Cursor, progress: Callable[[int, int], None] | None) -> AuditReport:
    """Return every difference between ledger and tables."""
    return _Audit(cursor, progress).run()


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
    def __init__(self, cursor: Cursor, progress: Callable[[int, int], None] | None) -> None:
        self._cursor = cursor
        self._progress = progress or _silent
        self._findings: list[Finding] = []
        self._frontier = Frontier()
        self._rows = 0
        self._live: dict[int, int] = dict.fromkeys(_TABLES, 0)
        self._former = 0

    def run(self) -> AuditReport:
        (total,) = self._cursor.execute("SELECT count(*) FROM ledger_entry").fetchone()
        after, time = 0, 0
        while rows := self._cursor.execute(_WITH_RECORDS, (after, _CHUNK)).fetchall():
            for row in rows:
                self._entry(row[:-1], row[-1], after, time)
                after, time = row[0], row[1]
            self._progress(self._frontier.size, total)
        for table in BOUND:
            self._nothing_added(table)
        self._nothing_added_to_revisions()
        self._index()
        size = self._frontier.size
        return AuditReport(size, self._rows, self._frontier.root(), self._findings, unanchored_tail=size)

    def _entry(self, row: EntryRow, records: bytes, before: int, time: int) -> None:
        entry = _entry_of(row)
        if entry.seq != before + 1:
            self._say("missing", "ledger_entry", str(before + 1), before + 1, f"entries are missing before {entry.seq}")
        if entry.time < time:
            self._say("changed", "ledger_entry", str(entry.seq), entry.seq, "its time lies before the entry before it")
        if _leaf(entry, row[7]) != entry.leaf or rows_root(records) != entry.rows_root:
            self._say("changed", "ledger_entry", str(entry.seq), entry.seq, "the entry is not what was written")
        self._frontier.append(_leaf(entry, row[7]))
        try:
            recorded = list(unpack(records))
        except struct.error:
            self._say("changed", "ledger_entry", str(entry.seq), entry.seq, "its records are damaged")
            return
        for record in recorded:
            self._rows += 1
            self._record(record, entry.seq)

    def _record(self, record: RowRecord, seq: EntrySeq) -> None:
        table = _TABLES.get(record.table)
        if table is None:
            self._say("changed", "ledger_entry", str(seq), seq, f"it lists a row of the unknown table {record.table}")
            return
        statement = f"SELECT {table.column_list} FROM {table.name} WHERE id = ?"
        row = self._cursor.execute(statement, (record.id,)).fetchone()
        if row is not None and row[-1] == seq:
            self._live[record.table] += 1
            if _digest(table, row) != record.digest:
                self._say("changed", table.name, str(record.id), seq, _difference(table, row))
            return
        former = self._cursor.execute(_FORMER, (record.table, record.id, seq)).fetchone()
        if former is None:
            gone = "the row is gone" if row is None else f"the row claims to be of entry {row[-1]}"
            self._say("removed", table.name, str(record.id), seq, f"{gone}; the entry that wrote it still lists it")
            return
        self._former += 1
        if digest(former[0].encode()) != record.digest:
            self._say("changed", "revision", f"{table.name} {record.id}", seq, "a former state of the row was changed")

    def _nothing_added(self, table: BoundTable) -> None:
        (count,) = self._cursor.execute(f"SELECT count(*) FROM {table.name}").fetchone()
        if count == self._live[table.number]:
            return
        listed = self._listed(table.number)
        for id_, entry in self._cursor.execute(f"SELECT id, entry FROM {table.name} ORDER BY id").fetchall():
            if (id_, entry) not in listed:
                self._say("added", table.name, str(id_), entry, "no ledger entry lists this row")

    def _nothing_added_to_revisions(self) -> None:
        (count,) = self._cursor.execute("SELECT count(*) FROM revision").fetchone()
        if count == self._former:
            return
        listed = {number: self._listed(number) for number in _TABLES}
        for number, id_, entry in self._cursor.execute("SELECT table_number, node_id, entry FROM revision").fetchall():
            if (id_, entry) not in listed.get(number, set()):
                self._say("added", "revision", f"{number} {id_}", entry, "no ledger entry lists this former row")

    def _listed(self, number: int) -> set[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        for seq, records in self._cursor.execute("SELECT seq, records FROM ledger_entry").fetchall():
            if len(records) % struct.calcsize(">BQ32s") == 0:
                found.update((record.id, seq) for record in unpack(records) if record.table == number)
        return found

    def _index(self) -> None:
        for table in index.TABLES:
            actual = _sum(tuple(row) for row in self._cursor.execute(f"SELECT * FROM {table}"))
            expected = _sum(row.cells for row in self._expected() if row.table == table)
            if actual != expected:
                self._index_differences(table)

    def _index_differences(self, table: str) -> None:
        actual = {tuple(row) for row in self._cursor.execute(f"SELECT * FROM {table}")}
        expected = {row.cells for row in self._expected() if row.table == table}
        for cells in sorted(actual - expected, key=repr):
            self._say("added", table, _where(cells), None, "no node has this property")
        for cells in sorted(expected - actual, key=repr):
            self._say("removed", table, _where(cells), None, "the node's property is not in the index")

    def _expected(self) -> Iterator[index.IndexRow]:
        reader = self._cursor.connection.cursor()
        for kind, table in NODE_TABLES.items():
            at = PROPERTIES[kind]
            for row in reader.execute(f"SELECT {table.column_list} FROM {table.name}"):
                try:
                    yield from index.index_rows(kind, row[0], decode(row[at]), decode(row[at + 1]))
                except (orjson.JSONDecodeError, ValueError, AttributeError):
                    # A damaged property map is named by its row's digest already.
                    continue

    def _say(self, kind: str, table: str, row: str, entry: int | None, message: str) -> None:
        self._findings.append(Finding(kind, table, row, entry, message))


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def _leaf(entry: Entry, findings: str) -> bytes:
    return entry_leaf(
        seq=entry.seq,
        time=entry.time,
        actor=entry.actor,
        action=entry.action,
        reason=entry.reason,
        request_id=entry.request_id,
        reported_at=entry.reported_at,
        findings=findings,
        rows=entry.rows,
        rows_root=entry.rows_root,
        rule=entry.rule,
    )


def _digest(table: BoundTable, row: tuple[Cell, ...]) -> bytes:
    try:
        return digest(row_bytes(table.number, row))
    except TypeError:
        return b""


def _difference(table: BoundTable, row: tuple[Cell, ...]) -> str:
    shown = ", ".join(
        f"{column}={cell!r}"[:60] for column, cell in zip(table.columns, row, strict=True) if column != "id"
    )
    return f"the row is not what was written; it now reads {shown}"[:600]


def _sum(rows: Iterator[tuple[int | float | str, ...]]) -> tuple[int, int]:
    total = count = 0
    for cells in rows:
        total += int.from_bytes(blake2b(repr(cells).encode(), digest_size=16).digest(), "big")
        count += 1
    return count, total % 2**128


def _where(cells: tuple[int | float | str, ...]) -> str:
    return f"{cells[1]} of node {cells[-1]}"
