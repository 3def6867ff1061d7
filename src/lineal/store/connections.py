"""Connections: one writer at a time, transactions that end whole or not at all, on any database.

Used by every part of the SQL store. A forked child never touches its parent's connections.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from json import JSONDecodeError
from types import TracebackType

import orjson

from lineal.errors import (
    Aborted,
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    LinealError,
    StoreTimeout,
    StoreUnavailable,
)
from lineal.store.dialects.dialect import Assume, Cursor, Dialect, Lookup, Session
from lineal.store.dialects.patience import waited

__all__ = ["Connections", "Cursor", "id_list", "unbindable"]


class _PerThread(threading.local):
    session: Session | None = None
    depth: int = 0
    writes: bool = False
    witness: Lookup | None = None


class Connections:
    """The transactions of one store."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._sessions = dialect.sessions()
        self._local = _PerThread()
        self._write_lock = threading.Lock()
        self._process = os.getpid()
        self._closed = False

    @property
    def in_write(self) -> bool:
        """Whether this thread is inside a write transaction, so that it sees what nobody else does yet."""
        return self._process == os.getpid() and self._local.writes

    @property
    def witness(self) -> Lookup | None:
        """A question that has an answer only if this thread's write transaction was kept.

        It is asked where the connection is lost during the commit, so that a write is never both kept and refused.
        """
        return self._local.witness

    @witness.setter
    def witness(self, question: Lookup) -> None:
        self._local.witness = question

    def assuming(self) -> Assume | None:
        """Return what adds an assumption to this thread's write transaction, None where guesses do not pay."""
        session = self._local.session
        return None if session is None else session.assume

    def reading(self, *, once: bool = False) -> AbstractContextManager[Cursor]:
        """Give a cursor whose statements all see one state of the store.

        `once`: there is a single statement whose rows are all fetched, so no transaction is needed around it.
        """
        return _Reading(self, once=once)

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        """Give a cursor inside a write transaction: committed at the end, undone by any exception.

        Inside another one it is a savepoint of it.
        """
        self._check_usable()
        session = self._local.session
        if session is None:
            with self._turn():
                yield from self._transaction()
        elif self._local.writes:
            with self._nested(session) as cursor:
                yield cursor
        else:
            raise FailedPrecondition("nothing can be written inside a snapshot", hint="write after it, or use a batch")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until no other thread writes.

        Before a connection is taken: writers that hold one while they wait would leave none to the readers.
        """
        lock = self._write_lock
        if not lock.acquire(timeout=self._dialect.timeout):
            raise waited(self._dialect.where, self._dialect.timeout)
        try:
            yield
        finally:
            lock.release()

    def _transaction(self) -> Iterator[Cursor]:
        session, _ = self.enter()
        self._local.writes = True
        try:
            self._local.witness = None
            session.begin_writing()
            yield session.cursor()
            _need_transaction(session)
            self._commit(session)
        except self._dialect.errors as error:
            if session.is_lost(error):
                raise self._undone(error) from error
            raise self._dialect.translate(error) from error
        finally:
            self._local.writes = False
            session.roll_back()
            self.leave(session)

    def _commit(self, session: Session) -> None:
        try:
            session.commit()
        except self._dialect.errors as error:
            if not session.is_lost(error):
                raise
            if not self._was_kept(session):
                raise self._undone(error) from error

    def _was_kept(self, session: Session) -> bool:
        """Return whether a commit whose answer never came was done."""
        if self._local.witness is None:
            return False
        try:
            session.reconnect()
            # Behind the lock: whatever was under way has ended, one way or the other.
            session.begin_writing()
            return session.cursor().execute(*self._local.witness).fetchone() is not None
        except self._dialect.errors as error:
            told = self._dialect.translate(error)
            raise StoreUnavailable(
                f"the connection was lost during the commit, so it is not known whether it was kept; {told.message}",
                hint="when the server is back, look whether the newest entries hold it (`lineal audit log`)",
            ) from error

    def _undone(self, error: Exception) -> LinealError:
        told = self._dialect.translate(error)
        message = f"{told.message}; nothing of this write was kept"
        if isinstance(told, StoreTimeout):
            # Not Aborted, which is tried again: each try would take as long.
            return StoreTimeout(message, hint=told.hint)
        return Aborted(message, hint="try again")

    @contextmanager
    def _nested(self, session: Session) -> Iterator[Cursor]:
        _need_transaction(session)
        self._local.depth += 1
        name = f"nested_{self._local.depth}"
        witness = self._local.witness
        try:
            session.savepoint(name)
            yield session.cursor()
            session.release(name)
        except BaseException as error:
            self._local.witness = witness
            # A full disk may already have ended the whole transaction.
            if session.in_transaction:
                session.roll_back_to(name)
            if isinstance(error, self._dialect.errors):
                raise self._dialect.translate(error) from error
            raise
        finally:
            self._local.depth -= 1

    def enter(self) -> tuple[Session, bool]:
        """Return the thread's session, and whether it was taken just now."""
        self._check_usable()
        local = self._local
        if local.session is not None:
            return local.session, False
        try:
            local.session = self._sessions.take()
        except self._dialect.errors as error:
            raise self._dialect.translate(error) from error
        return local.session, True

    def _check_usable(self) -> None:
        if self._closed:
            raise FailedPrecondition("this store is closed", hint="open the workspace again")
        if self._process != os.getpid():
            self._forget_parent()

    def leave(self, session: Session) -> None:
        """Give a session back that `enter` took."""
        if self._local.session is session:
            self._local.session = None
        self._sessions.give(session)

    def failure(self, error: BaseException) -> LinealError | None:
        """Return what an error inside a reading block means, or None if it is not the database's."""
        if isinstance(error, self._dialect.errors):
            return self._dialect.translate(error)
        if isinstance(error, OverflowError | UnicodeEncodeError):
            return unbindable(error)
        if isinstance(error, JSONDecodeError):
            return DataLoss(
                f"a stored value cannot be read any more: {error}", hint="`lineal audit verify` names the row"
            )
        return None

    def _forget_parent(self) -> None:
        # Connections must not cross a fork, and the lock may be held by a thread that is not here.
        self._process = os.getpid()
        self._sessions.forget_parent()
        self._local = _PerThread()
        self._write_lock = threading.Lock()

    def close(self) -> None:
        """Close every connection of this process."""
        self._closed = True
        self._sessions.close()


class _Reading(AbstractContextManager[Cursor]):
    """A reading block. A class, because a generator's frame would be a tenth of reading one node."""

    __slots__ = ("_connections", "_nested", "_once", "_session", "_taken")

    def __init__(self, connections: Connections, *, once: bool) -> None:
        self._connections = connections
        self._once = once

    def __enter__(self) -> Cursor:
        session, self._taken = self._connections.enter()
        self._session = session
        self._nested = session.in_transaction
        try:
            if not (self._nested or self._once):
                session.begin_reading()
            return session.cursor()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._nested:
            self._session.roll_back()
        if self._taken:
            self._connections.leave(self._session)
        failure = None if error is None else self._connections.failure(error)
        if failure is not None:
            raise failure from error


def _need_transaction(session: Session) -> None:
    """Raise Aborted where a full disk, or a deadlock on MySQL, ended the whole transaction: no half of it is kept."""
    if not session.in_transaction:
        raise Aborted("this batch was undone by an error before; nothing of it is kept", hint="start a new batch")


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
