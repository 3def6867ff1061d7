"""The writer: a transaction that binds every row it writes to one ledger entry.

All writes of the store go through `Transaction.insert` and `Transaction.replace`; nothing else writes bound tables.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from lineal.errors import InvalidArgument, SchemaVersionMismatch, WriteConflict
from lineal.ledger.canonical import RULE, Cell, digest, object_bytes, row_bytes, text_row_bytes
from lineal.ledger.entry import MAX_TEXT, entry_leaf, pack, rows_root
from lineal.model.ids import EntrySeq, Micros
from lineal.model.publication import Origin
from lineal.model.values import check_text
from lineal.store.clock import Clock
from lineal.store.connections import Connections, Cursor, unbindable
from lineal.store.dialects.dialect import Assume
from lineal.store.migrations.head import HEAD
from lineal.store.tables import BoundTable

# With the schema, for a newer Lineal may upgrade a store that this process has open: to look takes 0.3 µs.
_LAST_ENTRY = """
SELECT seq, time, leaf, (SELECT version_num FROM alembic_version)
FROM ledger_entry
ORDER BY seq DESC
LIMIT 1
"""

_STILL_LAST = """
SELECT 1 / CASE
    WHEN (SELECT leaf FROM ledger_entry ORDER BY seq DESC LIMIT 1) = ?
        AND (SELECT version_num FROM alembic_version) = ? THEN 1
    ELSE 0
END
"""
_KEPT = "SELECT 1 FROM ledger_entry WHERE seq = ? AND leaf = ?"

_INSERT_ENTRY = """
INSERT INTO ledger_entry
    (seq, time, actor, action, reason, request_id, reported_at, findings, row_count, rows_root, records, rule, leaf)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_INSERT_REVISION = """
INSERT INTO revision (table_number, node_id, entry, replaced_by, body)
VALUES (?, ?, ?, ?, ?)
"""


_MOST_BYTES = 6
"""Most canonical bytes of a character: `\\u0000`."""


class _Mark(NamedTuple):
    """How far a transaction had come."""

    records: int
    findings: int
    first_ids: dict[str, int]
    next_ids: dict[str, int]


class _Tail(NamedTuple):
    """How a store ends: its newest entry, and the next free id of some tables."""

    leaf: bytes | None
    next_ids: Mapping[str, int]
    seq: int = 0
    time: int = 0


