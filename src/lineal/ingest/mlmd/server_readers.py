"""Readers of servers: PostgreSQL, and MySQL or MariaDB. Each reads one consistent state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from lineal.errors import InvalidArgument, LinealError, MissingExtra, Unavailable
from lineal.ingest.mlmd.rereading import Rereading
from lineal.ingest.mlmd.rows import Cells
from lineal.store.location import without_password

_MYSQL_PORT = 3306

_TLS = ("ssl_ca", "ssl_cert", "ssl_key")
_OPTIONS = frozenset((*_TLS, "ssl_verify", "socket", "unix_socket", "charset"))
_CHARSETS = ("latin1", "utf8mb4")
_YES = frozenset({"1", "true", "yes", "on"})


class _ServerReader:
    """What the two servers have in common: the `%s` of their drivers, and their errors."""

    path_table = "EventPath"
    path_order = "event_id"

    def __init__(self, url: str, connection: Any, errors: type[Exception]) -> None:
        self.name = without_password(url)
        self.rereading = Rereading()
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

    def check(self) -> None:
        """See `Reader.check`: a server checks its files itself."""

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
    """Reads a MySQL or MariaDB database, in one consistent snapshot.

    Options of the URL are those of a store on such a server (`ssl_ca`, `ssl_cert`, `ssl_key`, `ssl_verify`, `socket`),
    and `charset`: `latin1` reads texts as ML Metadata does, `utf8mb4` as they are stored.
    """

    def __init__(self, url: str) -> None:
        try:
            import pymysql
        except ImportError as error:
            raise MissingExtra("Reading MySQL", extra="mysql") from error
        parts = urlsplit(url)
        options = _options(parts)
        self._as_stored = options.get("charset") == "utf8mb4"
        try:
            connection = pymysql.connect(
                host=parts.hostname or "localhost",
                port=_port(parts),
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                database=unquote(parts.path.strip("/")),
                unix_socket=options.get("unix_socket") or options.get("socket") or None,
                charset="utf8mb4",
                **_encryption(options),
            )
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        except (pymysql.MySQLError, OSError) as error:
            # OSError: a certificate that is not there, or is none.
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
            if self._as_stored:
                yield row
            else:
                yield tuple(self.rereading.read(cell) if isinstance(cell, str) else cell for cell in row)

    def tables(self) -> dict[str, frozenset[str]]:
        """See `Reader.tables`."""
        return self._columns("database()")


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or _MYSQL_PORT
    except ValueError as error:
        raise InvalidArgument(
            "the source's URL has no port number behind its host",
            hint="mysql://USER:PASSWORD@HOST:3306/DATABASE; in a password, write : as %3A, / as %2F and @ as %40",
        ) from error


def _options(parts: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - _OPTIONS):
        raise InvalidArgument(
            f"the source's URL has the option {unknown[0]!r}, which is none of {', '.join(sorted(_OPTIONS))}"
        )
    if (charset := options.get("charset", _CHARSETS[0])) not in _CHARSETS:
        raise InvalidArgument(f"charset={charset} is neither of {' and '.join(_CHARSETS)}")
    return options


def _encryption(options: dict[str, str]) -> dict[str, Any]:
    settings: dict[str, Any] = {name: options[name] for name in _TLS if options.get(name)}
    if options.get("ssl_verify", "").lower() in _YES:
        settings |= {"ssl_verify_cert": True, "ssl_verify_identity": True}
    return settings


def _unreachable(name: str, error: Exception) -> LinealError:
    return Unavailable(f"{name} cannot be read: {str(error).strip()}", hint="check host, database, user and password")
