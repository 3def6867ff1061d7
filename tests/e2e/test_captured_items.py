"""How many of the thirty items a plain script gets by itself: counted in a real process, of a real training."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import lineal

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


def test_a_plain_script_gets_twenty_eight_items_or_more_without_saying_anything(project):
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(lineal.__file__).parents[1]),
        "LINEAL_URL": str(project / ".lineal"),
    }
    subprocess.run([sys.executable, "train.py"], cwd=project, env=environment, check=True)
    command = [sys.executable, "-m", "lineal", "check", "run:latest", "--format", "json"]
    done = subprocess.run(command, cwd=project, env=environment, check=False, capture_output=True, text=True)
    (run,) = json.loads(done.stdout)["runs"]
    assert run["capture"]["of"] == 30
    assert run["capture"]["captured"] >= 28, [one for one in run["capture"]["items"] if one["status"] == "unknown"]
    assert all(one["reason"] for one in run["capture"]["items"] if one["status"] == "unknown")
    assert run["capture"]["best_verdict"] in ("BIT_EXACT", "NUMERIC")
