"""Causes: what is named where one thing is another in a rebuild, down to the row; `tests/planted` judges how often."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

import pytest

from tests.unit.rebuild.conftest import Project

TRAIN = """
    import argparse, json, os, random
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--shrink", default="0.5")
    parser.add_argument("--flag")
    parser.add_argument("--quiet")
    wanted = parser.parse_args()
    drawn = random.random()
    random.seed(wanted.seed)
    rows = [line.split(",") for line in open("data.csv").read().split()[1:]]
    factor = float(os.environ.get("FACTOR", "1")) * float(os.environ.get("EXTRA", "1")) * float(wanted.shrink)
    mean = 0.0
    for row in rows:
        mean = mean * 0.5 + float(row[1]) * factor
    noise = [random.random() for _ in range(wanted.depth)]
    order = list({"a", "b", "c", "d", "e", "f", "g", "h", "i"})
    threads = [os.environ.get(name) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")]
    json.dump([mean, noise, drawn, order, threads, wanted.flag], open("model.json", "w"))
"""
WORDS = ("--depth", "2", "--seed=1", "--shrink", "0.5", "--flag", "off", "--quiet", "no")
ROWS = "name,delay\nJFK,4\nEWR,6\nLGA,8\nBOS,3\n"
DECLARED = """
    import lineal

    with lineal.run("train", seed=1) as run:
        rows = [line.split(",") for line in open(run.use("data.csv", name="flights")).read().split()[1:]]
        run.log_model({"weights": [float(row[1]) for row in rows]}, name="delay")
"""


@dataclass(frozen=True)
class Fault:
    """What is done otherwise on purpose, and the kind and name that the first difference must have."""

    tried: str
    kind: str
    what: str


FAULTS = [
    Fault("seed=8", "seed", "seed"),
    Fault("argument:--seed=2", "argument", "--seed"),
    Fault("argument:--depth=3", "argument", "--depth"),
    Fault("EXTRA=3", "variable", "EXTRA"),
    Fault("threads=1", "threads", "OMP_NUM_THREADS"),
    Fault("hash_seed=5", "seed", "hash_seed"),
]


@pytest.fixture(scope="module")
def launched(tmp_path_factory) -> Project:
    """A plain script that `lineal run` has recorded once; the faults differ, the record does not."""
    base = tmp_path_factory.mktemp("launched")
    (base / "project").mkdir()
    project = Project(base / "project", base)
    project.write("data.csv", ROWS)
    project.write("train.py", TRAIN)
    variables = {"FACTOR": "2", "PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "2"}
    project.run("-m", "lineal", "run", "--seed", "7", "--", sys.executable, "train.py", *WORDS, **variables)
    return project


def first(verdict):
    found = verdict["first_difference"]
    assert found is not None, verdict
    return found["kind"], found["what"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.tried)
def test_the_first_difference_names_what_was_done_otherwise(launched, fault):
    verdict = launched.reproduce("run:latest", "--try", fault.tried, status=24)

    assert first(verdict) == (fault.kind, fault.what)
    assert verdict["tried"] == [fault.tried.removeprefix("argument:")]
    assert verdict["recorded_as"] is None


def test_bisecting_names_the_change_that_decides_and_counts_the_runs(launched):
    verdict = launched.reproduce(
        "run:latest", "--try", "argument:--quiet=yes", "--try", "EXTRA=3", "--bisect", status=24
    )

    assert verdict["bisect"]["cause"] == "EXTRA=3"
    assert first(verdict) == ("variable", "EXTRA")
    assert verdict["bisect"]["runs"] == 3


def test_code_and_variables_that_changed_since_are_named_though_the_recorded_ones_are_taken(launched):
    before = (launched.root / "train.py").read_text()
    launched.write("train.py", before.replace("mean * 0.5", "mean * 0.6"))

    verdict = launched.reproduce("run:latest", status=0, FACTOR="3", OMP_NUM_THREADS="2")
    launched.write("train.py", before)

    found = {one["what"]: one for one in verdict["drift"]}
    assert found.keys() == {"train.py", "FACTOR"}
    assert "mean * 0.5 + float(row[1]) * factor' became '" in found["train.py"]["sentence"]
    assert (found["FACTOR"]["kind"], found["FACTOR"]["recorded"], found["FACTOR"]["rebuilt"]) == ("variable", "2", "3")


def test_an_input_that_changed_since_is_named_though_the_kept_copy_stands_in(launched):
    before = (launched.root / "data.csv").read_text()
    launched.write("data.csv", before.replace("LGA,8", "LGA,9"))

    verdict = launched.reproduce("run:latest", status=0, FACTOR="2", OMP_NUM_THREADS="2")
    launched.write("data.csv", before)

    [drift] = verdict["drift"]
    assert (drift["kind"], drift["what"], drift["where"]) == ("input", "dataset:data@v1", {"row": 4})
    assert "'LGA,8' became 'LGA,9'" in drift["sentence"]


@pytest.mark.parametrize(
    ("rows", "said", "where"),
    [
        ("name,delay\nBOS,3\nLGA,8\nEWR,6\nJFK,4\n", "the same rows in another order", {"order": "other"}),
        (
            ROWS.replace("EWR,6\n", ""),
            "5 rows then, 4 now; the first row that differs is 3",
            {"row": 3, "rows": [5, 4]},
        ),
        (ROWS + "SFO,1\n", "5 rows then, 6 now; the first row that differs is 6", {"row": 6, "rows": [5, 6]}),
    ],
    ids=["shuffled", "a row gone", "a row more"],
)
def test_a_changed_input_is_named_down_to_the_row(project, rows, said, where):
    project.write("data.csv", ROWS)
    project.write("train.py", DECLARED)
    project.run("train.py")
    project.write("data.csv", rows)

    verdict = project.reproduce("model:delay", "--dry-run", status=25)

    assert first(verdict) == ("input", "dataset:flights@v1")
    assert said in verdict["first_difference"]["sentence"]
    assert verdict["first_difference"]["where"] == where


def test_a_changed_cell_of_a_table_is_named_by_row_and_column(project, tmp_path):
    outside = tmp_path / "shared.csv"
    outside.write_text(ROWS)
    project.write(
        "train.py",
        f"""
        import lineal, pyarrow.csv

        with lineal.run("train", seed=1) as run:
            table = pyarrow.csv.read_csv({str(outside)!r})
            run.use(table, name="flights")
            run.log_model({{"weights": table.column("delay").to_pylist()}}, name="delay")
        """,
    )
    project.run("train.py")
    outside.write_text(ROWS.replace("LGA,8", "LGA,9"))

    verdict = project.reproduce("model:delay", status=24)

    assert first(verdict) == ("input", "dataset:flights@v1")
    assert verdict["first_difference"]["where"] == {"columns": ["delay"], "row": 3}


PACKAGED = """
    import gauge, lineal

    with lineal.run("train", seed=1) as run:
        run.log_model({"factor": gauge.FACTOR}, name="gauged")
"""


def install(directory, version, factor):
    """Put a package there as an installer does."""
    import base64
    import hashlib

    code = f"FACTOR = {factor}\n"
    digest = base64.urlsafe_b64encode(hashlib.sha256(code.encode()).digest()).rstrip(b"=").decode()
    shutil.rmtree(directory, ignore_errors=True)
    info = directory / f"gauge-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: gauge\nVersion: {version}\n")
    (info / "RECORD").write_text(f"gauge/__init__.py,sha256={digest},{len(code)}\n")
    (directory / "gauge").mkdir()
    (directory / "gauge" / "__init__.py").write_text(code)


@pytest.fixture
def packaged(project, tmp_path):
    site = tmp_path / "lib" / "site-packages"
    install(site, "1.0", 3)
    project.write("train.py", PACKAGED)
    return project, site


def test_going_on_in_spite_of_a_drift_caps_the_verdict_and_says_how_it_came_out(packaged):
    project, site = packaged
    project.run("train.py", PYTHONPATH=str(site))
    install(site, "1.0.1", 3)

    verdict = project.reproduce("model:gauged", "--allow-drift", PYTHONPATH=str(site), status=0)

    assert verdict["verdict"] == "NUMERIC"
    assert any("it came out BIT_EXACT" in note for note in verdict["notes"])
    assert first(verdict) == ("package", "gauge")
    assert (verdict["first_difference"]["recorded"], verdict["first_difference"]["rebuilt"]) == ("1.0", "1.0.1")


def test_another_lineal_than_the_recorded_one_is_no_cause(project, tmp_path):
    site = tmp_path / "lib" / "site-packages"
    (site / "lineal-0.0.1.dist-info").mkdir(parents=True)
    (site / "lineal-0.0.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: lineal\nVersion: 0.0.1\n")
    project.write("train.py", "import random; open('model.txt', 'w').write(str(random.SystemRandom().random()))")
    project.run("-m", "lineal", "run", "--", sys.executable, "train.py", PYTHONPATH=str(site))

    verdict = project.reproduce("run:latest", status=24)

    named = [one["what"] for one in (*verdict["drift"], *verdict["differences"])]
    assert named
    assert "lineal" not in named


def test_a_package_that_had_been_edited_by_hand_is_named_with_the_file(packaged):
    project, site = packaged
    code = site / "gauge" / "__init__.py"
    plain = code.read_text()
    code.write_text("FACTOR = 5\n")
    project.run("train.py", PYTHONPATH=str(site))
    code.write_text(plain)
    os.utime(code, (1, 1))  # bytecode of the same size and second would be taken for this text's

    verdict = project.reproduce("model:gauged", PYTHONPATH=str(site), status=24)

    assert first(verdict) == ("package", "gauge")
    assert verdict["first_difference"]["where"] == {"file": "gauge/__init__.py"}


def test_a_package_that_was_edited_by_hand_since_is_the_reason_of_what_can_be_reached(packaged):
    project, site = packaged
    project.run("train.py", PYTHONPATH=str(site))
    (site / "gauge" / "__init__.py").write_text("FACTOR = 30\n")

    planned = project.reproduce("model:gauged", "--dry-run", PYTHONPATH=str(site), status=0)

    assert planned["reachable"] == "NUMERIC"
    assert planned["because"] == ["gauge/__init__.py of gauge was edited by hand since"]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import random\nvalue = random.random()", "random"),
        ("import random, os\nrandom.seed(os.getpid())\nvalue = random.random()", "random"),
        ("import numpy\nvalue = numpy.random.rand()", "numpy"),
        ("import numpy\nvalue = numpy.random.default_rng().random()", "generator 1 at train.py:3"),
    ],
    ids=["nobody seeded", "seeded by the process", "NumPy not seeded", "a generator without a seed"],
)
def test_what_was_not_seeded_is_named(project, code, what):
    lines = "import json\n" + code + "\njson.dump(value, open('model.json', 'w'))\n"
    (project.root / "train.py").write_text(lines)
    project.run("-m", "lineal", "run", "--", sys.executable, "train.py")

    verdict = project.reproduce("run:latest", status=24)

    assert first(verdict) == ("seed", what)


def test_bisecting_finds_the_hash_seed_that_nobody_set(project):
    project.write(
        "train.py",
        """
        import lineal

        with lineal.run("train", seed=1) as run:
            run.log_model({"order": list({str(number) for number in range(50)})}, name="ordered")
        """,
    )
    project.run("train.py")

    verdict = project.reproduce("model:ordered", "--bisect", status=24)

    assert verdict["bisect"]["cause"] == "one hash seed"
    assert verdict["bisect"]["runs"] == 5


def test_a_change_that_the_command_does_not_have_is_refused(launched):
    done = launched.start("-m", "lineal", "reproduce", "run:latest", "--try", "argument:--breadth=3")

    assert done.returncode == 2
    assert "the recorded command has no argument --breadth" in done.stderr
