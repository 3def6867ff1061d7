"""What a file is, and what it is called, by its name."""

from __future__ import annotations

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest

from lineal.sdk.inputs import family_from
from lineal.sdk.kinds import type_of_file

FRAME = pd.DataFrame({"a": [1]})


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("data/flights.csv.gz", "flights"),
        ("ridge-0.1.pkl", "ridge-0.1"),
        ("ridge-0.1", "ridge-0.1"),
        ("model.best.pt", "model.best"),
        ("flights.2013-01.parquet", "flights.2013-01"),
        ("backup.tar.gz", "backup"),
        ("events.tgz", "events"),
        ("v1.2", "v1.2"),
        (".csv", "csv"),
        (".hidden.json", "hidden"),
        ("archive.zip", "archive"),
        ("REPORT.HTML", "REPORT"),
        ("https://example.org/a/scores-1.5.csv?token=x", "scores-1.5"),
        ("größe.v2.csv", "größe.v2"),
        ("a@b.csv", "a_b"),
    ],
)
def test_a_name_loses_the_ending_that_says_what_the_file_is_and_nothing_else(file, name):
    assert family_from(file) == name


@pytest.mark.parametrize("thing", [FRAME, FRAME.a, np.ones(3)])
@pytest.mark.parametrize("protocol", [2, 5])
def test_a_pickled_table_or_array_is_data_whatever_its_name_ends_in(thing, protocol, tmp_path):
    pickled, joined = tmp_path / "clean.pkl", tmp_path / "clean.joblib"
    pickled.write_bytes(pickle.dumps(thing, protocol))
    joblib.dump(thing, joined, protocol=protocol)
    assert {type_of_file(path, is_output=True) for path in (pickled, joined)} == {"Dataset"}


@pytest.mark.parametrize(
    ("name", "content", "type_"),
    [
        ("model.pkl", pickle.dumps({"mean": 1.5, "table": FRAME}), "Model"),
        ("model.pkl", pickle.dumps(np.float64(1.5)), "Model"),
        ("raw.bin", np.ones(3).tobytes(), "Dataset"),
        ("image.bin", b"\x80\x80\x81\x80", "Dataset"),
        ("pytorch_model.bin", b"PK\x03\x04archive/data.pkl", "Model"),
        ("forest.txt", b"tree\nversion=v4", "Model"),
        ("notes.txt", b"a tree", "Report"),
    ],
)
def test_what_a_file_begins_with_says_more_than_its_ending(name, content, type_, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    assert type_of_file(path, is_output=True) == type_
