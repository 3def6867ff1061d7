"""SQLite: connections, durability, and its errors in Lineal's words.

Write-ahead log with `synchronous=FULL`: a commit that returned survives a power cut. `?synchronous=NORMAL` in the
URL gives that up for speed (the last commits may be lost, the file never breaks).
"""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lineal.errors import (
    AlreadyExists,
    DataLoss,
    FailedPrecondition,
    LinealError,
    NotALinealStore,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
)
from lineal.store.dialects.dialect import Cursor
from lineal.store.dialects.patience import Patience, waited
from lineal.store.dialects.threads import ThreadSessions
from lineal.store.location import Temporary
from lineal.store.tables import BLOCK_BITS, BOUND

GUARDS = frozenset(
    f"{table}_{guard}"
    for table in (*(bound.name for bound in BOUND), "revision", "ledger_entry")
    for guard in ("no_delete", "no_update", "no_overwrite")
)
"""The triggers that stop anybody from changing rows behind the ledger's back."""

_SYNCHRONOUS = {"FULL": 2, "NORMAL": 1, "OFF": 0}

_PAGE = 2048
"""Bytes of a new store's pages. A write logs each page it touches whole, and most rows are far smaller than one."""

_GROWS = ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE", "SQLITE_IOERR_SHM")
"""Errors of a file that could not be made longer: SQLite does not say whether for want of space."""

_STEP = 32768
"""Bytes by which the index of the log grows: with less than that free the disk is full."""

_LOG = 4_000
"""Pages the log has before they are moved into the file: what many commits touched is moved once (decision 36)."""


class SqliteDialect:
    """Opens connections to one database file, and translates what goes wrong."""

    APPLICATION_ID = 0x4C4E4541
    """Marks a database file as Lineal's: `LNEA`."""

    name = "sqlite"
    pipelines = False
    infinity = math.inf
    block_bits = BLOCK_BITS
    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(
        self,
        path: Path,
        *,
        synchronous: str = "FULL",
        timeout: float | None = None,
        temporary: Temporary | None = None,
    ) -> None:
        self.path = path
        self.where = str(path)
        self.synchronous = synchronous
        self.timeout = Patience.of(timeout).lock
        self._temporary = temporary

    def sessions(self) -> ThreadSessions:
        """Return a source of sessions, one a thread."""
        return ThreadSessions(self.connect, self.path)

    def connect(self) -> sqlite3.Connection:
        """Return a new connection with the promised durability, or raise why there is none."""
        try:
            connection = sqlite3.connect(
                self._uri("mode=rwc" if self._writable() else "mode=ro"),
                uri=True,
                timeout=self.timeout,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise self.translate(error) from error
        return connection

    def look(self) -> sqlite3.Connection:
        """Return a connection that changes nothing, also to what may not be a store at all. Raises sqlite3.Error."""
        return sqlite3.connect(self._uri("mode=ro"), uri=True, timeout=self.timeout)

    def _uri(self, mode: str) -> str:
        log, shared = (self.path.with_name(f"{self.path.name}-{suffix}") for suffix in ("wal", "shm"))
        in_use = shared.exists() or (log.exists() and log.stat().st_size > 0)
        if not self._writable() and not in_use:
            # SQLite reads a write-ahead store only where it can place its log, unless told that nobody writes.
            mode = "immutable=1"
        return f"file:{quote(str(self.path.absolute()))}?{mode}"

    def _writable(self) -> bool:
        """A read-only file or directory cannot hold the log; such a store can still be read."""
        return os.access(self.path.parent, os.W_OK) and (not self.path.exists() or os.access(self.path, os.W_OK))

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if self._writable():
            # Only an empty file takes this: a store keeps the pages it was made with.
            connection.execute(f"PRAGMA page_size = {_PAGE}")
            # A pragma can be refused in silence: only its answer tells.
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":
                raise FailedPrecondition(
                    f"{self.path}: the file system refuses SQLite's write-ahead log (journal mode is {mode!r})",
                    hint="put the workspace on a local disk",
                )
        connection.execute(f"PRAGMA synchronous = {self.synchronous}")
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
        if level != _SYNCHRONOUS[self.synchronous]:
            raise FailedPrecondition(f"{self.path}: asked for synchronous={self.synchronous}, SQLite answers {level}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG}")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA temp_store = MEMORY")
        # Deep closures sort and join more than the default page cache holds; mapping saves copies.
        connection.execute("PRAGMA mmap_size = 268435456")

    def stream(self, cursor: Cursor, statement: str) -> Iterator[Any]:
        """Yield the rows of a statement."""
        return iter(cursor.connection.cursor().execute(statement))

    def any_text(self, cursor: Cursor, error: Exception) -> AbstractContextManager[Cursor] | None:
        """Return a cursor that reads bytes which are no UTF-8 as surrogates, if that went wrong. It is slower."""
        undecodable = isinstance(error, sqlite3.OperationalError) and "decode" in str(error)
        connection = cursor.connection
        return _surrogates(connection) if undecodable and isinstance(connection, sqlite3.Connection) else None

    def facts(self, cursor: Cursor) -> dict[str, str]:
        """Return what this database says about itself, for `lineal doctor`."""
        facts = {"backend": f"SQLite {sqlite3.sqlite_version}", "file": str(self.path)}
        for pragma in ("journal_mode", "synchronous", "page_size", "page_count", "application_id"):
            facts[pragma] = str(cursor.execute(f"PRAGMA {pragma}").fetchone()[0])
        there = {row[0] for row in cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        facts["missing guards"] = ", ".join(sorted(GUARDS - there))
        (facts["schema"],) = cursor.execute("SELECT version_num FROM alembic_version").fetchone()
        return facts

    def close(self) -> None:
        """Remove a temporary store."""
        if self._temporary is not None:
            self._temporary.remove()

    def _is_full(self) -> bool:
        with suppress(OSError):
            return shutil.disk_usage(self.path.parent).free < _STEP
        return False

    def translate(self, error: Exception) -> LinealError:
        """Return the Lineal error that says what this driver error means."""
        name = getattr(error, "sqlite_errorname", "") or ""
        text = str(error)
        where = f"{self.path}: "
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return waited(self.where, self.timeout)
        if name == "SQLITE_FULL" or "disk is full" in text or (name.startswith(_GROWS) and self._is_full()):
            return StoreFull(f"{where}the disk is full; nothing of this write was kept", hint="free some space")
        if name.startswith("SQLITE_READONLY") or name == "SQLITE_PERM":
            return StoreReadOnly(f"{where}the store cannot be written ({text})", hint="check the file's permissions")
        if name.startswith("SQLITE_CANTOPEN"):
            return StoreUnavailable(f"{where}the store cannot be opened ({text})", hint="check path and permissions")
        if name == "SQLITE_NOTADB":
            return NotALinealStore(f"{where}this file is not a Lineal database", hint="check --url or LINEAL_URL")
        if name.startswith("SQLITE_CORRUPT"):
            return DataLoss(f"{where}the database file is damaged ({text})", hint="restore a backup")
        if name.startswith("SQLITE_CONSTRAINT"):
            return AlreadyExists(f"{where}the database refused the row: {text}")
        return StoreUnavailable(f"{where}SQLite says: {text}" + (f" ({name})" if name else ""))


@contextmanager
def _surrogates(connection: sqlite3.Connection) -> Iterator[Cursor]:
    usual = connection.text_factory
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        with closing(connection.cursor()) as cursor:
            yield cursor
    finally:
        connection.text_factory = usual
