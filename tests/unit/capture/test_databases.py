"""Databases in files: the same tables have one fingerprint, whatever bytes they are written in."""

from __future__ import annotations

import duckdb

from lineal.capture.fingerprints import databases
from lineal.capture.fingerprints.databases import is_database, tables_of


def base(path, rows):
    with duckdb.connect(str(path)) as made:
        made.execute('CREATE TABLE "my ""table" (a INTEGER, b VARCHAR)')
        made.executemany('INSERT INTO "my ""table" VALUES (?, ?)', rows)
        made.execute("CREATE VIEW seen AS SELECT 1 AS one")
    return path


def test_rows_in_another_order_are_the_same_table_and_another_value_is_another(tmp_path):
    one = base(tmp_path / "1.duckdb", [(1, "NULL"), (2, None)])
    same = base(tmp_path / "2.duckdb", [(2, None), (1, "NULL")])
    other = base(tmp_path / "3.duckdb", [(1, None), (2, "NULL")])
    assert is_database(one)
    assert one.read_bytes() != same.read_bytes()
    assert tables_of(one) == tables_of(same)
    assert tables_of(one).keys() == {'main.my "table', "view main.seen"}
    assert tables_of(one)['main.my "table'] != tables_of(other)['main.my "table']


def test_a_database_that_the_program_holds_open_is_read_beside_it(tmp_path):
    path = base(tmp_path / "1.duckdb", [(1, "a")])
    with duckdb.connect(str(path)):
        assert tables_of(path) is not None


def test_more_than_a_few_cells_are_not_looked_at_nor_is_what_only_looks_like_one(tmp_path, monkeypatch):
    path = base(tmp_path / "1.duckdb", [(1, "a"), (2, "b")])
    (tmp_path / "not.duckdb").write_bytes(b"12345678DUCK and no more")
    monkeypatch.setattr(databases, "MOST_CELLS", 3)
    assert tables_of(path) is None
    assert tables_of(tmp_path / "not.duckdb") is None