class Transaction:
    """One write: its cursor, its entry's number and time, and the rows written so far."""

    def __init__(self, cursor: Cursor, seq: EntrySeq, now: Micros, next_ids: Mapping[str, int]) -> None:
        self.cursor = cursor
        self.seq = seq
        self.now = now
        self.findings: list[str] = []
        self._records: list[bytes] = []
        self._first_ids: dict[str, int] = {}
        self._next_ids: dict[str, int] = dict(next_ids)

    @property
    def rows(self) -> int:
        """How many bound rows were written."""
        return len(self._records)

    def new_ids(self, table: BoundTable, count: int) -> range:
        """Return this many free ids of a table. Rows are never deleted, so the largest id says where to go on."""
        first = self._next_ids.get(table.name)
        if first is None:
            (last,) = self.cursor.execute(f"SELECT max(id) FROM {table.name}").fetchone()
            first = max(last or 0, table.reserved) + 1
        self._first_ids.setdefault(table.name, first)
        self._next_ids[table.name] = first + count
        return range(first, first + count)

    def took(self, table: BoundTable, largest: int) -> None:
        """Let new ids go on above ids that were given from outside."""
        if table.name in self._next_ids:
            self._next_ids[table.name] = max(self._next_ids[table.name], largest + 1)
            # Not every id below is a row that was made here.
            self._first_ids[table.name] = self._next_ids[table.name]

    def made(self, table: BoundTable, id_: int) -> bool:
        """Return whether this transaction made the row, so that no other row can point at it yet."""
        first = self._first_ids.get(table.name)
        return first is not None and first <= id_ < self._next_ids[table.name]

    def insert(self, table: BoundTable, rows: Sequence[Sequence[Cell]]) -> None:
        """Insert rows (all columns in order, entry last) and bind them."""
        if len(rows) == 1:
            self.cursor.execute(table.insert, rows[0])
        else:
            self.cursor.executemany(table.insert, rows)
        self._bind(table, rows)

    def replace(self, table: BoundTable, old: Sequence[Cell], new: Sequence[Cell]) -> None:
        """Keep the old row in `revision`, write the new one in its place and bind it."""
        if old[-1] == self.seq:
            raise InvalidArgument(
                f"{table.name}#{old[0]!r} was given twice in one entry",
                hint="give its last state, or write twice",
            )
        body = row_bytes(table.number, table.digested(old)).decode()
        self.cursor.execute(_INSERT_REVISION, (table.number, old[0], old[-1], self.seq, body))
        settings = ", ".join(f"{column} = ?" for column in table.columns[1:])
        self.cursor.execute(f"UPDATE {table.name} SET {settings} WHERE id = ?", (*new[1:], new[0]))
        self._bind(table, [new])

    def _bind(self, table: BoundTable, rows: Sequence[Sequence[Cell]]) -> None:
        encode = row_bytes if table.typed else text_row_bytes
        if table.later:
            rows = [table.digested(row) for row in rows]
        try:
            self._records += [pack((table.number, row[0], digest(encode(table.number, row)))) for row in rows]  # type: ignore[arg-type]
        except TypeError:
            for cell in itertools.chain.from_iterable(rows):
                if isinstance(cell, str):
                    cell.encode()  # raises what says which text is none
            raise

    def mark(self) -> _Mark:
        """Return how far this transaction has come, for `back_to`."""
        return _Mark(len(self._records), len(self.findings), dict(self._first_ids), dict(self._next_ids))

    def back_to(self, mark: _Mark) -> None:
        """Forget what was written since, because the database undid it."""
        del self._records[mark.records :]
        del self.findings[mark.findings :]
        self._first_ids, self._next_ids = mark.first_ids, mark.next_ids

    def append_entry(self, by: Origin) -> _Tail:
        """Write the ledger entry of this transaction; return how the store ends with it."""
        records = b"".join(self._records)
        root = rows_root(records)
        findings = _bounded(self.findings)
        leaf = entry_leaf(
            seq=self.seq,
            time=self.now,
            actor=by.actor,
            action=by.action,
            reason=by.reason,
            request_id=by.request_id,
            reported_at=by.reported_at,
            findings=findings,
            rows=self.rows,
            rows_root=root,
        )
        self.cursor.execute(
            _INSERT_ENTRY,
            (
                self.seq,
                self.now,
                by.actor,
                by.action,
                by.reason,
                by.request_id,
                by.reported_at,
                findings,
                self.rows,
                root,
                records,
                RULE,
                leaf,
            ),
        )
        return _Tail(leaf, self._next_ids, self.seq, self.now)


class _Shared(threading.local):
    """The transaction that all writes of this thread are part of, while there is one."""

    transaction: Transaction | None = None
    process: int = 0


