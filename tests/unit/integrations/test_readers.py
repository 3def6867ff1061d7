"""Readers and writers of polars, pyarrow, DuckDB, datasets, NumPy and pickles: one observation each."""

from __future__ import annotations

import pickle
import sqlite3
from pathlib import Path

import cloudpickle
import datasets
import duckdb
import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.feather
import pyarrow.json
import pyarrow.parquet
import pytest

ROWS = {"a": [1, 2], "b": ["x", "y"]}


def told(observations):
    return [(each.by, each.path) for each in observations]


@pytest.mark.parametrize("kind", ["csv", "parquet", "ipc", "json", "ndjson", "avro"])
def test_polars_frames(heard, kind):
    frame = pl.DataFrame(ROWS)
    getattr(frame, f"write_{kind}")(f"flights.{kind}")
    found = getattr(pl, f"read_{kind}")(f"flights.{kind}")
    assert told(heard.writes) == [(f"polars.write_{kind}", f"flights.{kind}")]
    assert told(heard.reads) == [(f"polars.read_{kind}", f"flights.{kind}")]
    assert (heard.writes[0].thing, heard.reads[0].thing) == (frame, found) or heard.reads[0].thing is found


def test_polars_lazy_frames_are_known_when_they_are_collected(heard):
    Path("flights.csv").write_text("a\n1\n")
    scanned = pl.scan_csv("flights.csv")
    found = scanned.collect()
    scanned.filter(pl.col("a") > 0).sink_parquet("kept.parquet")
    assert told(heard.reads) == [("polars.scan_csv", "flights.csv")] * 2
    assert heard.reads[1].thing is found
    assert told(heard.writes) == [("polars.sink_parquet", "kept.parquet")]


def test_a_pattern_is_the_files_it_stands_for(heard):
    for name in ("one", "two"):
        pl.DataFrame(ROWS).write_parquet(f"{name}.parquet")
    pl.read_parquet("*.parquet")
    assert [read.path for read in heard.reads] == ["one.parquet", "two.parquet"]
    assert all(read.facts["partial"] for read in heard.reads)


def test_pyarrow_files_and_datasets(heard):
    table = pa.table(ROWS)
    pa.parquet.write_table(table, "flights.parquet")
    pa.csv.write_csv(table, "flights.csv")
    pa.feather.write_feather(table, "flights.feather")
    pa.dataset.write_dataset(table, "flights", format="parquet")
    assert [written.path for written in heard.writes] == [
        "flights.parquet",
        "flights.csv",
        "flights.feather",
        "flights",
    ]
    assert all(written.thing is table for written in heard.writes)

    found = pa.parquet.read_table("flights.parquet")
    pa.csv.read_csv("flights.csv")
    pa.feather.read_table("flights.feather")
    Path("flights.json").write_text('{"a": 1}\n')
    pa.json.read_json("flights.json")
    pa.dataset.dataset("flights")
    pa.parquet.ParquetFile("flights.parquet").close()
    names = ["flights.parquet", "flights.csv", "flights.feather", "flights.json", "flights", "flights.parquet"]
    assert [read.path for read in heard.reads] == names
    assert heard.reads[0].thing is found


def test_duckdb_queries_name_their_files_and_results(heard):
    Path("flights.csv").write_text("a\n1\n2\n")
    relation = duckdb.sql("SELECT a FROM 'flights.csv' WHERE a > 1")
    frame = relation.df()
    duckdb.sql("COPY (SELECT a FROM read_csv('flights.csv')) TO 'copy.parquet' (FORMAT parquet)")
    duckdb.read_csv("flights.csv").write_parquet("again.parquet")
    assert [read.path for read in heard.reads] == ["flights.csv"] * 4
    assert heard.reads[0].query == "SELECT a FROM 'flights.csv' WHERE a > 1"
    assert heard.reads[1].thing is frame
    assert [written.path for written in heard.writes] == ["copy.parquet", "again.parquet"]


def test_a_duckdb_database_is_written_when_it_is_new_and_read_when_it_is_there(heard):
    with duckdb.connect("flights.duckdb") as connection:
        connection.execute("CREATE TABLE flights AS SELECT 1 AS a")
    with duckdb.connect("flights.duckdb", read_only=True) as connection:
        assert connection.sql("SELECT * FROM flights").fetchall() == [(1,)]
    assert told(heard.writes) == [("duckdb.connect", "flights.duckdb")]
    assert told(heard.reads) == [("duckdb.connect", "flights.duckdb")]


def test_a_query_is_told_with_its_text_and_the_database_it_was_asked_of(heard):
    with sqlite3.connect("flights.db") as connection:
        connection.execute("CREATE TABLE flights (a INTEGER)")
        connection.execute("INSERT INTO flights VALUES (1)")
        connection.commit()
        frame = pd.read_sql("SELECT a FROM flights", connection)
    connection.close()
    (read,) = heard.reads
    assert (read.by, Path(read.path).name, read.thing) == (
        "pandas.read_sql",
        "flights.db",
        frame,
    ) or read.thing is frame
    assert read.query == "SELECT a FROM flights"


def test_datasets_of_files_and_directories(heard, monkeypatch, tmp_path):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    Path("flights.csv").write_text("a\n1\n2\n")
    loaded = datasets.load_dataset("csv", data_files="flights.csv", split="train", cache_dir=str(tmp_path / "cache"))
    loaded.save_to_disk("saved")
    again = datasets.load_from_disk("saved")
    assert told(heard.reads) == [("datasets.load_dataset", "flights.csv"), ("datasets.load_from_disk", "saved")]
    assert heard.reads[0].facts["splits"] == {"train": 2}
    assert heard.reads[1].thing is again
    assert told(heard.writes) == [("datasets.save_to_disk", "saved")]


def test_numpy_arrays(heard):
    array = np.arange(4.0).reshape(2, 2)
    np.save("array", array)
    np.savez("arrays.npz", first=array)
    np.savetxt("array.txt", array)
    array.tofile("array.bin")
    found = np.load("array.npy")
    np.loadtxt("array.txt")
    np.fromfile("array.bin")
    assert [written.path for written in heard.writes] == ["array.npy", "arrays.npz", "array.txt"]
    assert [read.path for read in heard.reads] == ["array.npy", "array.txt", "array.bin"]
    assert heard.writes[0].thing is array
    assert heard.reads[0].thing is found


class Mean:
    """A model of our own."""

    def predict(self):
        return 5.0


@pytest.mark.parametrize("library", [pickle, cloudpickle])
def test_pickles_tell_the_object_and_whether_it_is_a_model(heard, library):
    model = Mean()
    with Path("model.pkl").open("wb") as file:
        library.dump(model, file)
    with Path("model.pkl").open("rb") as file:
        library.load(file)
    library.dumps(model)
    (written,), (read,) = heard.writes, heard.reads
    assert (written.path, written.thing, written.type) == ("model.pkl", model, "Model")
    assert (read.path, read.type) == ("model.pkl", "Model")


def test_joblib_files(heard):
    joblib.dump(np.arange(3), "array.joblib")
    joblib.load("array.joblib")
    assert told(heard.writes) == [("joblib.dump", "array.joblib")]
    assert told(heard.reads) == [("joblib.load", "array.joblib")]
    assert heard.writes[0].type == "Dataset"


def test_hooked_functions_can_still_be_pickled(heard):
    for function in (
        pickle.dump,
        joblib.load,
        np.load,
        pl.read_csv,
        pa.csv.read_csv,
        duckdb.sql,
        datasets.load_dataset,
    ):
        assert pickle.loads(pickle.dumps(function)) is function
