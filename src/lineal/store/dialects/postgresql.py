"""PostgreSQL 13 and later, through psycopg 3: connections, durability, and what the database says about itself.

A commit that returned is on the server's disk: `synchronous_commit` is on for our sessions whatever the server's
default, and its answer is asserted. (With `fsync=off` the server itself breaks its word; `lineal doctor` says so.)
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from lineal.errors import FailedPrecondition, LinealError, MissingExtra, NotFound
from lineal.store.dialects.dialect import Cursor
from lineal.store.dialects.patience import CONNECT_SECONDS, Patience, waited
from lineal.store.dialects.rendering import Rendering
from lineal.store.tables import BOUND, ONE_BLOCK

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.types.numeric import Int8Dumper
    from psycopg.types.string import StrDumper
except ImportError as error:
    raise MissingExtra("A store on PostgreSQL", extra="postgresql") from error

from lineal.store.dialects.pool import Lease, PooledSessions
from lineal.store.dialects.postgresql_errors import AWAY, LOCK_NOT_AVAILABLE, first_line, is_without_database, translate
from lineal.store.dialects.postgresql_wire import ERRORS, PatientConnection, PostgresqlWire, is_silent
from lineal.store.dialects.server import Beginning, ServerSession, stream

POOL_SIZE = 8
"""Connections a process holds at most, unless the URL says otherwise with `?pool=`."""

DURABLE = ("on", "remote_apply")
"""What `synchronous_commit` may be."""

_RENDERING = Rendering(
    (
        # One parameter, a list in JSON's writing, is an array in PostgreSQL's.
        (r"json_each\(\?\) AS (\w+)", r"unnest(CAST(translate(?, '[]', '{}') AS BIGINT[])) AS \1(value)"),
        # A list of nothing, which holds nothing.
        (r"(?<!NOT )\bIN \(\)", "IN (NULL)"),
        # SQLite's word for a fixed order of joins; PostgreSQL plans by itself.
        (r"\bCROSS JOIN\b", "JOIN"),
    )
)

_BEGINNING = Beginning(
    reading=("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",),
    # READ COMMITTED: each statement behind the lock sees all that the writers before it committed.
    writing=("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", "SELECT 1 FROM write_lock WHERE id = 1 FOR UPDATE"),
)

_SETTINGS = """
SELECT
    set_config('lock_timeout', %s, false),
    set_config('statement_timeout', %s, false),
    set_config('idle_in_transaction_session_timeout', '0', false),
    CASE WHEN current_setting('synchronous_commit') = 'remote_apply' THEN 'remote_apply'
         ELSE set_config('synchronous_commit', 'on', false) END,
    current_setting('server_encoding')
"""

_FACTS = (
    "server_version", "server_encoding", "synchronous_commit", "fsync", "full_page_writes", "lock_timeout",
    "statement_timeout",
)  # fmt: skip

GUARDS = frozenset(
    f"{table}_no_{what}"
    for table in (*(bound.name for bound in BOUND), "revision", "ledger_entry")
    for what in ("delete", "update", "truncate")
) | {"ledger_entry_in_order"}
"""The triggers that stop anybody from changing rows behind the ledger's back."""

_GUARDS = """
SELECT tgname
FROM pg_trigger
WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgrelid IN (
    SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace
)
"""


_PASSING = (
    "refused", "starting up", "shutting down", "not yet accepting", "closed the connection",
    "reset by peer", "too many clients",
    "recovery", "No such file",
)  # fmt: skip

# What an extension brought along is nobody's data.
_TABLES = """
SELECT relname
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (
    SELECT 1 FROM pg_depend
    WHERE pg_depend.classid = 'pg_class'::regclass AND pg_depend.objid = pg_class.oid AND pg_depend.deptype = 'e'
)
"""

_CREATE_IT = "create it, or let Lineal create it"
_MIGRATING = 0x4C4E4541
"""The advisory lock of whoever makes or upgrades a store: `LNEA`."""


