"""Rows stream: however many there are, an import, its comparison and an export hold the same few at once."""

from __future__ import annotations

import sys
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from lineal.ingest.mlmd.export import export_mlmd
from lineal.ingest.mlmd.run import import_mlmd
from lineal.ingest.mlmd.source import Source
from lineal.store.location import of_database
from lineal.store.open import open_store

ROOT = Path(__file__).resolve().parents[4]
BATCH = 100


@pytest.fixture
def make(monkeypatch):
    """What writes a database of ML Metadata with about so many rows."""
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.importing import make as maker

    yield maker
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        monkeypatch.delitem(sys.modules, name)


def peaks(file, directory):
    """Return the most bytes that an import, and then an export, held in Python's memory."""
    found = []
    with closing(open_store(of_database(directory / f"{file.stem}-lineal.db"))) as store:
        tracemalloc.start()
        try:
            with closing(Source.at(str(file))) as source:
                assert import_mlmd(source, store, actor="ada", batch=BATCH).equal
            found.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()
            export_mlmd(store, directory / f"{file.stem}-out.db")
            found.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    return found


def test_three_times_the_rows_are_held_in_no_more_memory(make, tmp_path):
    for name, rows in (("warm", 1_000), ("few", 25_000), ("many", 75_000)):
        make(tmp_path / f"{name}.db", rows)
    peaks(tmp_path / "warm.db", tmp_path)

    few, many = peaks(tmp_path / "few.db", tmp_path), peaks(tmp_path / "many.db", tmp_path)

    # The 75,000 rows as objects of Python would be 20 MB and more. Pages that SQLite keeps have a limit of their own.
    assert [more - less < 1_000_000 for less, more in zip(few, many, strict=True)] == [True, True], (few, many)
