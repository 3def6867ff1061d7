"""MySQL 8 and MariaDB 10.6 or later: what each connection promises, what goes wrong, what the database says of itself.

A commit that returned survives a crash of the server: `innodb_flush_log_at_trx_commit` must be 1, unless the URL says
`?synchronous=NORMAL`. A session is strict, cuts no recursion short, and compares texts byte by byte.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

from lineal.errors import FailedPrecondition, LinealError
from lineal.store.dialects.dialect import Cursor
from lineal.store.dialects.mysql_address import Address, Connection, pymysql
from lineal.store.dialects.mysql_errors import UNKNOWN_DATABASE, meaning
from lineal.store.dialects.mysql_wire import AWAY, LARGEST, MysqlWire, number_of
from lineal.store.dialects.patience import Patience, waited
from lineal.store.dialects.pool import Lease, PooledSessions
from lineal.store.dialects.rendering import Rendering
from lineal.store.dialects.server import Beginning, ServerSession, stream
from lineal.store.tables import BOUND, ONE_BLOCK

POOL_SIZE = 8
"""Connections a process holds at most, unless the URL says otherwise with `?pool=`."""

GUARDS = frozenset(
    f"{table}_{guard}"
    for table in (*(bound.name for bound in BOUND), "revision", "ledger_entry")
    for guard in ("no_delete", "no_update")
) | {"ledger_entry_in_order"}
"""The triggers that stop anybody from changing rows behind the ledger's back."""

COLLATIONS = {"MariaDB": "utf8mb4_nopad_bin", "MySQL": "utf8mb4_0900_bin"}
"""Byte by byte, also blanks at the end."""

_MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY"
_RECURSION = {"MariaDB": "max_recursive_iterations", "MySQL": "cte_max_recursion_depth"}
_FOR_EVER = 2**32 - 1
_DURABILITY = "innodb_flush_log_at_trx_commit"

_RENDERING = Rendering(
    (
        (r"json_each\(\?\)", "JSON_TABLE(?, '$[*]' COLUMNS (value BIGINT PATH '$'))"),
        (r"([\w.]+) IS DISTINCT FROM", r"NOT \1 <=>"),
        # A list of nothing, which holds nothing.
        (r"(?<!NOT )\bIN \(\)", "IN (NULL)"),
    )
)

_BEGINNING = Beginning(
    reading=("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",),
    # It takes no snapshot before its first plain SELECT, and that waits for this row: what it sees is all committed.
    writing=("START TRANSACTION", "SELECT 1 FROM write_lock WHERE id = 1 FOR UPDATE"),
)

_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
_TRIGGERS = "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
_VERSION = "SELECT version_num FROM alembic_version"
_FACTS = (_DURABILITY, "sync_binlog", "innodb_doublewrite", "max_allowed_packet", "log_bin")
_LOCK_WAIT = 1205