class PostgresqlDialect:
    """One database of a PostgreSQL server; `conninfo` is what libpq takes, `where` the same without its secrets."""

    name = "postgresql"
    pipelines = True
    infinity = math.inf
    block_bits = ONE_BLOCK
    errors = ERRORS

    def __init__(self, conninfo: str, where: str, *, timeout: float | None = None, pool: int = POOL_SIZE) -> None:
        self.where = where
        self._patience = Patience.of(timeout)
        self.timeout = self._patience.lock
        self._conninfo = conninfo
        self._pool = pool

    def sessions(self) -> PooledSessions:
        """Return a pool."""
        return PooledSessions(self, self._session, self._pool)

    def connect(self, *, limited: bool = True) -> psycopg.Connection[Any]:
        """Return a new connection with the promised durability, or raise the driver's error.

        Unless `limited` its statements may take as long as they need: a migration does.
        """
        connection = self._open(self._conninfo)
        try:
            self._prepare(connection, limited=limited)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self, conninfo: str) -> PatientConnection:
        if not {"connect_timeout", "PGCONNECT_TIMEOUT"} & {*conninfo_to_dict(conninfo), *os.environ}:
            conninfo = make_conninfo(conninfo, connect_timeout=round(CONNECT_SECONDS))
        connection = PatientConnection.connect(
            conninfo, autocommit=True, client_encoding="UTF8", fallback_application_name="lineal"
        )
        connection.silence = CONNECT_SECONDS
        return connection

    def _prepare(self, connection: PatientConnection, *, limited: bool) -> None:
        # The driver would choose the type by the number's size, and the server plan each choice anew.
        connection.adapters.register_dumper(int, Int8Dumper)
        connection.adapters.register_dumper(str, StrDumper)
        connection.prepared_max = 500
        limits = (_milliseconds(self._patience.lock), _milliseconds(self._patience.statement if limited else 0))
        settings = connection.execute(_SETTINGS, limits).fetchone()
        assert settings is not None
        *_, synchronous, encoding = settings
        if synchronous not in DURABLE:
            raise FailedPrecondition(f"{self.where}: asked for synchronous_commit=on, PostgreSQL answers {synchronous}")
        if encoding != "UTF8":
            raise FailedPrecondition(
                f"{self.where}: the database's encoding is {encoding}; Lineal keeps any text, so it needs UTF8",
                hint="CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
            )
        connection.silence = self._patience.silence if limited else None

    def _session(self, lease: Lease) -> ServerSession:
        return ServerSession(PostgresqlWire(lease), _RENDERING.render, _BEGINNING, pipelines=True)

    def is_away(self, error: Exception) -> bool:
        """Return whether an error of `connect` may pass: the server restarts, or has no place left."""
        state = getattr(error, "sqlstate", None)
        said = str(error)
        if is_silent(error):
            return True
        if state is None:
            # Before a session exists libpq gives no SQLSTATE, only words.
            return any(words in said for words in _PASSING)
        return state in AWAY

    def facts(self, cursor: Cursor) -> dict[str, str]:
        """Return what this database says about itself, for `lineal doctor`."""
        settings = ", ".join(f"current_setting('{name}')" for name in _FACTS)
        found = dict(zip(_FACTS, cursor.execute(f"SELECT {settings}").fetchone(), strict=True))
        facts = {"backend": f"PostgreSQL {found.pop('server_version')}", "database": self.where, **found}
        there = {row[0] for row in cursor.execute(_GUARDS)}
        facts["missing guards"] = ", ".join(sorted(GUARDS - there))
        (facts["schema"],) = cursor.execute("SELECT version_num FROM alembic_version").fetchone()
        return facts

    def stream(self, cursor: Cursor, statement: str) -> Iterator[Any]:
        """Yield the rows of a statement as the server sends them."""
        return stream(cursor, statement)

    def any_text(self, cursor: Cursor, error: Exception) -> AbstractContextManager[Cursor] | None:  # noqa: ARG002
        """Return None: this database holds no text that is none."""
        return None

    def translate(self, error: Exception) -> LinealError:
        """Return the Lineal error that says what this driver error means."""
        if getattr(error, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            return waited(self.where, self.timeout)
        return translate(self.where, error)

    def close(self) -> None:
        """Do nothing: the pool is closed with its sessions."""

    # making and upgrading ------------------------------------------------------------------------
    def tables(self) -> set[str]:
        """Return the names of all tables and views where the store would live; none where there is no database."""
        try:
            connection = self.connect()
        except psycopg.Error as error:
            if is_without_database(error):
                return set()
            raise
        with connection:
            return {name for (name,) in connection.execute(_TABLES)}

    def need_database(self) -> None:
        """Raise NotFound where the database is missing."""
        error = self._missing()
        if error is not None:
            raise NotFound(f"{self.where}: there is no such database ({first_line(error)})", hint=_CREATE_IT) from error

    def make_database(self) -> None:
        """Make the database where it is missing. Raises NotFound with the statement to run where the role may not."""
        if self._missing() is not None:
            self._create_database()

    def _missing(self) -> psycopg.Error | None:
        """Return what says that the database is missing, None where it is there."""
        try:
            self._open(self._conninfo).close()
        except psycopg.Error as error:
            if not is_without_database(error):
                raise
            return error
        return None

    def _create_database(self) -> None:
        settings = conninfo_to_dict(self._conninfo)
        create = f"CREATE DATABASE {_quoted(settings.get('dbname'))} ENCODING 'UTF8' TEMPLATE template0"
        try:
            with self._open(make_conninfo(self._conninfo, dbname="postgres")) as connection:
                connection.execute(create)
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # another process was faster
        except psycopg.Error as error:
            raise NotFound(
                f"{self.where}: there is no such database, and it cannot be made ({first_line(error)})",
                hint=f"let an administrator say: {create} OWNER {_quoted(settings.get('user'))}",
            ) from error

    def version(self) -> str | None:
        """Return the version that the migrations left."""
        with self.connect() as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return None if row is None else str(row[0])

    def engine(self) -> Engine:
        """Return an engine for the migrations, whose transactions cover DDL."""

        def connect() -> psycopg.Connection[Any]:
            connection = self.connect(limited=False)
            connection.autocommit = False
            return connection

        return create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)

    @contextmanager
    def alone(self, connection: Connection) -> Iterator[None]:
        """Wait until nobody else migrates this database, and keep others out."""
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_MIGRATING})")
        connection.commit()
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_MIGRATING})")
            connection.commit()


def _quoted(name: object) -> str:
    return '"' + str(name).replace('"', '""') + '"'


def _milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
