"""The databases a store can live in, each as one small class: how to open its store, and how to look behind it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from urllib.parse import quote

import psycopg

from lineal.store.location import locate, of_database
from lineal.store.open import open_store


class Backend:
    """One store, opened as often as wanted; each time is another client of the same data."""

    def __init__(self, location) -> None:
        self.location = location
        self._opened = []

    def open(self, clock=None):
        """Return the store; each call gives another client of the same data."""
        store = open_store(self.location, clock=clock)
        self._opened.append(store)
        return store

    def url(self) -> str:
        """What another process opens."""
        return self.location.url

    def dump(self) -> dict[str, list[tuple]]:
        """Return every row of every table, read without our code."""
        with closing(self.behind()) as connection:
            cursor = connection.cursor()
            cursor.execute(self.TABLES)
            found = {}
            for (name,) in sorted(cursor.fetchall()):
                cursor.execute(f"SELECT * FROM {name}")
                # A server promises no order of rows.
                found[name] = sorted(cursor.fetchall(), key=repr)
            return found

    def close(self) -> None:
        """Close every client."""
        for store in self._opened:
            store.close()


class SqliteBackend(Backend):
    """A store in a file of its own."""

    HOLDS_NUL = True
    TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"

    def __init__(self, directory, _request) -> None:
        super().__init__(of_database(directory / "store.db"))

    def behind(self):
        """Return a connection of the driver's."""
        return sqlite3.connect(self.location.database)


class PostgresqlBackend(Backend):
    """A store in a database of its own, made from one that was migrated once."""

    HOLDS_NUL = False
    TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"

    def __init__(self, directory, request) -> None:
        self._server = request.getfixturevalue("postgresql")
        self._url = self._server.new_database(template=request.getfixturevalue("postgresql_template"))
        super().__init__(locate(f"{self._url}?home={quote(str(directory / 'home'))}"))

    def behind(self):
        """Return a connection of the driver's."""
        return psycopg.connect(self._url, autocommit=True)

    def close(self) -> None:
        """Close every client and remove the database."""
        super().close()
        self._server.drop_database(self._url)


class MariadbBackend(Backend):
    """A store in a database of its own on MariaDB (or MySQL)."""

    HOLDS_NUL = True
    TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"

    def __init__(self, directory, request) -> None:
        self._server = request.getfixturevalue("mariadb")
        self._url = self._server.new_database()
        super().__init__(locate(f"{self._url}?home={quote(str(directory / 'home'))}"))

    def behind(self):
        """Return a connection of the driver's."""
        return self._server.admin(self._url.rpartition("/")[2])

    def close(self) -> None:
        """Close every client and remove the database."""
        super().close()
        self._server.drop_database(self._url)


BACKENDS = {"sqlite": SqliteBackend, "postgresql": PostgresqlBackend, "mariadb": MariadbBackend}
