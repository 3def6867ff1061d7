"""What a program read has the fingerprint of its content as it was then, whatever library holds it."""

from __future__ import annotations

import datasets
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lineal.capture.data import fingerprint_of
from lineal.capture.worker import settled
from lineal.files import Files
from lineal.sdk.background import Fingerprints
from lineal.sdk.seen import Identity, frame_fingerprint

ROWS = {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table, datasets.Dataset.from_dict])
def test_one_content_has_one_fingerprint_in_every_library(tmp_path, make):
    answer = frame_fingerprint(Fingerprints(Files(tmp_path)), make(ROWS))
    assert settled(answer).value.fingerprint == fingerprint_of(pa.table(ROWS)).fingerprint


def test_a_frame_that_is_changed_meanwhile_has_the_fingerprint_of_what_was_read(tmp_path):
    frame = pd.DataFrame({"a": range(200_000)})
    before = fingerprint_of(frame).fingerprint
    answer = frame_fingerprint(Fingerprints(Files(tmp_path)), frame)
    frame["a"] = 0
    frame.loc[5, "a"] = 7
    assert settled(answer).value.fingerprint == before


def test_a_choice_of_a_datasets_rows_is_not_taken_for_the_whole(tmp_path):
    chosen = datasets.Dataset.from_dict(ROWS).select([1, 0])
    assert frame_fingerprint(Fingerprints(Files(tmp_path)), chosen) is None


def test_an_object_is_recognised_while_it_lives_and_never_mistaken():
    frame = pd.DataFrame(ROWS)
    identity = Identity(frame)
    assert identity.is_of(frame)
    assert not identity.is_of(frame.copy())
    assert not Identity([1]).is_of([1])
