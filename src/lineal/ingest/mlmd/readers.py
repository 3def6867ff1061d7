"""Readers: one connection to a database of ML Metadata, read only, all of it as it was at one moment.

Statements have SQLite's `?`. Nothing a driver raises leaves a reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from lineal.errors import InvalidArgument
from lineal.ingest.mlmd.rereading import Rereading
from lineal.ingest.mlmd.rows import Cells
from lineal.ingest.mlmd.server_readers import MySqlReader, PostgresReader
from lineal.ingest.mlmd.sqlite_reader import SqliteReader
from lineal.store.location import check_user, without_password

_HINT = "give a SQLite file, or sqlite:///FILE, mysql://USER:PASSWORD@HOST/DATABASE, postgresql://…"


class Reader(Protocol):
    """What a source asks of a database. `name` says which one, without any password.

    `path_order` orders the steps of an event's path as they were written; `path_table` is where they are read from.
    `rereading` is what was read otherwise than it is stored.
    """

    name: str
    path_table: str
    path_order: str
    rereading: Rereading

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> Iterator[Cells]:
        """Yield the rows of a statement."""

    def tables(self) -> dict[str, frozenset[str]]:
        """Return every table with its columns, all in lower case."""

    def check(self) -> None:
        """Raise DataLoss if the database is damaged."""

    def close(self) -> None:
        """Let the database go."""


def open_reader(url: str) -> Reader:
    """Return a reader of the database at `url`: `sqlite:///FILE` or a path, `mysql://…` or `postgresql://…`.

    Raises NotFound, Unavailable, InvalidArgument (a URL that names no such database), MissingExtra.
    """
    if "://" not in url:
        return SqliteReader(Path(url).expanduser())
    try:
        parts = urlsplit(url)
    except ValueError as error:
        # The URL is not shown: where a password ends in it is not known.
        raise InvalidArgument(f"the source's URL cannot be read: {error}", hint=_HINT) from error
    check_user(parts, "the source's URL")
    scheme = parts.scheme.partition("+")[0]
    if scheme == "sqlite":
        path = unquote(url.partition(":///")[2].partition("?")[0])
        if path:
            return SqliteReader(Path(path))
    elif parts.path.strip("/"):
        if scheme in {"postgresql", "postgres"}:
            return PostgresReader(urlunsplit(parts._replace(scheme="postgresql")))
        if scheme in {"mysql", "mariadb"}:
            return MySqlReader(urlunsplit(parts._replace(scheme="mysql")))
    raise InvalidArgument(f"{without_password(url)!r} names no database of ML Metadata", hint=_HINT)
