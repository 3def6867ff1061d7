"""Sessions of an embedded database: one connection a thread, kept as long as the thread."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from lineal.errors import StoreUnavailable
from lineal.store.dialects.dialect import Assume, Session


class SqliteSession:
    """A thread's connection; its cursors are the driver's own.

    SQLite goes on in a file whose name is gone, where nobody would find what is written: that is looked at here.
    """

    __slots__ = ("_connection", "_file", "_path", "cursor")

    assume: Assume | None = None

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = str(path.absolute())
        self._file = self._file_there()
        self.cursor = connection.cursor

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open; a full disk ends one by itself."""
        return self._connection.in_transaction

    def begin_reading(self) -> None:
        """Begin a transaction that sees one state from its first statement on."""
        self._check_file()
        self._connection.execute("BEGIN")

    def begin_writing(self) -> None:
        """Begin a transaction with the lock that only one writer has."""
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make the transaction durable, unless nobody would find it."""
        self._check_file()
        self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        """End the transaction, if there is one."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def savepoint(self, name: str) -> None:
        """Mark a point inside the transaction."""
        self._connection.execute(f"SAVEPOINT {name}")

    def release(self, name: str) -> None:
        """Forget the mark."""
        self._connection.execute(f"RELEASE {name}")

    def roll_back_to(self, name: str) -> None:
        """Undo what was written since the mark, and forget it."""
        self._connection.execute(f"ROLLBACK TO {name}")
        self._connection.execute(f"RELEASE {name}")

    def is_lost(self, error: Exception) -> bool:  # noqa: ARG002
        """Return False: a file does not go away."""
        return False

    def reconnect(self) -> None:
        """Do nothing: see `is_lost`."""

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _check_file(self) -> None:
        if self._file_there() != self._file:
            raise StoreUnavailable(
                f"{self._path} was moved, deleted or replaced while it was open; nothing is read or written",
                hint="put the file back, or restart what has it open",
            )

    def _file_there(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116  a third of what a Path takes, in every transaction
        except OSError:
            return None
        return found.st_dev, found.st_ino


class _PerThread(threading.local):
    session: SqliteSession | None = None


class ThreadSessions:
    """The connections of one embedded store."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], path: Path) -> None:
        self._connect = connect
        self._path = path
        self._local = _PerThread()
        self._all: list[tuple[threading.Thread, SqliteSession]] = []
        self._of_parent: list[tuple[threading.Thread, SqliteSession]] = []
        self._opening = threading.Lock()
        self._process = os.getpid()

    def take(self) -> SqliteSession:
        """Return the thread's session."""
        session = self._local.session
        if session is None:
            session = self._local.session = SqliteSession(self._connect(), self._path)
            self._keep(session)
        return session

    def give(self, session: Session) -> None:
        """Do nothing: the thread keeps it."""

    def _keep(self, session: SqliteSession) -> None:
        """Remember a session until its thread or the store ends; a dead thread's would hold its files open."""
        with self._opening:
            alive = [(thread, kept) for thread, kept in self._all if thread.is_alive()]
            for thread, kept in self._all:
                if not thread.is_alive():
                    kept.close()
            self._all = [*alive, (threading.current_thread(), session)]

    def forget_parent(self) -> None:
        """Leave the connections alone: SQLite's must not cross a fork."""
        # Kept, not dropped: closing them here could take away the log that the parent still writes.
        self._of_parent = [*self._of_parent, *self._all]
        self._all = []
        self._local = _PerThread()
        self._opening = threading.Lock()
        self._process = os.getpid()

    def close(self) -> None:
        """Close every connection of this process."""
        if self._process != os.getpid():
            return
        with self._opening:
            for _, session in self._all:
                session.close()
            self._all = []
