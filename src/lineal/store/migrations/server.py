"""A server's database as a store: which schema it has, and what it must not be confused with."""

from __future__ import annotations

from typing import Any, Protocol

from lineal.errors import LinealError, NotALinealStore
from lineal.store.dialects.dialect import Dialect


class Database(Protocol):
    """What the life of a server's database needs of its dialect, besides a `Dialect`."""

    @property
    def where(self) -> str:
        """Which database it is, without any password."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """The driver's errors."""

    def make_database(self) -> None:
        """Make the database where it is missing, or raise what says how."""

    def need_database(self) -> None:
        """Raise what says that the database is missing, if it is."""

    def tables(self) -> set[str]:
        """Return the names of all tables the store would share its place with."""

    def version(self) -> str | None:
        """Return the version that the migrations left, None where they left none."""

    def engine(self) -> Any:
        """Return a SQLAlchemy engine for the migrations."""

    def alone(self, connection: Any) -> Any:
        """Return a context in which nobody else migrates this database."""

    def translate(self, error: Exception) -> LinealError:
        """Return the Lineal error that says what a driver error means."""


class Server:
    """The life of one store on a server."""

    def __init__(self, dialect: Dialect, database: Database) -> None:
        self.dialect = dialect
        self.database = database
        self.where = database.where

    def version(self) -> str | None:
        """Return the schema's version, None where the database is empty. A foreign one stays as it is."""
        try:
            tables = self.database.tables()
            if not tables:
                return None
            if not {"alembic_version", "ledger_entry", "artifact"} <= tables:
                # Another process may be in the middle of making it: on some servers each statement is visible at once.
                shown = ", ".join(sorted(tables)[:4])
                raise NotALinealStore(
                    f"{self.where} is a database, but not Lineal's (it has the tables {shown} …)",
                    hint="give Lineal a database of its own, or another schema; nothing was changed",
                )
            return self.database.version() or "none"
        except self.database.errors as error:
            raise self.database.translate(error) from error

    def need_database(self) -> None:
        """Raise NotFound where the database is missing."""
        try:
            self.database.need_database()
        except self.database.errors as error:
            raise self.database.translate(error) from error

    def create(self) -> bool:
        """Make the database if need be and return False: here the migrations make the store."""
        try:
            self.database.make_database()
        except self.database.errors as error:
            raise self.database.translate(error) from error
        return False
