"""Every schema that ever was upgrades by itself and reads as it did."""

from __future__ import annotations

import importlib.util
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lineal.errors import StoreTimeout
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact
from lineal.model.publication import Origin
from lineal.store.dialects import patience
from lineal.store.location import of_database
from lineal.store.migrations.head import HEAD, KNOWN
from lineal.store.open import open_store, schema_version, upgrade_store

STORES = Path(__file__).parent / "stores"


@pytest.fixture(scope="module")
def record():
    spec = importlib.util.spec_from_file_location("record", Path(__file__).with_name("record.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=KNOWN)
def old(request, tmp_path):
    """The file of a store recorded under a former schema, or the present one."""
    return filled_as(request.param, tmp_path / "store.db"), request.param


def filled_as(version, path):
    """Make the store recorded under a former schema in this file; return its location."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((STORES / f"{version}.sql").read_text(encoding="utf-8"))
    return of_database(path)


def recorded(version):
    return json.loads((STORES / f"{version}.json").read_text(encoding="utf-8"))


def known(now, then):
    """Return what is told now, without the fields that were not there then."""
    if isinstance(then, dict) and isinstance(now, dict):
        return {key: known(now[key], then[key]) for key in then if key in now}
    if isinstance(then, list) and isinstance(now, list) and len(now) == len(then):
        return [known(*pair) for pair in zip(now, then, strict=True)]
    return now


def test_an_old_store_is_upgraded_when_it_is_opened_and_reads_equal(old, record):
    location, version = old
    assert schema_version(location) == version

    store = open_store(location)
    assert schema_version(location) == HEAD
    assert known(record.answers(store), recorded(version)) == recorded(version)
    assert store.verify().findings == []
    store.put([Artifact(type="Model", name="new")], by=Origin(actor="ada", action="test"))
    assert store.verify().findings == []
    store.close()


def test_an_old_store_is_upgraded_by_hand(old):
    location, version = old
    assert upgrade_store(location) == (version, HEAD)
    assert upgrade_store(location) == (HEAD, HEAD)


def test_what_was_indexed_before_an_upgrade_is_found_after_it(old):
    location, _ = old
    texts = {"a": "short", "b": "x" * 500, "c": "y" * 500}
    store = open_store(location)
    by = Origin(actor="ada", action="test")
    store.put([Artifact(type="Model", name=f"n{i}", custom_properties=texts) for i in range(50)], by=by)

    found = store.list(Artifact, ListOptions(filter="custom_properties.int.int_value < 0")).items
    assert [node.custom_properties["int"] for node in found] == [-(2**63)]
    assert (
        len(store.list(Artifact, ListOptions(filter=f"custom_properties.b.string_value = '{'x' * 500}'")).items) == 50
    )
    store.close()
    with closing(sqlite3.connect(location.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_store_filled_today_tells_what_was_recorded(tmp_path, record):
    """The recording is what this code writes, so it does not age unnoticed before the next schema."""
    store = open_store(of_database(tmp_path / "store.db"), clock=record.Ticking())
    record.fill(store)
    assert record.answers(store) == recorded(HEAD)
    store.close()


def test_an_index_with_blocks_of_another_size_is_written_anew(tmp_path):
    location = of_database(tmp_path / "store.db")
    by = Origin(actor="ada", action="test")
    with closing(open_store(location)) as store:
        store.put(
            [Artifact(type="Model", name=f"n{i}", custom_properties={"n": i, "half": i / 2}) for i in range(5000)],
            by=by,
        )
    as_0004_was(location.database)
    assert schema_version(location) == "0004"

    with closing(open_store(location)) as store:
        assert schema_version(location) == HEAD
        assert store.verify().findings == []
        found = store.list(Artifact, ListOptions(filter="custom_properties.n.int_value >= 4997")).items
        assert [node.name for node in found] == ["n4997", "n4998", "n4999"]


def as_0004_was(database):
    """Put the store back into blocks of 4,096 nodes."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in ("property_int", "property_double", "property_bool", "property_string"):
            connection.execute(f"UPDATE {table} SET map = (map & 7) + (node_id >> 12 << 3)")
        for kind in ("artifact", "execution", "context"):
            (view,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (f"{kind}_block",)).fetchone()
            connection.execute(f"DROP VIEW {kind}_block")
            connection.execute(view.replace(">> 11", ">> 12").replace("<< 11", "<< 12"))
        connection.execute("UPDATE alembic_version SET version_num = '0004'")


def test_an_upgrade_that_waits_too_long_for_a_writer_is_told_in_our_words(tmp_path, monkeypatch):
    location = filled_as("0004", tmp_path / "store.db")
    monkeypatch.setattr(patience, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(location.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreTimeout, match=re.escape(str(location.database))):
            open_store(location)
    assert upgrade_store(location) == ("0004", HEAD)


def test_the_file_that_is_upgraded_is_the_one_named_whatever_its_name_holds(tmp_path):
    location = filled_as("0004", tmp_path / "a?b#c%20d.db")
    open_store(location).close()
    assert schema_version(location) == HEAD
    assert not (tmp_path / "a").exists()
