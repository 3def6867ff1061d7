"""Scripts that import no tracker: `lineal run -- python train.py` sees what they read and write, which is rebuilt."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import lineal

PLAIN = """
import json, os, pickle, random, sys
from shape import FACTOR

source = sys.argv[1] if len(sys.argv) > 1 else "data/flights.csv"
target = sys.argv[2] if len(sys.argv) > 2 else "out/model.pkl"
rows = [float(row) for row in open(source).read().split()[1:]]
model = {"mean": FACTOR * sum(rows) / len(rows), "noise": random.random(), "order": list({"a", "b", "c"})}
os.makedirs(os.path.dirname(target), exist_ok=True)
with open(target, "wb") as handle:
    pickle.dump(model, handle)
"""


@pytest.fixture
def plain(project):
    project.write("data/flights.csv", "delay\n4\n6\n8\n")
    project.write("shape.py", "FACTOR = 2\n")
    project.write("train.py", PLAIN)
    return project


def record(project, *words, **variables):
    project.run("-m", "lineal", "run", "--seed", "5", "--", sys.executable, *words, **variables)


def test_a_plain_script_is_rebuilt_byte_for_byte(plain):
    record(plain, "train.py")
    before = (plain.root / "out/model.pkl").stat().st_mtime_ns

    verdict = plain.reproduce("run:latest", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    assert [output["name"] for output in verdict["outputs"]] == ["model:model@v1"]
    assert verdict["notes"] == ["the code is what the record keeps: other files of its directory are not there"]
    assert (plain.root / "out/model.pkl").stat().st_mtime_ns == before


def test_it_is_rebuilt_from_the_record_alone_when_the_directory_is_gone(plain, tmp_path):
    record(plain, "train.py")
    for name in ("data", "out", "shape.py", "train.py"):
        path = plain.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    verdict = plain.reproduce("model:model", status=0)

    assert verdict["verdict"] == "BIT_EXACT"


def test_a_changed_module_is_rebuilt_as_it_was(plain):
    record(plain, "train.py")
    plain.write("shape.py", "FACTOR = 3\n")

    assert plain.reproduce("run:latest", status=0)["verdict"] == "BIT_EXACT"


def test_a_repository_that_is_gone_with_its_remote_is_replaced_by_what_the_record_keeps(plain, tmp_path):
    remote = tmp_path / "remote.git"
    plain.commit()
    plain.git("clone", "--quiet", "--bare", str(plain.root), str(remote))
    plain.git("remote", "add", "origin", str(remote))
    plain.git("push", "--quiet", "--set-upstream", "origin", "HEAD")
    record(plain, "train.py")
    shutil.rmtree(remote)
    shutil.rmtree(plain.root / ".git")

    verdict = plain.reproduce("model:model", status=0)

    assert verdict["verdict"] == "BIT_EXACT"


def test_commits_that_were_on_no_remote_come_from_the_kept_bundle(plain):
    plain.write("train.py", "raise SystemExit\n")
    plain.commit()
    plain.write("train.py", PLAIN)
    plain.commit()
    record(plain, "train.py")
    shutil.rmtree(plain.root / ".git")

    planned = plain.reproduce("model:model", "--dry-run", status=0)
    verdict = plain.reproduce("model:model", status=0)

    assert any("from the kept bundle" in step for step in planned["steps"])
    assert verdict["verdict"] == "BIT_EXACT"


def test_a_submodule_is_checked_out_at_its_commit(plain, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    (library / "shape.py").write_text("FACTOR = 7\n")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "one")):
        plain.git("-C", str(library), *words)
    (plain.root / "shape.py").unlink()
    plain.write("train.py", PLAIN.replace("from shape", "from library.shape"))
    plain.git("init", "--quiet")
    plain.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "library")
    plain.commit()
    record(plain, "train.py")

    verdict = plain.reproduce("model:model", status=0)

    assert verdict["verdict"] == "BIT_EXACT"


@pytest.mark.parametrize("with_git", [False, True], ids=["no git", "ignored by git"])
def test_an_output_directory_that_was_there_is_there_again(plain, with_git):
    plain.write("train.py", PLAIN.replace("os.makedirs(os.path.dirname(target), exist_ok=True)", ""))
    (plain.root / "out").mkdir()
    if with_git:
        plain.write(".gitignore", "out/\n")
        plain.git("init", "--quiet")
        plain.commit()
    record(plain, "train.py")

    assert plain.reproduce("model:model", status=0)["verdict"] == "BIT_EXACT"


def test_git_answers_a_rebuilt_program_as_it_answered_the_recorded_one(plain):
    questions = ("describe --tags --dirty", "status --porcelain", "rev-parse --abbrev-ref HEAD", "remote -v", "tag")
    plain.write(
        "train.py",
        f"""
        import subprocess
        said = [subprocess.check_output(["git", *words.split()], text=True) for words in {questions!r}]
        open("said.log", "w").write(repr(said))
        """,
    )
    plain.commit()
    plain.git("tag", "v1")
    plain.git("tag", "-a", "-m", "first", "début")
    plain.git("remote", "add", "origin", "https://example.org/flights.git")
    plain.write("shape.py", "FACTOR = 3\n")
    plain.commit()
    plain.write("shape.py", "FACTOR = 4\n")
    plain.write("notes.txt", "of no use\n")
    record(plain, "train.py")
    assert "début-1-g" in (plain.root / "said.log").read_text()

    assert plain.reproduce("run:latest", status=0)["verdict"] == "BIT_EXACT"


def test_a_directory_that_the_program_makes_is_not_made_for_it(plain):
    plain.write("train.py", PLAIN.replace(", exist_ok=True", ""))
    record(plain, "train.py")

    assert plain.reproduce("model:model", status=0)["verdict"] == "BIT_EXACT"


def test_a_secret_variable_is_asked_for_and_then_given(plain):
    plain.write("train.py", PLAIN + 'open("out/length.txt", "w").write(str(len(os.environ["API_TOKEN"])))\n')
    record(plain, "train.py", API_TOKEN="hunter2hunter2")

    missing = plain.reproduce("run:latest", "--pass", "API_TOKEN", status=25)["missing"]
    kept_back = plain.reproduce("run:latest", status=25, API_TOKEN="hunter2hunter2")["missing"]
    given = plain.reproduce("run:latest", "--pass", "API_TOKEN", API_TOKEN="hunter2hunter2")

    assert [(each["kind"], each["what"]) for each in missing] == [("variable", "API_TOKEN")]
    assert [(each["what"], each["advice"]) for each in kept_back] == [
        ("API_TOKEN", "let the program have it: --pass API_TOKEN")
    ]
    assert given["verdict"] == "BIT_EXACT"


def can_mount(verdict):
    return "the tree at its recorded path" in verdict["how"]


def test_a_script_with_absolute_paths_is_rebuilt_without_touching_what_lies_there(plain):
    here = str(plain.root)
    text = PLAIN.replace("data/flights.csv", f"{here}/data/flights.csv").replace("out/model", f"{here}/out/model")
    plain.write("train.py", text)
    record(plain, f"{here}/train.py")
    (plain.root / "out/model.pkl").write_bytes(b"of today")
    plain.write("data/flights.csv", "delay\n1\n")

    verdict = plain.reproduce("run:latest")

    assert (plain.root / "out/model.pkl").read_bytes() == b"of today"
    assert verdict["verdict"] == "BIT_EXACT" if can_mount(verdict) else verdict["writes"] == "open"


def test_an_environment_in_the_project_is_still_there_when_the_tree_covers_it(plain):
    plain.commit()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", plain.root / ".venv"], check=True)
    site = next((plain.root / ".venv").glob("lib/*/site-packages"))
    paths = [path for path in sys.path if path.endswith("-packages")]
    (site / "shared.pth").write_text("".join(f"{path}\n" for path in [*paths, Path(lineal.__file__).parents[1]]))
    plain = replace(plain, python=str(plain.root / ".venv/bin/python"))
    plain.run("-m", "lineal", "run", "--seed", "5", "--", plain.python, "train.py")

    verdict = plain.reproduce("run:latest", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    assert verdict["differences"] == []


def test_a_log_makes_its_run_differ_and_not_its_model_and_is_named_as_all_that_differs(project):
    project.write("data.csv", "a,b\n1,2\n3,4\n")
    project.write(
        "train.py",
        """
        import gzip, json, logging, pickle, time
        import duckdb
        import pandas as pd

        logging.basicConfig(filename="train.log", level=logging.INFO, format="%(asctime)s %(message)s")
        frame = pd.read_csv("data.csv")
        with gzip.open("means.pkl.gz", "wb") as file:
            pickle.dump(frame.mean(), file)
        with open("model.pkl", "wb") as file:
            pickle.dump({"m": float(frame.a.mean())}, file)
        frame.to_pickle("clean.pkl.gz")
        with duckdb.connect("base.duckdb") as base:
            base.execute("CREATE TABLE flights AS SELECT 1 AS a")
        with open("metrics.json", "w") as file:
            json.dump({"r2": 0.5, "train_seconds": time.perf_counter()}, file)
        logging.info("done")
        """,
    )
    record(project, "train.py")

    verdict = project.reproduce("run:latest", status=24)

    assert "differs in line 1, only by a time. Nothing else does: model:model@v1 is BIT_EXACT" in verdict["sentence"]
    assert {one["name"]: one["verdict"] for one in verdict["outputs"]} == {
        "report:train@v1": "DIVERGED",
        "dataset:means@v1": "CANONICAL_EXACT",
        "model:model@v1": "BIT_EXACT",
        "dataset:clean@v1": "CANONICAL_EXACT",
        "dataset:base@v1": "CANONICAL_EXACT",
        "metrics:metrics@v1": "CANONICAL_EXACT",
    }
    shown = json.loads(project.run("-m", "lineal", "show", "model:model", "--format", "json").stdout)
    assert '"verdict": "BIT_EXACT", "says_something": true' in json.dumps(shown)
    assert " became " in verdict["first_difference"]["sentence"]
    assert " became " not in project.run("-m", "lineal", "show", verdict["recorded_as"], "--format", "json").stdout
