"""Readers: one connection to a database of ML Metadata, read only, all of it as it was at one moment.

Statements have SQLite's `?`. Nothing a driver raises leaves this file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from lineal.errors import (
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    LinealError,
    MissingExtra,
    NotFound,
    Unavailable,
)

Cells = tuple[Any, ...]

_SERVERS = {"mysql": 3306, "postgresql": 5432}


class Reader(Protocol):
    """What a source asks of a database. `name` says which one, without any password.

    `path_order` orders the steps of an event's path as they were written; `path_table` is where they are read from.
    """

    name: str
    path_table: str
    path_order: str

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> Iterator[Cells]:
        """Yield the rows of a statement."""

    def tables(self) -> dict[str, frozenset[str]]:
        """Return every table with its columns, all in lower case."""

    def close(self) -> None:
        """Let the database go."""


def open_reader(url: str) -> Reader:
    """Return a reader of the database at `url`: `sqlite:///FILE` or a path, `mysql://…` or `postgresql://…`.

    Raises NotFound, Unavailable, InvalidArgument (another kind of URL), MissingExtra, DataLoss (a damaged file).
    """
    if "://" not in url:
        return SqliteReader(Path(url).expanduser())
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    scheme = "postgresql" if scheme == "postgres" else scheme
    if scheme == "sqlite":
        path = unquote(url.partition(":///")[2].partition("?")[0])
        if path:
            return SqliteReader(Path(path))
    if scheme in _SERVERS and parts.path.strip("/"):
        plain = urlunsplit(parts._replace(scheme=scheme))
        return PostgresReader(plain) if scheme == "postgresql" else MySqlReader(plain)
    raise InvalidArgument(
        f"{without_password(url)!r} names no database of ML Metadata",
        hint="give a SQLite file, or sqlite:///FILE, mysql://USER:PASSWORD@HOST/DATABASE, postgresql://…",
    )


def without_password(url: str) -> str:
    """Return a URL that may be shown and kept."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if "password" not in name])
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query=query))


