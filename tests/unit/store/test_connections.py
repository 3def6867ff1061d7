"""Connections: one a thread and given back, one writer at a time, a lock that is waited for only so long."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from lineal.errors import Aborted, AlreadyExists, StoreTimeout, StoreUnavailable
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.store.clock import SystemClock
from lineal.store.connections import Connections
from lineal.store.dialects.sqlite import SqliteDialect
from lineal.store.location import locate
from lineal.store.open import _life
from lineal.store.sql import SqlStore

BY = Origin(actor="ada", action="test")


@pytest.fixture
def hasty(database):
    """A store that waits for a lock for a moment only."""
    store = SqlStore(SqliteDialect(database, timeout=0.05), SystemClock())
    yield store
    store.close()


def test_a_lock_held_by_another_writer_ends_in_a_timeout_and_changes_nothing(database, hasty):
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreTimeout, match=r"another writer held the store for more than 0\.05 s") as caught:
            hasty.put([Artifact(type="Model", name="late")], by=BY)
        assert "try again" in caught.value.hint
        assert hasty.named(Artifact, "Model", "late") == []
        other.execute("ROLLBACK")
    hasty.put([Artifact(type="Model", name="late")], by=BY)
    assert len(hasty.named(Artifact, "Model", "late")) == 1


def test_readers_are_not_held_up_by_a_writer(database, hasty):
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO property_int VALUES (9, 'x', 1, 1)")
        assert hasty.get(Artifact, [1])[0].name == "d@1"
        other.execute("ROLLBACK")


OPEN = Path("/proc/self/fd")


def open_files(database):
    return sum(str(link.resolve()).startswith(str(database)) for link in OPEN.iterdir())


@pytest.mark.skipif(not OPEN.exists(), reason="platform: open files are counted in /proc")
def test_threads_that_ended_leave_no_open_files(database, hasty):
    hasty.list(Artifact)
    before = open_files(database)
    for _ in range(30):
        thread = threading.Thread(target=lambda: hasty.list(Artifact))
        thread.start()
        thread.join()
    # The connection of the last one goes with the next to come.
    assert open_files(database) <= 3 * before
    hasty.close()
    assert open_files(database) == 0


@pytest.mark.parametrize("instead", [None, "another file", "a copy of it"])
def test_what_nobody_would_find_is_neither_written_nor_listed(database, hasty, instead):
    hasty.put([Artifact(type="Model", name="before")], by=BY)
    away = database.with_name("away.db")
    copy = database.with_name("copy.db")
    copy.write_bytes(database.read_bytes())
    database.rename(away)
    if instead is not None:
        copy.rename(database) if "copy" in instead else database.write_bytes(b"")
    for ask in (lambda: hasty.put([Artifact(type="Model", name="lost")], by=BY), lambda: hasty.list(Artifact)):
        with pytest.raises(
            StoreUnavailable, match=r"store\.db was moved, deleted or replaced while it was open"
        ) as caught:
            ask()
        assert "restart what has it open" in caught.value.hint
    away.replace(database)
    hasty.put([Artifact(type="Model", name="after")], by=BY)
    assert [len(hasty.named(Artifact, "Model", name)) for name in ("before", "lost", "after")] == [1, 0, 1]


def test_a_write_that_failed_leaves_its_thread_able_to_write(hasty):
    for _ in range(3):
        with pytest.raises(AlreadyExists):
            hasty.put([Artifact(type="RawData", name="d@1")], by=BY)
        hasty.put([Artifact(type="Model")], by=BY)
    assert hasty.verify().ok


def test_a_batch_that_the_database_undid_is_refused_at_its_end(hasty):
    entries = len(hasty.entries())
    with pytest.raises(Aborted, match="this batch was undone"), hasty.batch():  # noqa: PT012  the block is the batch
        hasty.put([Artifact(type="Model")], by=BY)
        # As a full disk does, and a deadlock on MySQL, where a COMMIT without a transaction would say nothing.
        hasty._connections._local.session.roll_back()
    assert len(hasty.entries()) == entries


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_away_is_unavailable_whatever_is_asked_of_it(scheme, tmp_path):
    location = locate(f"{scheme}://lineal@127.0.0.1:1/lineal?home={tmp_path}")
    store = SqlStore(_life(location).dialect, SystemClock())
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        store.list_types()
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        store.put([Artifact(type="Model")], by=BY)
    with pytest.raises(StoreUnavailable, match="cannot be reached"), store.batch():
        pass
    store.close()


def test_reading_sees_one_state_from_its_first_look_on(database, hasty):
    connections = Connections(SqliteDialect(database))
    with connections.reading() as cursor:
        (before,) = cursor.execute("SELECT count(*) FROM artifact").fetchone()
        thread = threading.Thread(target=lambda: hasty.put([Artifact(type="Model")], by=BY))
        thread.start()
        thread.join()
        assert cursor.execute("SELECT count(*) FROM artifact").fetchone() == (before,)
    with connections.reading() as cursor:
        assert cursor.execute("SELECT count(*) FROM artifact").fetchone() == (before + 1,)
    connections.close()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("SQLITE_BUSY", "StoreTimeout"),
        ("SQLITE_BUSY_SNAPSHOT", "StoreTimeout"),
        ("SQLITE_LOCKED", "StoreTimeout"),
        ("SQLITE_FULL", "StoreFull"),
        ("SQLITE_READONLY_DBMOVED", "StoreReadOnly"),
        ("SQLITE_PERM", "StoreReadOnly"),
        ("SQLITE_CANTOPEN", "StoreUnavailable"),
        ("SQLITE_NOTADB", "NotALinealStore"),
        ("SQLITE_CORRUPT", "DataLoss"),
        ("SQLITE_CONSTRAINT_UNIQUE", "AlreadyExists"),
        ("SQLITE_IOERR", "StoreUnavailable"),
        ("", "StoreUnavailable"),
    ],
)
def test_each_error_of_the_driver_has_one_of_ours_that_names_the_file(tmp_path, error, expected):
    raised = sqlite3.OperationalError("as SQLite says")
    raised.sqlite_errorname = error
    found = SqliteDialect(tmp_path / "store.db").translate(raised)
    assert type(found).__name__ == expected
    assert str(tmp_path / "store.db") in found.message


@pytest.mark.parametrize("error", ["SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMMAP", "SQLITE_IOERR_WRITE"])
def test_a_file_that_does_not_grow_is_a_full_disk_where_no_space_is_left(tmp_path, monkeypatch, error):
    raised = sqlite3.OperationalError("disk I/O error")
    raised.sqlite_errorname = error
    dialect = SqliteDialect(tmp_path / "store.db")
    assert type(dialect.translate(raised)).__name__ == "StoreUnavailable"
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=4096))
    assert type(dialect.translate(raised)).__name__ == "StoreFull"
