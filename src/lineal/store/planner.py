"""The planner: whether a closure is answered by the database or by the snapshot in memory.

One per store. The first questions are answered by the database; when as many events were read that way as a snapshot
would have to read, it is loaded, and from then on each question first brings it up to the newest ledger entry.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator

from lineal.model.ids import EntrySeq
from lineal.model.traversal import Closure
from lineal.store import traversal
from lineal.store.connections import Connections, Cursor
from lineal.store.edges import EVENT_COLUMNS, EventRow
from lineal.store.snapshot.answer import answer
from lineal.store.snapshot.sides import Side
from lineal.store.snapshot.snapshot import Mark, Snapshot, TooLargeError, take
from lineal.store.snapshot.view import View
from lineal.store.walk import Question

DEFAULT_MEMORY = 512
"""MiB the snapshot may take unless the URL says otherwise (`?snapshot=MIB`; 0 switches it off)."""

STATEMENT = 32
"""Events that could be read in the time that one statement takes by itself."""

SMALLEST_OVERLAY = 1_000
"""New events up to this number are never a reason to load a snapshot again; after that a tenth of its size is."""

_LAST = "SELECT seq, leaf FROM ledger_entry ORDER BY seq DESC LIMIT 1"
_LEAF = "SELECT leaf FROM ledger_entry WHERE seq = ?"
_NEWEST = "SELECT max(id) FROM event"
_SINCE = f"SELECT {EVENT_COLUMNS} FROM event WHERE event.id > ? ORDER BY event.id LIMIT ?"
_UP_TO = "SELECT count(*) FROM event WHERE id <= ?"


class Planner:
    """Answers closures. Safe to ask from several threads: what a question sees does not change under it."""

    def __init__(self, connections: Connections, *, memory: int = DEFAULT_MEMORY) -> None:
        self._connections = connections
        self._room = memory * 2**20
        self._snapshot: Snapshot | None = None
        self._read = 0
        self._lock = threading.Lock()
        self._process = os.getpid()

    def closure(self, cursor: Cursor, question: Question, until: EntrySeq) -> Closure:
        """Return the closure over the events of entries up to `until`."""
        view = self._view(cursor, question, until)
        if view is not None:
            return answer(view, question, self._rows)
        found = traversal.closure(cursor, question, until)
        self._read += len(found.events) + STATEMENT * (1 + max(found.artifacts.values(), default=0))
        return found

    def facts(self) -> dict[str, str]:
        """Return what is in memory, for `lineal doctor`."""
        snapshot = self._snapshot
        if snapshot is None:
            return {"closure snapshot": "off" if not self._room else "not loaded"}
        form = "whole" if snapshot.records else "compact"
        held = f"{snapshot.events} events, {form}, {snapshot.overlay.count} newer ones beside it"
        return {"closure snapshot": f"{held}, {snapshot.bytes} bytes"}

    def _view(self, cursor: Cursor, question: Question, until: EntrySeq) -> View | None:
        # What a batch of this thread wrote is in the database, for this thread only.
        if not self._room or self._connections.in_write:
            return None
        mark = _mark(cursor)
        snapshot = self._snapshot
        if snapshot is None and not self._is_due(cursor):
            return None
        if snapshot is None or snapshot.state.mark != mark:
            snapshot = self._bring_up(cursor, mark)
        if snapshot is None:
            return None
        state = snapshot.state
        if until < state.mark.seq:
            return None
        # Another thread may have brought it further than this one's transaction sees.
        last = state.last if state.mark == mark else _newest(cursor)
        return View(snapshot, last, question.direction, question.follows_all)

    def _is_due(self, cursor: Cursor) -> bool:
        return self._read >= _newest(cursor)

    def _bring_up(self, cursor: Cursor, mark: Mark) -> Snapshot | None:
        """Return the snapshot as of `mark` or later, or None where it cannot be had now."""
        with self._locked():
            snapshot = self._snapshot
            if snapshot is not None and self._is_current(cursor, snapshot, mark):
                return snapshot
            try:
                self._snapshot = take(cursor, mark, self._room)
            except TooLargeError:
                self._snapshot, self._read = None, 0
            return self._snapshot

    def _is_current(self, cursor: Cursor, snapshot: Snapshot, mark: Mark) -> bool:
        """Bring a snapshot up to `mark` if need be; return False where it must be loaded anew."""
        # Another thread may have seen a later state already than this one's transaction does.
        if mark in snapshot.known:
            return True
        (leaf,) = cursor.execute(_LEAF, (snapshot.state.mark.seq,)).fetchone() or (b"",)
        if bytes(leaf) != snapshot.state.mark.leaf or mark.seq < snapshot.state.mark.seq:
            return False
        most = max(SMALLEST_OVERLAY, snapshot.events // 10) - snapshot.overlay.count
        rows = cursor.execute(_SINCE, (snapshot.state.last, most + 1)).fetchall()
        if len(rows) > most or (snapshot.has_gaps and _filled(cursor, snapshot)):
            return False
        snapshot.append(rows, mark)
        return snapshot.bytes <= self._room

    def _locked(self) -> threading.Lock:
        if self._process != os.getpid():
            # A thread that is not in this process may have held it when the process was forked.
            self._process, self._lock = os.getpid(), threading.Lock()
        return self._lock

    def _rows(self, side: Side, executions: Collection[int]) -> Iterator[EventRow]:
        with self._connections.reading() as cursor:
            return iter(traversal.rows_of(cursor, side.types, executions))


def _mark(cursor: Cursor) -> Mark:
    seq, leaf = cursor.execute(_LAST).fetchone() or (0, b"")
    return Mark(EntrySeq(seq), bytes(leaf))


def _newest(cursor: Cursor) -> int:
    (newest,) = cursor.execute(_NEWEST).fetchone()
    return newest or 0


def _filled(cursor: Cursor, snapshot: Snapshot) -> bool:
    """Return whether an event took a free id below the newest one: only a restoration does that."""
    (count,) = cursor.execute(_UP_TO, (snapshot.state.last,)).fetchone()
    return bool(count != snapshot.events + snapshot.overlay.count)
