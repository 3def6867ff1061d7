"""One PostgreSQL connection: what waits and what is asked go out in one pipeline, which is one round trip."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.generators import fetch_many

from lineal.store.dialects.dialect import Parameters
from lineal.store.dialects.pool import Lease
from lineal.store.dialects.rendering import inserted
from lineal.store.dialects.server import Statement

# The driver tells its log that a lost connection is lost, on standard error where nobody set up logging. We raise it.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

ERRORS: tuple[type[Exception], ...] = (psycopg.Error,)

ENDED = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03"})
"""Shut down by an administrator, crashed, not yet up, idle for too long."""


PART = 1_000
"""Rows of a stream that are fetched together."""

RV = TypeVar("RV")


class SilentError(psycopg.OperationalError):
    """The server is there, but says nothing: it was stopped, or its network swallows what it says."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that waits for the server only so long; after that it is closed."""

    silence: float | None = None
    """The longest time in seconds in which nothing at all may be heard; None is for ever."""

    def wait(self, gen: PQGen[RV], *args: Any, **options: Any) -> RV:
        """Wait for an answer, which all of psycopg does here."""
        return super().wait(gen if self.silence is None else self._listening(gen, self.silence), *args, **options)

    def _listening(self, gen: PQGen[RV], limit: float) -> PQGen[RV]:
        heard = monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    heard = monotonic()
                elif monotonic() > heard + limit:
                    self.close()
                    # It would talk to the closed connection when it is collected.
                    with suppress(psycopg.Error):
                        gen.close()
                    raise SilentError(f"nothing was heard from it for {limit:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def is_silent(error: Exception) -> bool:
    """Return whether an error says that the server does not answer."""
    return isinstance(error, SilentError | psycopg.errors.ConnectionTimeout)


class PostgresqlWire:
    """A psycopg connection on loan from the pool. Commits only what says COMMIT."""

    errors = ERRORS

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._connection: psycopg.Connection[Any] = lease.connection
        self._doubtful = False
        self._drain()

    @property
    def broken(self) -> bool:
        """Whether the connection is closed, by us or by the server."""
        return self._connection.closed

    def run(self, queued: Sequence[Statement], asked: Statement | None) -> list[Any]:
        """Run statements in one round trip; return the rows of the last one asked."""
        connection = self._connection
        if self._doubtful:
            self._run_unprepared(queued)
            queued = ()
        if not queued:
            return [] if asked is None else connection.execute(*asked).fetchall()
        answer = connection.cursor()
        try:
            with connection.pipeline():
                for statement, parameters in queued:
                    connection.execute(statement, parameters)
                if asked is not None:
                    answer.execute(*asked)
        except psycopg.Error:
            self._doubtful = True
            raise
        return [] if asked is None else answer.fetchall()

    def _run_unprepared(self, queued: Sequence[Statement]) -> None:
        # In a pipeline that failed, psycopg may have prepared statements that the server never saw. A rollback that
        # psycopg sees makes it prepare all of them anew.
        for statement, parameters in queued:
            self._connection.execute(statement, parameters, prepare=False)
        self._doubtful = False

    def stream(self, statement: str) -> Iterator[Any]:
        """Yield the rows of a statement through a cursor of the server's."""
        with self._connection.cursor("lineal_stream") as cursor:
            cursor.itersize = PART
            yield from cursor.execute(statement, ())

    def fill(self, statement: str, rows: Sequence[Parameters]) -> bool:
        """Insert rows by COPY."""
        into = inserted(statement)
        if into is None:
            return False
        table, columns = into
        with self._connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return True

    def end(self) -> None:
        """Roll back, without waiting for the answer: it is read before the connection's next word."""
        wire = self._connection.pgconn
        try:
            if self._doubtful:
                self._run_unprepared([("ROLLBACK", ())])
                return
            if wire.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                # Left in the middle of an answer: no order could be kept.
                self._connection.close()
                return
            wire.send_query(b"ROLLBACK")
            wire.flush()
        except psycopg.Error:
            self._connection.close()

    def _drain(self) -> None:
        """Read the answer to the rollback before."""
        wire = self._connection.pgconn
        try:
            if wire.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                # Through psycopg's own waiting: libpq's would keep every other thread of the process waiting too.
                self._connection.wait(fetch_many(wire))
        except psycopg.Error:
            self._connection.close()

    def is_lost(self, error: Exception) -> bool:
        """Return whether the connection is gone."""
        state = getattr(error, "sqlstate", None)
        return self._connection.closed or state in ENDED

    def is_silent(self, error: Exception) -> bool:
        """Return whether the server did not answer."""
        return is_silent(error)

    def reconnect(self) -> None:
        """Take a fresh connection."""
        self._lease.renew()
        self._connection = self._lease.connection
        self._doubtful = False
        self._drain()

    def give_back(self, *, keep: bool) -> None:
        """Give the connection back, or throw it away."""
        self._lease.end(broken=self._connection.closed or not keep)