class SqliteReader:
    """Reads a SQLite file, in one read transaction."""

    path_table = "EventPath"
    path_order = "event_id, rowid"

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self.name = f"sqlite:///{quote(str(self._path))}"
        if not self._path.is_file():
            raise NotFound(f"there is no file {self._path}", hint="name the SQLite file that ML Metadata writes")
        with self._translated():
            self._connection = self._connect("mode=ro")
            try:
                # Looks at every page, so that a torn file is refused before anything is written.
                (answer,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            except BaseException:
                self._connection.close()
                raise
        if answer != "ok":
            self._connection.close()
            raise self._damaged(answer)

    def _connect(self, mode: str) -> sqlite3.Connection:
        uri = f"file:{quote(str(self._path))}?{mode}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, cached_statements=64)
        # ML Metadata writes whatever bytes a client sends as text. What is no UTF-8 must not end the reading.
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorname != "SQLITE_CANTOPEN" or mode != "mode=ro":
                raise
            log = self._path.with_name(f"{self._path.name}-wal")
            if log.exists() and log.stat().st_size:
                raise FailedPrecondition(
                    f"{self._path} has writes in {log.name} that cannot be read where it lies",
                    hint="copy both files into a directory that can be written, and import that copy",
                ) from error
            # A write-ahead file where no log may be placed can be read if nobody writes it.
            return self._connect("immutable=1")
        except BaseException:
            connection.close()
            raise
        return connection

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> Iterator[Cells]:
        """See `Reader.rows`."""
        with self._translated():
            yield from self._connection.execute(statement, parameters)

    def tables(self) -> dict[str, frozenset[str]]:
        """See `Reader.tables`."""
        names = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name.lower(): frozenset(column.lower() for (column,) in self.rows(_SQLITE_COLUMNS, (name,)))
            for name in names
        }

    def close(self) -> None:
        """See `Reader.close`."""
        self._connection.close()

    def _damaged(self, said: str) -> DataLoss:
        return DataLoss(
            f"{self._path} is damaged or cut off: {said}", hint="restore a whole copy of it; nothing was imported"
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", None) or ""
            if name == "SQLITE_NOTADB":
                raise FailedPrecondition(
                    f"{self._path} is no SQLite database", hint="name the file that ML Metadata writes"
                ) from error
            if name.startswith(("SQLITE_CORRUPT", "SQLITE_IOERR")):
                raise self._damaged(str(error)) from error
            raise Unavailable(f"{self._path} cannot be read: {error}", hint="check its permissions") from error


_SQLITE_COLUMNS = "SELECT name FROM pragma_table_info(?)"


class _ServerReader:
    """What the two servers have in common: the `%s` of their drivers, and their errors."""

    path_table = "EventPath"
    path_order = "event_id"

    def __init__(self, url: str, connection: Any, errors: type[Exception]) -> None:
        self.name = without_password(url)
        self._connection = connection
        self._errors = errors

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> Iterator[Cells]:
        """See `Reader.rows`."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement.replace("?", "%s"), tuple(parameters))
                yield from cursor
        except self._errors as error:
            raise _unreachable(self.name, error) from error

    def close(self) -> None:
        """See `Reader.close`."""
        self._connection.close()

    def _columns(self, schema: str) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        statement = f"SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = {schema}"
        for table, column in self.rows(statement):
            found.setdefault(table.lower(), set()).add(column.lower())
        return {table: frozenset(columns) for table, columns in found.items()}


class PostgresReader(_ServerReader):
    """Reads a PostgreSQL database, in one repeatable read."""

    path_order = "event_id, ctid"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtra("Reading PostgreSQL", extra="postgresql") from error
        try:
            connection = psycopg.connect(url)
        except psycopg.Error as error:
            raise _unreachable(without_password(url), error) from error
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        super().__init__(url, connection, psycopg.Error)

    def tables(self) -> dict[str, frozenset[str]]:
        """See `Reader.tables`."""
        return self._columns("current_schema()")


class MySqlReader(_ServerReader):
    """Reads a MySQL or MariaDB database, in one consistent snapshot."""

    def __init__(self, url: str) -> None:
        try:
            import pymysql
        except ImportError as error:
            raise MissingExtra("Reading MySQL", extra="mysql") from error
        parts = urlsplit(url)
        socket = parse_qs(parts.query).get("unix_socket", parse_qs(parts.query).get("socket", [""]))[-1]
        try:
            connection = pymysql.connect(
                host=parts.hostname or "localhost",
                port=parts.port or _SERVERS["mysql"],
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                database=unquote(parts.path.strip("/")),
                unix_socket=socket or None,
                charset="utf8mb4",
            )
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        except pymysql.MySQLError as error:
            raise _unreachable(without_password(url), error) from error
        super().__init__(url, connection, pymysql.MySQLError)
        indexes = self.rows(
            "SELECT index_name FROM information_schema.statistics WHERE table_schema = database() "
            "AND lower(table_name) = 'eventpath' AND lower(column_name) = 'event_id' AND seq_in_index = 1"
        )
        for (index,) in list(indexes):
            # The entries of an index end with the hidden row number: in its order, steps come as they were written.
            self.path_table = f"EventPath FORCE INDEX (`{index}`)"

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> Iterator[Cells]:
        """See `Reader.rows`."""
        for row in super().rows(statement, parameters):
            yield tuple(_as_written(cell) if isinstance(cell, str) and not cell.isascii() else cell for cell in row)

    def tables(self) -> dict[str, frozenset[str]]:
        """See `Reader.tables`."""
        return self._columns("database()")


def _as_written(text: str) -> str:
    """Return a text as ML Metadata reads it: over a latin1 connection, through which it sends and gets UTF-8.

    What another program stored properly is no UTF-8 there, and stays what it is.
    """
    try:
        return b"".join(map(_latin1, text)).decode()
    except UnicodeError:
        return text


def _latin1(character: str) -> bytes:
    # MySQL's latin1 is cp1252, and the five places that this leaves free are what they are.
    return bytes([ord(character)]) if ord(character) in _FREE else character.encode("cp1252")


_FREE = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))


def _unreachable(name: str, error: Exception) -> LinealError:
    return Unavailable(f"{name} cannot be read: {str(error).strip()}", hint="check host, database, user and password")
