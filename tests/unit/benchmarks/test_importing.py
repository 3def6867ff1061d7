"""The benchmark of importing makes a database that imports without a loss, and measures it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_small_import_is_measured_in_both_directions(tmp_path):
    command = [sys.executable, "-m", "benchmarks.importing", "--rows", "500", "--results", str(tmp_path / "r.json")]
    entries = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *entries])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert [figure["name"] for figure in document["figures"]] == ["import", "import again", "export"]
    assert 400 < document["rows"] < 700
    assert all(figure["rows a second"] > 0 for figure in document["figures"])
