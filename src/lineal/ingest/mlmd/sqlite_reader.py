"""The reader of a SQLite file: read only, all of it as it was at one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from lineal.errors import DataLoss, FailedPrecondition, InvalidArgument, NotFound, Unavailable
from lineal.ingest.mlmd.interrupted import InterruptedCopy
from lineal.ingest.mlmd.rereading import Rereading
from lineal.ingest.mlmd.rows import Cells
from lineal.store.location import looking_at


class SqliteReader:
    """Reads a SQLite file, in one read transaction."""

    path_table = "EventPath"
    path_order = "event_id, rowid"

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self.name = f"sqlite:///{quote(str(self._path))}"
        self.rereading = Rereading()
        self._copy: InterruptedCopy | None = None
        with looking_at(self._path):
            if self._path.is_dir():
                raise InvalidArgument(f"{self._path} is a directory, not a file", hint=_NAME_IT)
            if not self._path.is_file():
                raise NotFound(f"there is no file {self._path}", hint=_NAME_IT)
        with self._translated():
            self._connection = self._opened()

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connect(self._path, "mode=ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_READONLY_ROLLBACK":
                raise
        self._copy = InterruptedCopy(self._path)
        try:
            return self._connect(self._copy.path, "mode=rw")
        except BaseException:
            self._copy.remove()
            raise

    def _connect(self, path: Path, mode: str) -> sqlite3.Connection:
        uri = f"file:{quote(str(path))}?{mode}"
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
            return self._connect(path, "immutable=1")
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

    def check(self) -> None:
        """See `Reader.check`. Looks at every page, so that a torn file is refused before anything is written."""
        ((answer,),) = self.rows("PRAGMA quick_check(1)")
        if answer != "ok":
            raise self._damaged(answer)

    def close(self) -> None:
        """See `Reader.close`."""
        self._connection.close()
        if self._copy is not None:
            self._copy.remove()

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
                raise FailedPrecondition(f"{self._path} is no SQLite database", hint=_NAME_IT) from error
            if name.startswith(("SQLITE_CORRUPT", "SQLITE_IOERR")):
                raise self._damaged(str(error)) from error
            if name.startswith("SQLITE_BUSY"):
                raise Unavailable(
                    f"{self._path} is locked: another process writes to it", hint="wait for it to end, or import a copy"
                ) from error
            hint = "check its permissions" if name.startswith(_REFUSALS) else None
            raise Unavailable(f"{self._path} cannot be read: {error}", hint=hint) from error


_NAME_IT = "name the SQLite file that ML Metadata writes"
_REFUSALS = ("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_READONLY")
_SQLITE_COLUMNS = "SELECT name FROM pragma_table_info(?)"
