"""An SQLite file as a store: which schema it has, how it becomes one, how it is brought up to date."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from lineal.errors import LinealError, NotALinealStore, StoreReadOnly
from lineal.store.dialects.sqlite import SqliteDialect
from lineal.store.location import Temporary, looking_at

_SNAPSHOT = Path(__file__).with_name("sqlite.sql")


class Embedded:
    """The life of one SQLite store. Raises the driver's errors as Lineal's."""

    def __init__(self, path: Path, *, synchronous: str, timeout: float | None, temporary: Temporary | None) -> None:
        self.dialect = SqliteDialect(path, synchronous=synchronous, timeout=timeout, temporary=temporary)
        self.database = path
        self.where = str(path)

    def version(self) -> str | None:
        """Return the schema's version, None where there is nothing yet. A foreign database stays as it is."""
        try:
            with looking_at(self.database):
                return self._version()
        except sqlite3.Error as error:
            raise self.dialect.translate(error) from error

    def need_database(self) -> None:
        """Do nothing: the file is made with the store."""

    def create(self) -> bool:
        """Make the store from the snapshot, unless another process was faster."""
        try:
            self._create()
            return True
        except sqlite3.Error as error:
            raise self.dialect.translate(error) from error

    def _version(self) -> str | None:
        path = self.dialect.path
        if path.is_dir():
            raise NotALinealStore(f"{path} is a directory, not a database file", hint="name the file or its workspace")
        if not path.exists() or path.stat().st_size == 0:
            return None
        connection = self.dialect.look()
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

    def _create(self) -> None:
        path = self.dialect.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_create(path, error.strerror) from error
        if not os.access(path.parent, os.W_OK):
            raise _cannot_create(path, "the directory cannot be written")
        connection = self.dialect.connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            # Another process may have been faster between our look and the lock.
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
                for statement in _statements(_SNAPSHOT.read_text(encoding="utf-8")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {self.dialect.APPLICATION_ID}")
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
