"""An output under another name: a program that puts times or UUIDs into names makes the same content again."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
    import json, uuid
    from pathlib import Path

    here = Path("runs") / uuid.uuid4().hex
    here.mkdir(parents=True)
    for name, content in (("model", [1.5]), ("noise", uuid.uuid4().hex)):
        (here / f"{name}-{uuid.uuid4().hex[:8]}.json").write_text(json.dumps(content))
"""


def test_what_was_made_under_another_name_is_compared_by_its_content_also_by_a_stranger(project, tmp_path):
    project.write("train.py", SCRIPT)
    project.run("-m", "lineal", "run", "--", sys.executable, "train.py")

    verdict = project.reproduce("run:latest", status=24)
    project.run("-m", "lineal", "export", "recipe", verdict["run"], str(tmp_path / "recipe"))
    words = [sys.executable, "rebuild.py", "--env", "current"]
    said = subprocess.run(words, cwd=tmp_path / "recipe", capture_output=True, text=True, check=False).stdout

    model, noise = sorted(verdict["outputs"], key=lambda one: one["name"])
    assert (model["verdict"], noise["verdict"]) == ("BIT_EXACT", "DIVERGED")
    assert "it was made under another name, dataset:model-" in model["note"]
    assert "was not made again under that name; dataset:noise-" in noise["note"]
    answers = {
        line.split("-")[0].split(":")[-1]: line.split()[0] for line in said.splitlines() if "made as runs/" in line
    }
    assert answers == {"model": "SAME", "noise": "DIFFERS"}
