"""One MySQL or MariaDB connection: statements go out several in one message, values as literals in their text.

The driver offers no other binding. How a text is quoted depends on the session's mode, which the dialect sets.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import SSCursor

from lineal.errors import InvalidArgument
from lineal.model.values import INT64_MAX, INT64_MIN
from lineal.store.dialects.dialect import Parameters
from lineal.store.dialects.pool import Lease
from lineal.store.dialects.rendering import inserted
from lineal.store.dialects.server import Statement

AWAY = frozenset({1040, 1053, 1203, 2002, 2003, 2006, 2013})
"""Errors of connecting that may pass: the server restarts, or has no place left."""

LOST = frozenset({0, 1053, 1158, 1159, 1160, 1161, 1184, 1927, 2003, 2006, 2013, 2014, 2055, 4031})
"""Errors after which the connection is gone."""

LARGEST = sys.float_info.max
"""What stands for infinity: no column here can hold it."""

_OUT_OF_RANGE = 1264

MESSAGE = 256 * 1024
"""Characters of statements sent together; a larger statement goes alone."""


class MysqlWire:
    """A connection of the driver, leased from the pool. `packet` are the most bytes the server takes at once."""

    errors: tuple[type[Exception], ...] = (pymysql.Error,)

    def __init__(self, lease: Lease, packet: int) -> None:
        self._lease = lease
        self._packet = packet
        self._broken = False

    @property
    def broken(self) -> bool:
        """Whether the connection is of no use any more."""
        return self._broken

    def run(self, queued: Sequence[Statement], asked: Statement | None) -> list[Any]:
        """Run statements in order; return the rows of the last one asked."""
        statements = [*queued, asked] if asked is not None else queued
        rows: list[Any] = []
        for message in _messages(text % tuple(map(_literal, values)) for text, values in statements):
            rows = self._send(message)
        return rows if asked is not None else []

    def stream(self, statement: str) -> Iterator[Any]:
        """Yield the rows of a statement as they come."""
        with self._guarded() as connection, connection.cursor(SSCursor) as cursor:
            cursor.execute(statement % ())
            yield from cursor

    def fill(self, statement: str, rows: Sequence[Parameters]) -> bool:
        """Insert many rows by few statements, if that is what this one does."""
        target = inserted(statement)
        if target is None:
            return False
        table, columns = target
        head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        for part in _parts((f"({', '.join(map(_literal, row))})" for row in rows), 1):
            self._send(head + ",".join(part))
        return True

    def end(self) -> None:
        """Roll back what is open; a connection that cannot is broken."""
        if self._broken:
            return
        try:
            self._send("ROLLBACK")
        except pymysql.Error:
            self._broken = True

    def is_lost(self, error: Exception) -> bool:
        """Return whether an error says that the connection is gone."""
        return isinstance(error, pymysql.Error) and number_of(error) in LOST

    def is_silent(self, error: Exception) -> bool:
        """Return whether the server did not answer."""
        return is_silent(error)

    def reconnect(self) -> None:
        """Take a fresh connection in place of a lost one."""
        self._lease.renew()
        self._broken = False

    def give_back(self, *, keep: bool) -> None:
        """Give the connection back to the pool, or throw it away."""
        self._lease.end(broken=self._broken or not keep)

    def _send(self, message: str) -> list[Any]:
        """Send one message and return the rows of its last statement."""
        sent = message.encode()
        if len(sent) >= self._packet:
            raise _too_large(len(sent), self._packet)
        with self._guarded() as connection, connection.cursor() as cursor:
            cursor.execute(sent)
            while cursor.nextset():
                pass
            return list(cursor.fetchall())

    @contextmanager
    def _guarded(self) -> Iterator[Connection[Any]]:
        """Give the connection, and remember if it is of no use afterwards."""
        connection: Connection[Any] = self._lease.connection
        try:
            yield connection
        except pymysql.Error as error:
            self._broken = self._broken or self.is_lost(error) or not connection.open
            raise
        except BaseException:
            # An answer that was not read to its end would be taken for that of the next statement.
            self._broken = True
            raise


def number_of(error: Exception) -> int:
    """Return the server's (or the driver's) number of an error, 0 where it has none."""
    number = error.args[0] if error.args else 0
    return number if isinstance(number, int) else 0


def is_silent(error: Exception) -> bool:
    """Return whether an error says that the server does not answer, which only what it came from tells."""
    cause = getattr(error, "original_exception", error.__context__)
    return number_of(error) in LOST and isinstance(cause, TimeoutError)


def _messages(statements: Iterable[str]) -> Iterator[str]:
    return (";".join(part) for part in _parts(statements, 1))


def _parts(texts: Iterable[str], between: int) -> Iterator[list[str]]:
    """Yield the texts in lists that are not much larger than a message."""
    part: list[str] = []
    size = 0
    for text in texts:
        if part and size + len(text) > MESSAGE:
            yield part
            part, size = [], 0
        part.append(text)
        size += len(text) + between
    if part:
        yield part


def _too_large(size: int, packet: int) -> InvalidArgument:
    return InvalidArgument(
        f"this write sends {size} bytes at once, but the server's max_allowed_packet is {packet}",
        hint="raise max_allowed_packet on the server, or store large content as a file",
    )


def _literal(value: object) -> str:
    """Return a value as the database reads it."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        if not value.isascii():
            # Here, so that the error names this value and not the whole statement.
            value.encode()
        # In UTF-8 no other character holds these two bytes.
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, int):
        if not INT64_MIN <= value <= INT64_MAX:
            raise pymysql.DataError(_OUT_OF_RANGE, f"{value} lies outside the 64-bit integers")
        return str(int(value))
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    raise TypeError(f"{value!r} cannot be stored")


def _double(value: float) -> str:
    if math.isnan(value):
        return "NULL"
    if math.isinf(value):
        value = math.copysign(LARGEST, value)
    spelled = float.__repr__(value)
    # Without an exponent it would be a decimal, and calculate like one.
    return spelled if "e" in spelled else spelled + "e0"
