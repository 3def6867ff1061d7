"""The rows of files that a program is seen reading and writing, beside the files' bytes."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

import lineal
from lineal.capture.data import fingerprint_of
from lineal.model.nodes import Artifact


@pytest.fixture
def flights(tmp_path):
    (tmp_path / "flights.csv").write_text("distance,delay\n1,2\n3,4\n5,7\n")


def artifacts():
    with lineal.open() as workspace:
        return {one.name: one for one in workspace.store.list(Artifact).items}


def test_rows_of_a_file_that_is_read_without_a_library_are_known_too(flights):
    lineal.autolog()
    text = Path("flights.csv").read_text()
    lineal.autolog(enabled=False)
    parsed = fingerprint_of(pd.read_csv(io.StringIO(text)))
    assert artifacts()["flights@v1"].custom_properties["frame"] == parsed.fingerprint


def test_the_rows_of_a_written_file_are_those_that_lie_in_it_whatever_was_written_to_it(flights):
    lineal.autolog()
    pd.DataFrame({"a": [1, 2], "b": [3, 4]}).to_csv("a.csv", columns=["a"], index=False)
    lineal.autolog(enabled=False)
    assert artifacts()["a@v1"].custom_properties["frame"] == fingerprint_of(pd.DataFrame({"a": [1, 2]})).fingerprint
    assert artifacts()["a@v1"].custom_properties["frame_source"] == "file"