class Writer:
    """Starts write transactions and ends each with its ledger entry."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock
        self._shared = _Shared()
        self._tail = _Tail(None, {})
        self.era = 0
        """How often the store was found set back: a backup took its place, and what was known of it may be wrong."""

    @contextmanager
    def transaction(self, by: Origin) -> Iterator[Transaction]:
        """Give a transaction; a block that wrote no bound row leaves no entry.

        Inside `sharing` it is a part of that transaction, undone alone if it raises.
        """
        check_origin(by)
        shared = self._current()
        if shared is None:
            with self._own(by) as transaction:
                yield transaction
        else:
            with self._part_of(shared):
                yield shared

    @contextmanager
    def grouping(self) -> Iterator[None]:
        """Make all transactions of this thread durable together, or none of them; each keeps its entry."""
        shared = self._current()
        with self._connections.writing() if shared is None else self._part_of(shared):
            yield

    @contextmanager
    def sharing(self, by: Origin) -> Iterator[None]:
        """Make all transactions of this thread one, with one entry; inside another such block, a part of that."""
        with self.transaction(by) as transaction:
            outer = self._current()
            self._shared.transaction, self._shared.process = transaction, os.getpid()
            try:
                yield
            finally:
                self._shared.transaction = outer

    def _current(self) -> Transaction | None:
        # A child forked inside the block is no part of it.
        return self._shared.transaction if self._shared.process == os.getpid() else None

    @contextmanager
    def _part_of(self, shared: Transaction) -> Iterator[None]:
        mark = shared.mark()
        try:
            with self._connections.writing():
                yield
        except BaseException as error:
            shared.back_to(mark)
            if isinstance(error, OverflowError | UnicodeEncodeError):
                raise unbindable(error) from error
            raise

    @contextmanager
    def _own(self, by: Origin) -> Iterator[Transaction]:
        with self._connections.writing() as cursor:
            last, time, leaf, schema = cursor.execute(_LAST_ENTRY).fetchone() or (0, 0, None, HEAD)
            if schema != HEAD:
                raise SchemaVersionMismatch(
                    f"the store was brought to schema {schema} since this process opened it, which speaks {HEAD}",
                    found=schema,
                    wanted=HEAD,
                    hint="start this process again with the Lineal that upgraded the store; nothing was written",
                )
            # Another process's clock may be ahead of ours: the ledger's time never goes backwards.
            now = Micros(max(self._clock.now(), time))
            tail = self._tail
            # If the newest leaf is the one we wrote last, nobody has written since and nothing was undone: the next
            # free ids are what they were then.
            known = tail.next_ids if leaf is not None and bytes(leaf) == tail.leaf else {}
            if tail.leaf is not None and not known and cursor.execute(_KEPT, (tail.seq, tail.leaf)).fetchone() is None:
                self.era += 1
            transaction = Transaction(cursor, EntrySeq(last + 1), now, known)
            with self._entered(transaction, by):
                yield transaction

    @contextmanager
    def foreseeing(self, by: Origin, guess: Callable[[Cursor, Assume], Cursor]) -> Iterator[Transaction]:
        """Give a transaction in which nothing is asked and everything waits for the commit.

        Its cursor is what `guess` makes of the real one. It assumes that nobody has written since this process did; if
        that is wrong, or anything else that was assumed, it ends as a LinealError and nothing of it is kept.
        """
        check_origin(by)
        with self._connections.writing() as cursor:
            tail = self._tail
            assume = self._connections.assuming()
            if tail.leaf is None or assume is None:
                raise WriteConflict("nothing is known of the store's end", hint="write once without a guess")
            assume(_STILL_LAST, (tail.leaf, HEAD))
            now = Micros(max(self._clock.now(), tail.time))
            transaction = Transaction(guess(cursor, assume), EntrySeq(tail.seq + 1), now, tail.next_ids)
            with self._entered(transaction, by):
                yield transaction

    @contextmanager
    def _entered(self, transaction: Transaction, by: Origin) -> Iterator[None]:
        try:
            yield
            if transaction.rows:
                self._tail = tail = transaction.append_entry(by)
                self._connections.witness = (_KEPT, (tail.seq, tail.leaf))
        except (OverflowError, UnicodeEncodeError) as error:
            raise unbindable(error) from error


def _bounded(findings: Sequence[str]) -> str:
    """Return findings as lines that fit an entry, saying how many more there were."""
    lines: list[str] = []
    room = MAX_TEXT // 2
    for place, finding in enumerate(findings):
        room -= len(finding.encode()) + 1
        if room < 0:
            return "\n".join([*lines, f"and {len(findings) - place} more"])
        lines.append(finding)
    return "\n".join(lines)


def check_origin(by: Origin) -> None:
    """Raise InvalidArgument unless who, what and why can stand in the ledger."""
    for name in ("actor", "action", "reason", "request_id"):
        text = getattr(by, name)
        if text is None:
            continue
        check_text(f"the {name}", text)
        if len(text) <= MAX_TEXT // _MOST_BYTES:
            continue
        size = len(object_bytes({"": text}))
        if size > MAX_TEXT:
            raise InvalidArgument(f"the {name} has {size} bytes; {MAX_TEXT} is the most a ledger entry holds")
    if not by.actor:
        raise InvalidArgument("a write needs an actor: who is doing this?", hint="set LINEAL_ACTOR or pass actor=")
