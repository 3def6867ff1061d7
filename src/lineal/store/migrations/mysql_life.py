"""A MySQL or MariaDB database as a store: which schema it has, and how it becomes one.

No CREATE can be undone there. So one process at a time makes a store, under a lock of the server's; the row in
`alembic_version` comes last and says that it is whole; and what an interrupted one left behind, all of it empty, is
removed before the next begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lineal.errors import NotALinealStore
from lineal.store.dialects.mysql import POOL_SIZE, MysqlDialect
from lineal.store.dialects.mysql_address import Address
from lineal.store.migrations.mysql_schema import FINISHED, MARKED, OURS, statements


class MysqlLife:
    """The life of one store on a server."""

    def __init__(
        self,
        url: str,
        where: str,
        options: Mapping[str, str],
        *,
        synchronous: str = "FULL",
        timeout: float | None = None,
        pool: int = POOL_SIZE,
    ) -> None:
        address = Address(url, where, options)
        self.dialect = self.database = MysqlDialect(address, synchronous=synchronous, timeout=timeout, pool=pool)
        self.where = where

    def version(self) -> str | None:
        """Return the schema's version, None where there is no store, or one that was never finished."""
        try:
            return self._version()
        except self.dialect.errors as error:
            raise self.dialect.translate(error) from error

    def need_database(self) -> None:
        """Raise NotFound where the database is missing."""
        try:
            self.dialect.need_database()
        except self.dialect.errors as error:
            raise self.dialect.translate(error) from error

    def create(self) -> bool:
        """Make the store, unless another process was faster; the database too, where it is missing."""
        try:
            self.dialect.make_database()
            with self.dialect.connect(limited=False) as connection, self.dialect.alone(connection):
                if self._version() is None:
                    self._make(connection)
        except self.dialect.errors as error:
            raise self.dialect.translate(error) from error
        return True

    def _version(self) -> str | None:
        tables = self.dialect.tables()
        if {"alembic_version", "ledger_entry", "artifact"} <= tables:
            version = self.dialect.version()
            if version is not None:
                return version
        if tables <= OURS:
            return None
        shown = ", ".join(sorted(tables - OURS)[:4])
        raise NotALinealStore(
            f"{self.where} is a database, but not Lineal's (it has the tables {shown} …)",
            hint="give Lineal a database of its own; nothing was changed",
        )

    def _make(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            self._clear(cursor)
            for statement in statements(self.dialect.collation(connection)):
                cursor.execute(statement)
            cursor.execute(FINISHED)

    def _clear(self, cursor: Any) -> None:
        """Remove the tables of a store that was never finished."""
        left = sorted(self.dialect.tables())
        for table in left:
            cursor.execute(f"SELECT 1 FROM `{table}` LIMIT 1")
            if cursor.fetchone() is not None and table not in MARKED:
                raise NotALinealStore(
                    f"{self.where} has rows in {table}, but nothing says of which schema",
                    hint="restore a backup, or name an empty database; nothing was changed",
                )
        for table in left:
            cursor.execute(f"DROP TABLE `{table}`")
