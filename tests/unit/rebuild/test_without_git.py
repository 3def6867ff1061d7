"""Projects without a repository: what belongs together is kept together, wherever the project lies."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.capture.command import Command
from lineal.capture.project import project_of
from tests.projects import Project, project_in
from tests.unit.rebuild.confined import FORBIDDING, can_forbid

LIBRARIES = """\
#!PYTHON
import sys, os
sys.path.append(os.path.join(os.path.dirname(__file__), "..", "src"))
from lib.m import fit
from other import scale
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
rows = open(os.path.join(ROOT, "data", "in.csv")).read()
for ending in ("txt", "pdf", "svg"):
    open(os.path.join(ROOT, "fit." + ending), "w").write(ending + str(fit(rows) * scale))
"""
LEADS_UP = """\
import os, of_others
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
rows = open("../../data/in.csv").read()
open(os.path.join(ROOT, "m.txt"), "w").write(rows * of_others.factor)
open("../../n.txt", "w").write(" ".join(sorted(os.listdir("../../data"))))
"""
CACHE = """\
import os
from pathlib import Path
ROOT = Path(__file__).resolve().parent.parent
cache = Path.home() / ".cache" / "delays"
cache.mkdir(parents=True)
(cache / "rows.txt").write_text(open("in.csv").read() * 2)
(ROOT / "out").mkdir()
(ROOT / "out" / "m.txt").write_text((cache / "rows.txt").read_text() * 2)
"""


def project_with(directory: Path, files: dict[str, str]) -> Project:
    project = project_in(directory)
    for name, text in files.items():
        project.write(name, text.replace("PYTHON", sys.executable))
    return project


def exported(project: Project, python: str = sys.executable) -> str:
    recipe = project.scratch / "recipe"
    project.run("-m", "lineal", "export", "recipe", "run:latest", str(recipe))
    for place in ("src", "data", "../src"):
        if (project.root / place).exists():
            (project.root / place).rename(project.root / f"{place} moved away")
    words = [python, str(recipe / "rebuild.py"), "--env", "current"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    shutil.rmtree(recipe)
    return done.stdout + done.stderr


def test_modules_beside_the_script_and_its_right_to_be_started_are_kept(tmp_path):
    files = {"scripts/train": LIBRARIES, "src/lib/__init__.py": "", "src/lib/m.py": "def fit(rows): return len(rows)\n"}
    project = project_with(tmp_path, files | {"more/other.py": "scale = 3\n", "data/in.csv": "1\n"})
    (project.root / "scripts/train").chmod(0o755)
    project.run("-m", "lineal", "run", "--", "scripts/train", PYTHONPATH="more")

    verdict = project.reproduce("run:latest", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
    assert [one["name"] for one in verdict["outputs"]] == ["report:fit@v1", "report:fit.pdf@v1", "report:fit.svg@v1"]
    assert exported(project).count("SAME") == 3
    assert project.left_behind == []


def test_what_lies_beside_the_directory_it_began_in_is_its_own_also_below_a_place_for_temporary_files(tmp_path):
    project = project_with(tmp_path, {"src/train.py": CACHE, "data/in.csv": "1\n"})
    start = 'import os, sys; os.chdir("data"); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])'
    words = ("-m", "lineal", "run", "--", sys.executable, "../src/train.py")
    project.run("-c", start, *words, HOME=str(project.scratch.parent / "home"))

    verdict = project.reproduce("run:latest", status=0, HOME=str(project.scratch.parent / "home"))

    assert verdict["verdict"] == "BIT_EXACT"
    assert [one["name"] for one in verdict["outputs"]] == ["report:rows@v1", "report:m@v1"]


@pytest.mark.skipif(not can_forbid(), reason="platform: a system without namespaces takes one to be made")
def test_what_names_that_lead_up_belong_to_is_one_tree_also_for_a_program_that_sees_what_the_user_sees(tmp_path):
    project = project_with(tmp_path, {"deep/code/train.py": LEADS_UP, "data/in.csv": "1\n"})
    project.write("../src/of_others.py", "factor = 2\n")
    start = "import os, sys; os.chdir('deep/code'); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    library = {"PYTHONPATH": str(project.root.parent / "src")}
    project.run("-c", start, "-m", "lineal", "run", "--", sys.executable, "train.py", **library)

    words = [sys.executable, "-m", "lineal", "reproduce", "run:latest", "--format", "json"]
    done = subprocess.run(
        [*FORBIDDING, *words],
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )

    assert json.loads(done.stdout)["verdict"] == "BIT_EXACT", done.stdout
    assert exported(project).count("SAME") == 2


@pytest.mark.parametrize(
    ("code", "place", "project"),
    [
        ("/srv/ada/flights/scripts", "/srv/ada/flights", "/srv/ada/flights"),
        ("/srv/ada/flights/src", "/srv/ada/flights/data", "/srv/ada/flights"),
        ("/srv/ada", "/srv/grace", "/srv/ada"),
        ("/app/src", "/app", "/app"),
        ("/app", "/", "/app"),
        ("/tmp/ada/src", "/tmp/ada/data", "/tmp/ada"),
        ("/tmp/ada", "/tmp/grace", "/tmp/ada"),
        ("/tmp/ada", "/tmp", "/tmp/ada"),
        ("/people/ada/flights", "/people/ada", "/people/ada/flights"),
        ("/people/ada/flights", "/people/ada/data", "/people/ada/flights"),
    ],
)
def test_a_project_holds_code_and_directory_and_is_no_place_that_holds_much_else(monkeypatch, code, place, project):
    monkeypatch.setenv("HOME", "/people/ada")

    assert project_of(Path(code), Path(place)) == Path(project)


@pytest.mark.parametrize(
    ("words", "label"),
    [
        (["python", "-m", "delays.train", "--depth=3"], "delays.train"),
        (["python", "-m", "torch.distributed.run", "train.py"], "train.py"),
        (["python", "-Xutf8", "-c", "open('x.py')"], "python -c"),
        (["bash", "-c", "cd x && python 'my train.py'"], "my train.py"),
        (["bash", "-c", "echo '1"], "bash -c"),
        (["pytest", "tests", "a", "-c", "x.ini"], "pytest"),
        (["./bin/fit", "--model"], "fit"),
    ],
)
def test_a_run_is_called_what_it_runs(words, label):
    assert Command(words, "0").label == label
