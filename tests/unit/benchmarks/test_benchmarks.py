"""The benchmarks run at a tiny size and write what they measured; how fast anything is, no test asserts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.looping import of_median
from benchmarks.timing import Spread

ROOT = Path(__file__).resolve().parents[3]
SPREAD = {"median", "low", "high"}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    where = tmp_path_factory.mktemp("benchmarks")
    command = [sys.executable, "-m", "benchmarks", "--small", "--rounds", "1", "--sizes", "200", "--edges", "3000"]
    command += ["--results", where, "--only", "import", "run", "loop", "serving", "store", "edges"]
    entries = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *entries])}
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in where.glob("*.json")}


def test_every_group_writes_one_file(results):
    _, files = results

    assert set(files) == {"import", "run", "loop", "serving", "store-200", "edges-3000"}
    assert all(document["figures"] for document in files.values())


def test_every_figure_has_its_range_its_conditions_and_the_machine(results):
    _, files = results

    for document in files.values():
        assert {"cores", "python", "sqlite"} <= set(document["machine"])
        for figure in document["figures"]:
            assert set(figure["lineal"]) == SPREAD
            assert figure["conditions"]
            assert figure["rounds"] > 0
            assert set(figure["ratios"]) == set(figure["others"])
            assert all(spread["low"] <= spread["median"] <= spread["high"] for spread in figure["ratios"].values())


def test_a_figure_is_also_a_line_of_the_table(results):
    table, files = results

    for document in files.values():
        for figure in document["figures"]:
            assert figure["name"] in table


def test_what_the_store_does_is_measured_beside_a_floor(results):
    _, files = results
    sides = {figure["name"].split(" (")[0]: set(figure["others"]) for figure in files["store-200"]["figures"]}

    for name in ("publish", "put artifacts, batches of 100", "put one artifact", "get one artifact"):
        assert sides[name] == {"raw sqlite3"}
    for name in ("closure, small", "closure, deep", "closure, wide"):
        assert {"scipy", "networkx", "lineal, from the database"} <= sides[name]
        assert {"lineal without NumPy", "lineal, from the database"} == sides[f"events of {name}"]
        assert {"lineal, from the database"} == sides[f"nodes and events of {name}"]


def test_what_the_snapshot_takes_is_measured(results):
    _, files = results
    figures = {figure["name"].split(" (")[0]: figure for figure in files["edges-3000"]["figures"]}

    for form in ("compact", "whole"):
        loading = figures[f"loading the {form} snapshot"]["conditions"]
        assert loading["bytes"] == pytest.approx(loading["bytes an edge"] * loading["edges"], rel=0.01)
        assert {f"closure, {form} snapshot, wide", f"events of closure, {form} snapshot, small"} <= set(figures)


def test_the_range_of_a_median_is_that_of_its_ranks():
    assert of_median(range(1, 25)) == Spread(12.5, 7, 18)
    assert of_median([3, 1, 2]) == Spread(2, 1, 3)


def test_no_file_names_the_machine(results):
    _, files = results

    assert os.uname().nodename not in json.dumps(files)
