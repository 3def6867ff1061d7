"""A directory of Parquet files is one table, with the fingerprint of the frame that is read from it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import dataset, parquet

from lineal.capture.data import fingerprint_of, is_table, of_table, table_size
from lineal.errors import InvalidArgument
from lineal.sdk.content import of_path

TABLE = pa.table(
    {
        "carrier": ["UA", "B6", "UA", "DL", None, "B6"],
        "delay": [1.5, None, -0.0, 4.0, 2.5, 0.25],
        "year": pa.array([2013, 2013, 2014, 2014, 2014, 2013], pa.int32()),
        "month": pa.array(["jan", "feb", "jan", "feb", "jan", "feb"]).dictionary_encode(),
    }
)


def written(place: Path, *tables: pa.Table, names: str = "part-{:02}.parquet") -> Path:
    place.mkdir()
    for number, table in enumerate(tables):
        parquet.write_table(table, place / names.format(number))
    return place


@pytest.fixture
def partitioned(tmp_path: Path) -> Path:
    parquet.write_to_dataset(TABLE, tmp_path / "by-year", partition_cols=["year"], basename_template="part-{i}.parquet")
    return tmp_path / "by-year"


def test_its_fingerprint_is_that_of_the_frame_pandas_and_pyarrow_read(partitioned):
    found = of_table(partitioned)
    assert found.fingerprint == fingerprint_of(pd.read_parquet(partitioned)).fingerprint
    assert found.fingerprint == fingerprint_of(parquet.read_table(partitioned)).fingerprint
    assert found.fingerprint == fingerprint_of(dataset.dataset(partitioned, partitioning="hive").to_table()).fingerprint
    assert (found.rows, list(found.schema or {})) == (6, ["carrier", "delay", "month", "year"])


def test_polars_agrees_but_for_whole_numbers_in_the_names_of_directories(partitioned, tmp_path):
    assert fingerprint_of(pl.read_parquet(partitioned)).schema["year"] == "int64"
    parquet.write_to_dataset(TABLE, tmp_path / "by-month", partition_cols=["month"])
    found = of_table(tmp_path / "by-month")
    assert found.fingerprint == fingerprint_of(pl.read_parquet(tmp_path / "by-month")).fingerprint


def test_files_split_otherwise_in_the_same_order_are_the_same_table(tmp_path):
    one = written(tmp_path / "one", TABLE)
    three = written(tmp_path / "three", TABLE[:1], TABLE[1:5], TABLE[5:])
    many = written(tmp_path / "many", *(TABLE[n : n + 1] for n in range(6)), names="p-{:03}.pq")
    assert fingerprint_of(one).fingerprint != fingerprint_of(three).fingerprint  # the bytes
    whole = fingerprint_of(TABLE).fingerprint
    assert {of_table(place).fingerprint for place in (one, three, many)} == {whole}


def test_rows_in_another_order_are_another_table_of_the_same_rows(tmp_path):
    one, other = written(tmp_path / "one", TABLE), written(tmp_path / "other", TABLE[3:], TABLE[:3])
    assert of_table(one).fingerprint != of_table(other).fingerprint
    assert of_table(one).row_set == of_table(other).row_set


def test_files_are_in_the_order_of_their_paths_as_pandas_reads_them(tmp_path):
    place = written(tmp_path / "one", *(TABLE[n : n + 1] for n in range(6)), names="part-{}.parquet")
    (place / "part-5.parquet").rename(place / "part-10.parquet")
    assert of_table(place).fingerprint == fingerprint_of(pd.read_parquet(place)).fingerprint
    assert of_table(place).fingerprint != fingerprint_of(TABLE).fingerprint


def test_one_changed_cell_in_one_file_is_seen_in_its_column(partitioned):
    before = of_table(partitioned)
    path = next(partitioned.rglob("year=2014/*"))
    table = parquet.ParquetFile(path).read()
    parquet.write_table(table.set_column(1, "delay", pa.array([0.0, 4.0, 2.5])), path)
    after = of_table(partitioned)
    changed = [
        name
        for name in before.column_fingerprints
        if after.column_fingerprints[name] != before.column_fingerprints[name]
    ]
    assert changed == ["delay"]


def test_markers_beside_the_files_do_not_count(partitioned):
    before = of_table(partitioned).fingerprint
    (partitioned / "_SUCCESS").touch()
    (partitioned / ".crc").touch()
    assert of_table(partitioned).fingerprint == before


def test_a_directory_with_anything_else_in_it_is_no_table(partitioned, tmp_path):
    assert is_table(partitioned)
    assert table_size(partitioned) == sum(path.stat().st_size for path in partitioned.rglob("*.parquet"))
    (partitioned / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    assert not is_table(partitioned)
    assert not is_table(tmp_path / "empty")
    with pytest.raises(InvalidArgument, match="is no table"):
        of_table(partitioned)


def test_columns_and_types_are_those_of_the_first_file_as_for_every_reader(tmp_path):
    place = written(tmp_path / "one", TABLE, pa.table({"carrier": [1], "more": [2]}))
    found = of_table(place)
    assert found.fingerprint == fingerprint_of(parquet.read_table(place)).fingerprint
    assert list(found.schema or {}) == TABLE.column_names


def test_a_damaged_file_is_named_with_its_directory(tmp_path):
    place = written(tmp_path / "one", TABLE)
    (place / "part-01.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(InvalidArgument, match="one cannot be read as a table"):
        of_table(place)


def test_what_a_run_knows_of_it_names_rows_and_columns(partitioned):
    facts = of_path(partitioned).facts
    assert facts["frame"] == of_table(partitioned).fingerprint
    assert (facts["frame_source"], facts["fingerprint_kind"]) == ("file", "dir")
    assert [column["name"] for column in facts["schema"]] == ["carrier", "delay", "month", "year"]
