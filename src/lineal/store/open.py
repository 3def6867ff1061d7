"""Opening a store: the one file that knows which implementation a location needs, and imports only that."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from lineal.errors import InvalidArgument, LinealError, NotALinealStore, NotFound, SchemaVersionMismatch, StoreReadOnly
from lineal.store.clock import Clock, SystemClock
from lineal.store.location import Location
from lineal.store.migrations.head import HEAD, KNOWN
from lineal.store.protocol import Store

if TYPE_CHECKING:
    from lineal.store.dialects.sqlite import SqliteDialect

_SNAPSHOT = Path(__file__).parent / "migrations" / "sqlite.sql"
_SYNCHRONOUS = ("FULL", "NORMAL")

LONGEST_WAIT = 3600


def open_store(location: Location, *, clock: Clock | None = None, create: bool = True) -> Store:
    """Return the store of a location; an embedded one is created or upgraded where that is needed.

    Raises NotFound (nothing there and not `create`), NotALinealStore, SchemaVersionMismatch (newer than this
    Lineal), StoreReadOnly, StoreUnavailable.
    """
    # Deferred: `import lineal` loads no database code, and a process only that of the store it opens.
    from lineal.store.dialects.sqlite import SqliteDialect
    from lineal.store.sql import SqlStore

    dialect = SqliteDialect(location.database, synchronous=_synchronous(location.url), timeout=_timeout(location.url))
    try:
        version = _version(dialect)
        if version is None:
            if not create:
                raise NotFound(f"there is no Lineal store at {location.database}", hint="check --url or LINEAL_URL")
            _create(location.database, dialect)
        elif version != HEAD:
            upgrade_store(location)
    except sqlite3.Error as error:
        raise dialect.translate(error) from error
    return SqlStore(dialect, clock or SystemClock())


def schema_version(location: Location) -> str | None:
    """Return the schema version of a store without opening it, or None where there is none yet."""
    from lineal.store.dialects.sqlite import SqliteDialect

    dialect = SqliteDialect(location.database)
    try:
        return _version(dialect)
    except sqlite3.Error as error:
        raise dialect.translate(error) from error


def upgrade_store(location: Location) -> tuple[str, str]:
    """Bring a store to this Lineal's schema; return the version before and after."""
    version = schema_version(location)
    if version is None:
        raise NotFound(f"there is no Lineal store at {location.database}", hint="check --url or LINEAL_URL")
    if version == HEAD:
        return version, HEAD
    if version not in KNOWN:
        raise SchemaVersionMismatch(
            f"{location.database} has schema {version}, this Lineal speaks {HEAD}: it was written by a newer Lineal",
            found=version,
            wanted=HEAD,
            hint="upgrade Lineal (pip install -U lineal); nothing was changed",
        )
    from lineal.store.migrations.upgrade import upgrade

    upgrade(location.database)
    return version, HEAD


def _timeout(url: str) -> float | None:
    asked = parse_qs(urlsplit(url).query).get("timeout", [""])[-1]
    if not asked:
        return None
    try:
        seconds = float(asked)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT:
        raise InvalidArgument(f"timeout={asked} is no number of seconds from 0 to {LONGEST_WAIT}")
    return seconds


def _synchronous(url: str) -> str:
    asked = parse_qs(urlsplit(url).query).get("synchronous", ["FULL"])[-1].upper()
    if asked not in _SYNCHRONOUS:
        raise InvalidArgument(f"synchronous={asked} is not offered; use one of {', '.join(_SYNCHRONOUS)}")
    return asked


def _version(dialect: SqliteDialect) -> str | None:
    """Look at the file without changing it: a foreign database must stay as it is."""
    path = dialect.path
    if path.is_dir():
        raise NotALinealStore(f"{path} is a directory, not a database file", hint="name the file or its workspace")
    if not path.exists() or path.stat().st_size == 0:
        return None
    connection = dialect.look()
    try:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if not {"alembic_version", "ledger_entry", "artifact"} <= tables:
            shown = ", ".join(sorted(tables)[:4])
            raise NotALinealStore(
                f"{path} is an SQLite database, but not Lineal's (it has the tables {shown} …)",
                hint="check --url or LINEAL_URL; nothing was changed",
            )
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else "none"
    finally:
        connection.close()


def _create(path: Path, dialect: SqliteDialect) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_create(path, error.strerror) from error
    if not os.access(path.parent, os.W_OK):
        raise _cannot_create(path, "the directory cannot be written")
    connection = dialect.connect()
    try:
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been faster between our look and the lock.
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            for statement in _statements(_SNAPSHOT.read_text(encoding="utf-8")):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {dialect.APPLICATION_ID}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.close()
    if os.name == "posix":
        # What a workspace knows is its owner's business.
        path.chmod(0o600)


def _statements(script: str) -> list[str]:
    found: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found


def _cannot_create(path: Path, why: str | None) -> LinealError:
    return StoreReadOnly(f"{path} cannot be created: {why}", hint="choose another place with --url")
