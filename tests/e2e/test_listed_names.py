"""Names in a directory that a program asks for: a rebuild has them too, whether the files were opened or not."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from lineal.model.capture_items import LISTED
from lineal.workspace import open_workspace

NOTHING = f"sha256:{hashlib.sha256(b'').hexdigest()}"

# What it makes depends on how many files there are, of which it opens one.
COUNT = """
    import json, os
    from pathlib import Path
    names = sorted({names})
    first = open(os.path.join("data", names[0])).read()
    with open("report.json", "w") as file:
        json.dump([names, first], file)
"""
WAYS = {
    "glob": "path.name for path in Path('data').glob('*.csv')",
    "listdir": "name for name in os.listdir('data') if name.endswith('.csv')",
    "scandir": "entry.name for entry in os.scandir('data') if entry.name.endswith('.csv')",
    "walk": "name for _, _, found in os.walk('data') for name in found if name.endswith('.csv')",
    "glob module": "os.path.basename(path) for path in __import__('glob').glob('data/*.csv')",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for number in range(3):
        (tmp_path / "data" / f"part-{number}.csv").write_text(f"delay\n{number}\n", encoding="utf-8")
    return tmp_path


def write(project: Path, text: str, name: str = "count.py") -> None:
    (project / name).write_text(textwrap.dedent(text), encoding="utf-8")


def lineal(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lineal", *words], cwd=project, capture_output=True, text=True, check=False
    )


def run(project: Path, name: str = "count.py") -> tuple[dict[str, Any], Any]:
    """Run the script and return its inputs by path, and what it listed."""
    done = lineal(project, "run", "--name", "count", "--", sys.executable, name)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    with open_workspace(project, create=False) as workspace:
        execution = workspace.resolve("run:latest")
        inputs = execution.properties["capture"]["inputs"]["value"]
    return {entry["path"]: entry for entry in inputs}, execution.custom_properties.get("listings")


def reproduced(project: Path, *words: str) -> dict[str, Any]:
    done = lineal(project, "reproduce", "run:count", "--format", "json", *words)
    verdict: dict[str, Any] = json.loads(done.stdout)
    return verdict


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_was_only_listed_is_an_input_by_its_name(project, way):
    write(project, COUNT.format(names=WAYS[way]))
    inputs, listings = run(project)
    assert {path: entry.get("reason") for path, entry in inputs.items()} == {
        "data/part-0.csv": None,
        "data/part-1.csv": LISTED,
        "data/part-2.csv": LISTED,
    }
    assert listings == [{"path": "data", "names": 3}]


def test_a_program_that_depends_on_a_listing_is_rebuilt_from_its_record_alone(project):
    write(project, COUNT.format(names=WAYS["glob"]))
    run(project)
    for path in (project / "data").iterdir():
        path.unlink()
    assert reproduced(project)["verdict"] == "BIT_EXACT"


def test_names_of_directories_of_settings_and_of_what_was_written_over_are_there_again(project):
    for place in ("classes/cat", "classes/none"):
        (project / place).mkdir(parents=True)
    (project / ".settings").write_text("password: dragon\n", encoding="utf-8")
    (project / "names.json").write_text("[]", encoding="utf-8")
    write(
        project,
        """
        import json, os
        os.mkdir("made")
        names = [sorted(os.listdir(place)) for place in (".", "classes", "classes/none", "made")]
        with open("names.json", "w") as file:
            json.dump(names, file)
        """,
    )
    inputs, _ = run(project)
    found = [".lineal", ".settings", "classes", "count.py", "data", "made", "names.json"]
    assert json.loads((project / "names.json").read_bytes()) == [found, ["cat", "none"], [], []]
    assert inputs[".settings"]["fingerprint"] == inputs["names.json"]["fingerprint"] == NOTHING
    assert reproduced(project)["verdict"] == "BIT_EXACT"


def test_what_is_too_large_to_keep_is_a_note_in_the_plan(project):
    with (project / "data" / "part-9.csv").open("wb") as file:
        file.truncate(2 << 20)
    write(project, COUNT.format(names=WAYS["listdir"]))
    inputs, listings = run(project)
    assert "data/part-9.csv" not in inputs
    assert listings == [{"path": "data", "names": 4, "left": 1, "not_kept": ["part-9.csv"]}]
    plan = reproduced(project, "--dry-run")
    assert "listed: 2 files that it saw and did not open, from the kept files" in plan["steps"]
    lost = "1 of the files that it did not open are not kept, so a rebuild does not see them: part-9.csv"
    assert f"it listed data (4 names), and {lost}" in plan["notes"]


def test_in_a_repository_only_what_it_does_not_bring_along_is_kept(project):
    write(project, COUNT.format(names=WAYS["glob"]))
    (project / ".gitignore").write_text("part-2.csv\n.lineal\n", encoding="utf-8")
    for words in (("init", "-q"), ("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x")):
        subprocess.run(["git", *words], cwd=project, check=True)
    inputs, _ = run(project)
    assert set(inputs) == {"data/part-0.csv", "data/part-2.csv"}
    assert inputs["data/part-2.csv"]["reason"] == LISTED
    assert reproduced(project)["verdict"] == "BIT_EXACT"


def test_what_the_program_made_itself_and_what_python_lists_for_imports_do_not_count(project):
    write(project, "VALUE = 7\n", "helper.py")
    write(
        project,
        """
        import helper, os
        import importlib.metadata, pkgutil
        importlib.metadata.packages_distributions()
        [module.name for module in pkgutil.iter_modules()]
        os.mkdir("out")
        for number in range(2):
            open(f"out/{number}.txt", "w").write(str(helper.VALUE))
        os.system("echo more > out/other.txt")
        open("sum.txt", "w").write(str(len(os.listdir("out"))))
        """,
    )
    inputs, listings = run(project)
    assert inputs == {}
    assert listings == [{"path": "out", "names": 3}]


def test_directories_outside_the_project_are_nobodys_business(project, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "x.csv").write_text("a", encoding="utf-8")
    write(project, f"import os\nopen('n.txt', 'w').write(str(os.listdir({str(other)!r})))\n")
    assert run(project) == ({}, None)


def test_a_listing_before_the_first_run_was_made_for_it(project):
    write(
        project,
        """
        import os
        import lineal
        lineal.autolog()
        names = sorted(os.listdir("data"))
        with lineal.run("count") as run:
            run.log_artifact({"names": names}, name="names")
        """,
    )
    done = subprocess.run([sys.executable, "count.py"], cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with open_workspace(project, create=False) as workspace:
        execution = workspace.resolve("run:count")
    assert execution.custom_properties["listings"] == [{"path": "data", "names": 3}]
    assert [entry["path"] for entry in execution.properties["capture"]["inputs"]["value"]] == [
        f"data/part-{number}.csv" for number in range(3)
    ]
