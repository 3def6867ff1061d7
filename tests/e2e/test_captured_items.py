"""How many of the thirty items a plain script gets by itself: counted in a real process, of a real training."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import lineal
from lineal.model.listing import ListOptions
from lineal.model.nodes import Execution

SCRIPT = """
import lineal
import numpy as np
from sklearn.linear_model import LinearRegression

with lineal.run("train"):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(50, 2))
    LinearRegression().fit(features, features @ [1.0, 2.0])
"""


@pytest.fixture
def project(tmp_path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    (place / "train.py").write_text(SCRIPT, encoding="utf-8")
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "-qm", "one"),
    ):
        subprocess.run(["git", *words], cwd=place, check=True)
    return place


PLAIN = """
import os, random
import numpy as np
from sklearn.linear_model import LinearRegression

level = os.environ.get("LEVEL", "1")
random.seed(4)
rng = np.random.default_rng(0)
features = rng.normal(size=(50, 2))
np.random.rand()
LinearRegression().fit(features, features @ [1.0, 2.0])
open(__file__, "a").write("# edited while it runs")
"""


def record_of(project: Path, *command: str) -> tuple[dict, dict]:
    """Run a command in the project and return what `check` says of its record, and the record itself."""
    source, home = str(Path(lineal.__file__).parents[1]), str(project / ".lineal")
    environment = {**os.environ, "PYTHONPATH": source, "LINEAL_URL": home}
    subprocess.run(command, cwd=project, env=environment, check=True)
    words = [sys.executable, "-m", "lineal", "check", "run:latest", "--format", "json"]
    done = subprocess.run(words, cwd=project, env=environment, check=False, capture_output=True, text=True)
    (run,) = json.loads(done.stdout)["runs"]
    with lineal.open(home) as workspace:
        (execution,) = workspace.store.list(Execution, ListOptions(type="Train")).items
    return run["capture"], execution.properties["capture"]


def test_a_script_with_one_line_gets_twenty_eight_items_or_more(project):
    found, _ = record_of(project, sys.executable, "train.py")
    assert found["of"] == 30
    assert found["captured"] >= 28, [one for one in found["items"] if one["status"] == "unknown"]
    assert all(one["reason"] for one in found["items"] if one["status"] == "unknown")
    assert "names nothing that it made" in found["because"][0]


POOL = """
import random
from multiprocessing import get_context

if __name__ == "__main__":
    random.seed(6)
    with get_context("spawn").Pool(1) as pool:
        print(pool.map(abs, [-1]), random.random())
"""


def test_the_workers_of_a_pool_leave_the_record_to_their_program(project):
    (project / "train.py").write_text(POOL, encoding="utf-8")
    found, record = record_of(project, sys.executable, "-m", "lineal", "run", "--", sys.executable, "train.py")
    assert found["captured"] >= 28, [one for one in found["items"] if one["status"] == "unknown"]
    assert record["seeds"]["value"]["random"] == 6


def test_show_tells_how_complete_the_record_of_a_run_is(project):
    found, _ = record_of(project, sys.executable, "train.py")
    words = [sys.executable, "-m", "lineal", "show", "run:latest", "--url", str(project / ".lineal")]
    shown = subprocess.run(words, cwd=project, check=True, capture_output=True, text=True).stdout
    assert f"{found['captured']} of 30 captured" in shown


def test_a_script_that_knows_nothing_of_lineal_gets_as_many(project):
    (project / "train.py").write_text(PLAIN, encoding="utf-8")
    found, record = record_of(project, sys.executable, "-m", "lineal", "run", "--", sys.executable, "train.py")
    assert found["captured"] >= 28, [one for one in found["items"] if one["status"] == "unknown"]
    seeds, states = record["seeds"]["value"], record["rng_states"]["value"]
    assert seeds["random"] == 4
    assert seeds["numpy"] == "the system's entropy"
    assert [one["seed"] for one in seeds["generators"]] == [0]
    assert states["start"]["numpy"] != states["end"]["numpy"]
    assert record["modules"]["value"]["changed_during_run"] == ["train.py"]
    assert record["variables"]["value"]["PYTHONHASHSEED"] == "0"
    assert record["variables"]["value"]["LEVEL"] is None
