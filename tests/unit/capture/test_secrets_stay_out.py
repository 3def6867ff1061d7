"""A whole run with a secret in every place a program can have one: none of them is anywhere in the workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lineal
from lineal.model.listing import ListOptions
from lineal.model.nodes import Execution

SCRIPT = """
import os, sys
import lineal
import helper

config = {{"rate": 0.1, "db": {{"password": "{nested}", "urls": ["https://ada:{listed}@example.org/x"]}}}}
os.environ.get("SERVICE_URL"); os.getenv("API_KEY")
try:
    with lineal.run("train", params=config) as run:
        run.use("https://ada:{source}@example.org/flights.csv", name="flights")
        run.log_metrics({{"loss": 1.0}})
        raise RuntimeError("cannot reach postgresql://ada:{error}@example.org/db")
except RuntimeError:
    pass
"""
PLACES = "nested listed source error argv option variable url index remote untracked diff history module cut"
SECRETS = {place: f"Zq7{number:02d}xW9kLmN4pRt8vBy" for number, place in enumerate(PLACES.split())}


def git(place: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=ada", "-c", "user.email=ada@example.org", *arguments],
        cwd=place,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def workspace(tmp_path) -> Path:
    """The directory of a workspace in which one run was recorded that had every secret."""
    project = tmp_path / "project"
    project.mkdir()
    git(project, "init", "-q", "-b", "main")
    (project / "train.py").write_text(SCRIPT.format(**SECRETS), encoding="utf-8")
    (project / "helper.py").write_text(f"PASSWORD = '{SECRETS['module']}'\n", encoding="utf-8")
    (project / "old.py").write_text(f"api_key = '{SECRETS['history']}'\n", encoding="utf-8")
    git(project, "add", ".")
    git(project, "commit", "-qm", "one")
    (project / "old.py").write_text(f"api_key = '{SECRETS['diff']}'\n", encoding="utf-8")
    (project / "settings.yaml").write_text(f"password: {SECRETS['untracked']}\n", encoding="utf-8")
    git(project, "remote", "add", "origin", f"https://ada:{SECRETS['remote']}@example.org/x.git")
    home = tmp_path / "space"
    environment = {
        **os.environ,
        "API_KEY": SECRETS["variable"],
        "SERVICE_URL": f"https://example.org/?token={SECRETS['url']}",
        "PIP_INDEX_URL": f"https://ada:{SECRETS['index']}@example.org/simple",
        "LINEAL_URL": str(home),
        "PYTHONPATH": str(Path(lineal.__file__).parents[1]),
    }
    words = ["--password", SECRETS["argv"], f"--db=mysql://ada:{SECRETS['option']}@example.org/x"]
    command = [sys.executable, "train.py", *words, f"--api-key={SECRETS['cut']}"]
    subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)
    return home


def test_no_secret_is_anywhere_in_the_workspace(workspace):
    kept = b"\0".join(path.read_bytes() for path in workspace.rglob("*") if path.is_file())
    assert b"[redacted]" in kept
    assert [place for place, secret in SECRETS.items() if secret.encode() in kept] == []


def test_what_stands_beside_a_secret_is_recorded(workspace):
    with lineal.open(workspace) as opened:
        (run,) = opened.store.list(Execution, ListOptions(type="Train")).items
    record = run.properties["capture"]
    assert record["argv"]["value"][1:3] == ["train.py", "--password"]
    assert record["remote"]["value"]["url"] == "https://[redacted]@example.org/x.git"
    assert record["variables"]["value"]["API_KEY"] == "[redacted]"
    assert record["bundle"]["status"] == "withheld"
