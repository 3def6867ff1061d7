"""`lineal list`: what is in the store, newest first."""

from __future__ import annotations

import csv
import io
import json

import lineal as package


def test_everything_is_listed_newest_first_with_references_to_type(lineal, document, url):
    listed = document("list", "--limit", "200", url=url)
    told = [one["reference"] for one in listed]
    assert {"model:delay@v1.0", "model:delay@v1.1", "rawdata:flights@raw", "dataset:training@v1.0"} <= set(told)
    assert told.index("model:delay@v1.1") < told.index("model:delay@v1.0") < told.index("rawdata:flights@raw")
    assert all(lineal("show", reference, url=url).returncode == 0 for reference in told[-3:])


def test_one_kind_is_listed_by_its_plural_or_the_name_of_its_type(lineal, document, url):
    models = [one["reference"] for one in document("list", "models", url=url)]
    assert models == ["model:delay@v1.1", "model:delay@v1.0"]
    assert [one["reference"] for one in document("list", "model", url=url)] == models
    assert {one["type"] for one in document("list", "runs", url=url)} >= {"Train", "Ingest"}
    # Raw data is data: a type is listed with the types below it.
    assert "dataset:training@v1.0" in lineal("list", "datasets", url=url).stdout


def test_a_table_says_what_each_thing_is_in_a_line(lineal, url):
    header, first, *_ = lineal("list", "models", url=url).stdout.splitlines()
    assert header.split() == ["reference", "type", "created", "about"]
    assert first.startswith("model:delay@v1.1")
    assert "sha256:" in first
    rows = list(csv.DictReader(io.StringIO(lineal("list", "runs", "--format", "csv", url=url).stdout)))
    assert any("train · complete" in row["about"] for row in rows)


def test_the_limit_is_kept_and_said(lineal, url):
    done = lineal("list", "--limit", "2", url=url)
    assert len(done.stdout.splitlines()) == 3
    assert "there are more" in done.stderr


def test_a_type_that_is_not_there_is_refused_with_the_words_that_are(lineal, url):
    done = lineal("list", "wines", url=url)
    assert done.returncode == 2
    assert "models|datasets|artifacts|runs" in done.stderr


def test_an_empty_store_lists_nothing(lineal, tmp_path):
    package.open(tmp_path).close()
    done = lineal("list", "--format", "json", url=tmp_path)
    assert json.loads(done.stdout) == []
    assert "nothing in the store yet" in lineal("list", url=tmp_path).stderr
