"""The audit: replay the ledger against every table and name each row that differs.

Three passes: entries among themselves, every recorded row against its table, and every table against what was recorded.
The property index is derived again from the nodes and compared.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from math import copysign, isinf

from lineal.ledger.canonical import Cell, digest, row_bytes
from lineal.ledger.entry import RowRecord, entry_leaf, rows_root, unpack
from lineal.ledger.tree import EMPTY_ROOT, Frontier
from lineal.model.audit import AuditReport, Entry, Finding
from lineal.model.ids import EntrySeq, Micros
from lineal.model.values import INT64_MAX
from lineal.store import index
from lineal.store.codec import decode
from lineal.store.connections import Cursor
from lineal.store.dialects.dialect import Dialect
from lineal.store.rows import PROPERTIES
from lineal.store.tables import BOUND, NODE_TABLES, BoundTable

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

_CHUNK = 500
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
                time = self._entry(row[:-1], row[-1], after, time)
                after = row[0]
            self._progress(self._frontier.size, total)
        for table in BOUND:
            self._nothing_added(table)
        self._nothing_added_to_revisions()
        self._revisions_follow_each_other()
        self._index()
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
        for record in _unpacked(records):
            self._rows += 1
            self._record(record, EntrySeq(seq))
        return time

    def _record(self, record: RowRecord, seq: EntrySeq) -> None:
        table = _TABLES.get(record.table)
        if table is None or record.id > INT64_MAX:
            self._say("changed", "ledger_entry", str(seq), seq, f"it lists row {record.id} of table {record.table}")
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
        if not isinstance(former[0], str) or digest(former[0].encode(errors="surrogateescape")) != record.digest:
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
                self._say("added", "revision", _former(number, id_), entry, "no ledger entry lists this former row")

    def _revisions_follow_each_other(self) -> None:
        for number, statement in _REPLACED_BY_ANOTHER.items():
            for id_, entry in self._cursor.execute(statement, (number,)).fetchall():
                self._say("changed", "revision", _former(number, id_), entry, "another entry replaced this former row")

    def _listed(self, number: int) -> set[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        for seq, records in self._cursor.execute("SELECT seq, records FROM ledger_entry").fetchall():
            found.update((record.id, seq) for record in _unpacked(records) if record.table == number)
        return found

    def _index(self) -> None:
        expected = _sums(self._expected())
        for table, columns in index.COLUMNS.items():
            rows = self._cursor.execute(f"SELECT {columns} FROM {table}")
            if _sums((table, tuple(row)) for row in rows)[table] != expected[table]:
                self._index_differences(table)

    def _index_differences(self, table: str) -> None:
        statement = f"SELECT {index.COLUMNS[table]} FROM {table}"
        actual = {tuple(row) for row in self._cursor.execute(statement)}
        expected = {cells for found, cells in self._expected() if found == table}
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
                    maps = decode(row[at]), decode(row[at + 1])
                    for name, cells in index.index_rows(kind, row[0], *maps, block_bits=self._block_bits):
                        yield name, cells if name != "property_double" else self._stored(cells)
                except (ValueError, TypeError, AttributeError, KeyError):
                    # A damaged property map is named by its row's digest already.
                    continue

    def _stored(self, cells: tuple[int | float | str, ...]) -> tuple[int | float | str, ...]:
        """Return the cells of a double as this database can hold them."""
        map_, name, value, node_id = cells
        if not isinstance(value, float) or not isinf(value):
            return cells
        return map_, name, copysign(self._infinity, value), node_id

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


def _sums(rows: Iterable[index.IndexRow]) -> dict[str, int]:
    """Return for each index table a sum over its rows that no other set of rows has."""
    totals = dict.fromkeys(index.TABLES, 0)
    for table, cells in rows:
        text = repr(cells).encode(errors="surrogateescape")
        totals[table] += int.from_bytes(blake2b(text, digest_size=16).digest(), "big")
    return totals


def _where(cells: tuple[int | float | str, ...]) -> str:
    return f"{cells[1]} of node {cells[3]}"