class MysqlDialect:
    """One database of a MySQL or MariaDB server."""

    name = "mysql"
    pipelines = False
    infinity = LARGEST
    block_bits = ONE_BLOCK
    errors: tuple[type[Exception], ...] = (pymysql.Error,)

    def __init__(
        self, address: Address, *, synchronous: str = "FULL", timeout: float | None = None, pool: int = POOL_SIZE
    ) -> None:
        self.address = address
        self.where = address.where
        self.synchronous = synchronous
        self.timeout = Patience.of(timeout).lock
        # The server counts its waits for locks in whole seconds.
        self._patience = Patience.of(None if timeout is None else max(1, math.ceil(timeout)))
        self._pool = pool
        self._packet = 0

    def sessions(self) -> PooledSessions:
        """Return a pool."""
        return PooledSessions(self, self._session, self._pool)

    def _session(self, lease: Lease) -> ServerSession:
        return ServerSession(MysqlWire(lease, self._packet), _RENDERING.render, _BEGINNING)

    def connect(self, *, limited: bool = True) -> Connection[Any]:
        """Return a new connection that keeps our promises, or raise the driver's error.

        Unless `limited` its statements may take as long as they need: making or changing a store does.
        """
        connection = self.address.open()
        try:
            self._prepare(connection, limited=limited)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: Connection[Any], *, limited: bool) -> None:
        kind = self.address.kind(connection)
        cursor = connection.cursor()
        cursor.execute(f"SET NAMES utf8mb4 COLLATE {COLLATIONS[kind]}")
        cursor.execute(
            f"SET SESSION sql_mode = '{_MODE}', innodb_lock_wait_timeout = {self._patience.lock:.0f}, "
            f"{_RECURSION[kind]} = {_FOR_EVER}"
        )
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SELECT @@sql_mode, @@max_allowed_packet, @@{_DURABILITY}, @@log_bin, @@sync_binlog")
        mode, self._packet, durability, binary_log, synchronized = cursor.fetchone()
        # A mode can be refused in silence: only its answer tells.
        if set(mode.split(",")) != set(_MODE.split(",")):
            raise FailedPrecondition(f"{self.where}: asked for sql_mode={_MODE}, the server answers {mode}")
        if self.synchronous == "FULL":
            # What the binary log has lost is taken out of the tables after a crash.
            self._assert_durable({_DURABILITY: durability, "sync_binlog": synchronized if binary_log else 1})
        self.address.listen(connection, self._patience.silence if limited else None)

    def _assert_durable(self, settings: dict[str, int]) -> None:
        for name, value in settings.items():
            if value != 1:
                raise FailedPrecondition(
                    f"{self.where}: {name} is {value}, so a commit that returned can be lost",
                    hint=f"SET GLOBAL {name} = 1 on the server, or accept the loss with ?synchronous=NORMAL in the URL",
                )

    def is_away(self, error: Exception) -> bool:
        """Return whether an error of `connect` may pass: the server restarts, or has no place left."""
        return isinstance(error, pymysql.Error) and number_of(error) in AWAY

    def stream(self, cursor: Cursor, statement: str) -> Iterator[Any]:
        """Yield the rows of a statement as the server sends them."""
        return stream(cursor, statement)

    def any_text(self, cursor: Cursor, error: Exception) -> AbstractContextManager[Cursor] | None:  # noqa: ARG002
        """Return None: the columns hold UTF-8 and nothing else."""
        return None

    def facts(self, cursor: Cursor) -> dict[str, str]:
        """Return what this database says about itself, for `lineal doctor`."""
        (version,) = cursor.execute("SELECT @@version").fetchone()
        facts = {"backend": version if "MariaDB" in version else f"MySQL {version}", "database": self.where}
        settings = cursor.execute(f"SELECT {', '.join(f'@@{name}' for name in _FACTS)}").fetchone()
        facts |= {name: str(value) for name, value in zip(_FACTS, settings, strict=True)}
        facts["missing guards"] = ", ".join(sorted(GUARDS - {row[0] for row in cursor.execute(_TRIGGERS)}))
        (facts["schema"],) = cursor.execute(_VERSION).fetchone()
        return facts

    def translate(self, error: Exception) -> LinealError:
        """Return the Lineal error that says what this driver error means."""
        return waited(self.where, self.timeout) if number_of(error) == _LOCK_WAIT else meaning(error, self.where)

    def close(self) -> None:
        """Do nothing: the pool is closed with its sessions."""

    # making and upgrading ------------------------------------------------------------------------
    def tables(self) -> set[str]:
        """Return the names of all tables and views of the database; none where it does not exist."""
        try:
            connection = self.address.open()
        except pymysql.Error as error:
            if number_of(error) == UNKNOWN_DATABASE:
                return set()
            raise
        with connection, connection.cursor() as cursor:
            cursor.execute(_TABLES)
            return {str(row[0]) for row in cursor.fetchall()}

    def need_database(self) -> None:
        """Raise the driver's error where the database is missing."""
        self.address.open().close()

    def make_database(self) -> None:
        """Make the database where it is missing and the user may."""
        name = self.address.database
        with self.address.open(server=True) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (name,))
            if cursor.fetchone() is None:
                quoted = name.replace("`", "``")
                cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{quoted}` CHARACTER SET utf8mb4")

    def version(self) -> str | None:
        """Return the version that the migrations left."""
        with self.address.open() as connection, connection.cursor() as cursor:
            cursor.execute(_VERSION)
            row = cursor.fetchone()
            return None if row is None else str(row[0])

    def collation(self, connection: Connection[Any]) -> str:
        """Return the name of the collation that compares texts byte by byte and pads nothing."""
        return COLLATIONS[self.address.kind(connection)]

    def engine(self) -> Engine:
        """Return an engine for the migrations. Each CREATE and ALTER is committed at once, whatever comes after it."""
        return create_engine("mysql+pymysql://", creator=lambda: self.connect(limited=False), poolclass=NullPool)

    @contextmanager
    def alone(self, connection: Any) -> Iterator[None]:
        """Wait until nobody else makes or migrates this store, and keep others out; for any DB-API connection."""
        raw = getattr(connection, "connection", connection)
        # The name of a lock has at most 64 characters, and is the whole server's.
        name = f"lineal_{sha256(self.address.database.encode()).hexdigest()[:32]}"
        with raw.cursor() as cursor:
            cursor.execute(f"SELECT GET_LOCK('{name}', {self._patience.lock:.0f})")
            if cursor.fetchone() != (1,):
                raise waited(self.where, self.timeout)
        try:
            yield
        finally:
            with raw.cursor() as cursor:
                cursor.execute(f"SELECT RELEASE_LOCK('{name}')")
