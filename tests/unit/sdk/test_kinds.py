"""What a file is, and what it is called, by its name."""

from __future__ import annotations

import pytest

from lineal.sdk.inputs import family_from


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
