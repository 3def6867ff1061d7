"""Connections: one a thread, one writer at a time, transactions that end whole or not at all.

Used by every part of the SQL store. A forked child never touches its parent's connections.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from json import JSONDecodeError

import orjson

from lineal.errors import Aborted, DataLoss, FailedPrecondition, InvalidArgument
from lineal.store.dialects.sqlite import SqliteDialect

Cursor = sqlite3.Cursor


class _PerThread(threading.local):
    connection: sqlite3.Connection | None = None
    process: int = 0
    depth: int = 0
    writes: bool = False


class Connections:
    """The connections of one store."""

    def __init__(self, dialect: SqliteDialect) -> None:
        self._dialect = dialect
        self._local = _PerThread()
        self._all: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._of_parent: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._opening = threading.Lock()
        self._write_lock = threading.Lock()
        self._process = os.getpid()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        """Give a cursor whose statements all see one state of the store."""
        connection = self._connection()
        nested = connection.in_transaction
        try:
            cursor = connection.cursor()
            if not nested:
                cursor.execute("BEGIN")
            yield cursor
        except sqlite3.Error as error:
            raise self._dialect.translate(error) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise unbindable(error) from error
        except JSONDecodeError as error:
            raise DataLoss(
                f"a stored value cannot be read any more: {error}", hint="`lineal audit verify` names the row"
            ) from error
        finally:
            if not nested:
                self._roll_back(connection)

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        """Give a cursor inside a write transaction: committed at the end, undone by any exception.

        Inside another one it is a savepoint of it.
        """
        connection = self._connection()
        if self._local.writes:
            with self._nested(connection) as cursor:
                yield cursor
            return
        lock = self._write_lock
        if not lock.acquire(timeout=self._dialect.timeout):
            raise self._dialect.waited()
        self._local.writes = True
        try:
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            yield cursor
            cursor.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._dialect.translate(error) from error
        finally:
            self._local.writes = False
            self._roll_back(connection)
            lock.release()

    @contextmanager
    def _nested(self, connection: sqlite3.Connection) -> Iterator[Cursor]:
        if not connection.in_transaction:
            # A full disk ends the whole transaction: what follows must not become half of it.
            raise Aborted("this batch was undone by an error before; nothing of it is kept", hint="start a new batch")
        self._local.depth += 1
        name = f"nested_{self._local.depth}"
        cursor = connection.cursor()
        try:
            cursor.execute(f"SAVEPOINT {name}")
            yield cursor
            cursor.execute(f"RELEASE {name}")
        except BaseException as error:
            # A full disk may already have ended the whole transaction.
            if connection.in_transaction:
                cursor.execute(f"ROLLBACK TO {name}")
                cursor.execute(f"RELEASE {name}")
            if isinstance(error, sqlite3.Error):
                raise self._dialect.translate(error) from error
            raise
        finally:
            self._local.depth -= 1

    @staticmethod
    def _roll_back(connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        if self._closed:
            raise FailedPrecondition("this store is closed", hint="open the workspace again")
        if self._process != os.getpid():
            self._forget_parent()
        if self._local.connection is None or self._local.process != self._process:
            self._local.connection = self._dialect.connect()
            self._local.process = self._process
            self._local.depth = 0
            self._keep(self._local.connection)
        return self._local.connection

    def _keep(self, connection: sqlite3.Connection) -> None:
        """Remember a connection until its thread or the store ends; a dead thread's would hold its files open."""
        with self._opening:
            alive = [(thread, kept) for thread, kept in self._all if thread.is_alive()]
            for thread, kept in self._all:
                if not thread.is_alive():
                    kept.close()
            self._all = [*alive, (threading.current_thread(), connection)]

    def _forget_parent(self) -> None:
        # SQLite connections must not cross a fork, and the lock may be held by a thread that is not here.
        self._process = os.getpid()
        # Kept, not dropped: closing them here could take away the log that the parent still writes.
        self._of_parent = [*self._of_parent, *self._all]
        self._all = []
        self._opening = threading.Lock()
        self._write_lock = threading.Lock()

    def close(self) -> None:
        """Close every connection of this process."""
        self._closed = True
        if self._process != os.getpid():
            return
        with self._opening:
            for _, connection in self._all:
                connection.close()
            self._all = []


def id_list(ids: Sequence[int]) -> str:
    """Return ids as one parameter, for `json_each`."""
    try:
        return orjson.dumps(list(ids)).decode()
    except TypeError as error:
        raise OverflowError(str(error)) from error


def unbindable(error: OverflowError | UnicodeEncodeError) -> InvalidArgument:
    """Return what to raise where a number or a text fits into no column."""
    if isinstance(error, UnicodeEncodeError):
        return InvalidArgument(f"{error.object!r} is not valid Unicode text: {error.reason}")
    return InvalidArgument("a number lies outside the 64-bit integers")
