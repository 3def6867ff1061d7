"""A run of several processes: what its programs and workers read, load, seed and reach for is in one record."""

from __future__ import annotations

import sys
import tempfile

import pytest

from lineal.lineage.capture_record import record_of
from lineal.lineage.foresight import doubts
from lineal.model.capture_items import NOT_DRAWN
from lineal.workspace import open_workspace
from tests.projects import Project

PREPARE = """
    import os, random, signal, sys

    import yaml

    from means import mean

    random.seed(7)
    factor = float(os.environ.get("FACTOR", "1"))
    with open("raw.csv") as raw, open("clean.csv", "w") as clean:
        clean.write(str(factor * mean(float(line) for line in raw) + random.random()))
    print(sys.stdin.read(), file=sys.stderr)
"""

TRAIN = """
    import json, random, subprocess, sys

    random.seed(3)
    open("config.json").read()
    subprocess.run([sys.executable, "prepare.py"], check=True, input=b"by hand")
    model = float(open("clean.csv").read()) + random.random()
    open("model.txt", "w").write(str(model))
    told = "import json, pickle; json.dump({'rmse': 0.5}, open('metrics.json', 'w'))"
    told += "; pickle.dump({'weight': 1.5}, open('weights.pkl', 'wb'))"
    subprocess.run([sys.executable, "-c", told], check=True)
"""

POOLS = """
    import sys
    from multiprocessing import get_context

    from work import work

    if __name__ == "__main__":
        open("config.json").read()
        for number, kind in enumerate(("fork", "spawn", "forkserver")):
            with get_context(kind).Pool(1) as pool:
                pool.map(work, [number])
        print(sum(float(open(f"out{number}.csv").read()) for number in range(3)))
"""

WORK = """
    def work(number):
        import means, random

        random.seed(number)
        text = open(f"part{number}.csv").read()
        open(f"out{number}.csv", "w").write(f"{text}{random.random()}")
"""


@pytest.fixture
def project(tmp_path):
    """A project in which one program prepares what another one trains on."""
    (tmp_path / "scratch").mkdir()
    found = Project(tmp_path / "here", tmp_path / "scratch")
    found.write("raw.csv", "4\n6\n")
    found.write("config.json", "{}")
    found.write("means.py", "def mean(values):\n    values = list(values)\n    return sum(values) / len(values)\n")
    found.write("prepare.py", PREPARE)
    found.write("train.py", TRAIN)
    return found


def record(project, *command, status=0, **variables):
    """Return the capture record of a command's run, and the paths of its inputs and outputs."""
    done = project.run("-m", "lineal", "run", "--name", "told", "--", *command, status=status, **variables)
    assert "lineal" not in done.stderr
    with open_workspace(project.root, create=False) as workspace:
        run = workspace.resolve("run:told")
    capture = run.properties["capture"]
    touched = [{entry["path"] for entry in capture[name].get("value", ())} for name in ("inputs", "outputs")]
    return run, capture, *touched


def test_what_a_child_program_read_loaded_and_seeded_is_the_runs_and_its_rebuild_is_exact(project):
    run, capture, inputs, outputs = record(project, sys.executable, "train.py", FACTOR="2")
    assert inputs == {"raw.csv", "config.json"}
    assert outputs == {"clean.csv", "model.txt", "weights.pkl", "metrics.json"}
    assert run.custom_properties["metric.rmse"] == 0.5
    with open_workspace(project.root, create=False) as workspace:
        assert workspace.resolve("model:weights").properties["canonical"].startswith("sha256:")
    assert capture["modules"]["value"]["files"].keys() == {"train.py", "prepare.py", "means.py"}
    assert "pyyaml" in capture["modules"]["value"]["packages"]
    assert capture["variables"]["value"]["FACTOR"] == "2"
    seeds = capture["seeds"]["value"]
    assert (seeds["random"], seeds["random in prepare.py"]) == (3, 7)
    assert [call["where"] for call in seeds["calls"]] == ["train.py:4", "prepare.py:8"]
    assert capture["processes"]["value"]["programs"] == {"prepare.py": 1, "python": 1, "train.py": 1}
    assert "reached" not in capture  # the text that prepare.py was given is train.py's, not a person's

    planned = project.reproduce("run:told", "--dry-run")
    assert (planned["missing"], planned["reachable"]) == ([], "BIT_EXACT")
    project.write("raw.csv", "5\n6\n")
    assert project.reproduce("run:told", status=0)["verdict"] == "BIT_EXACT"


def test_the_steps_of_a_shell_script_are_one_record(project):
    project.write("all.sh", f"{sys.executable} prepare.py < /dev/null && {sys.executable} evaluate.py\n")
    project.write("evaluate.py", "open('model.txt', 'w').write(open('clean.csv').read())\n")
    _, capture, inputs, outputs = record(project, "sh", "all.sh")
    assert (inputs, outputs) == ({"raw.csv"}, {"clean.csv", "model.txt"})
    assert capture["modules"]["value"]["files"].keys() == {"prepare.py", "means.py", "evaluate.py"}
    assert "pyyaml" in capture["modules"]["value"]["packages"]
    assert capture["variables"]["value"]["FACTOR"] is None
    assert capture["seeds"]["value"]["random in prepare.py"] == 7


def test_workers_of_every_kind_of_pool_are_heard(project):
    project.write("train.py", POOLS)
    project.write("work.py", WORK)
    for number in range(3):
        project.write(f"part{number}.csv", str(number))
    # The socket of a fork server needs a short path.
    _, capture, inputs, outputs = record(project, sys.executable, "train.py", TMPDIR=tempfile.gettempdir())
    assert inputs == {"config.json", "part0.csv", "part1.csv", "part2.csv"}
    assert outputs == {"out0.csv", "out1.csv", "out2.csv"}
    assert capture["modules"]["value"]["files"].keys() == {"train.py", "work.py", "means.py"}
    assert capture["seeds"]["value"]["random in workers"] == [0, 1, 2]


def test_a_program_that_takes_the_place_of_another_does_not_hide_it(project):
    project.write("second.py", "open('model.txt', 'w').write(open('clean.csv').read())\n")
    project.write("train.py", PREPARE + "    os.execv(sys.executable, [sys.executable, 'second.py'])\n")
    _, capture, inputs, outputs = record(project, sys.executable, "train.py")
    assert (inputs, outputs) == ({"raw.csv"}, {"clean.csv", "model.txt"})
    assert capture["modules"]["value"]["files"].keys() == {"train.py", "means.py", "second.py"}
    assert capture["seeds"]["value"]["random in train.py"] == 7
    assert "reason" not in capture["processes"]


def test_a_child_that_is_killed_loses_nothing_it_told_and_the_record_says_so(project):
    project.write("prepare.py", PREPARE + "    os.kill(os.getpid(), signal.SIGKILL)\n")
    project.write("train.py", TRAIN.replace("check=True, input", "check=False, input"))
    _, capture, inputs, outputs = record(project, sys.executable, "train.py")
    assert inputs == {"raw.csv", "config.json"}
    assert outputs == {"clean.csv", "model.txt", "weights.pkl", "metrics.json"}
    assert capture["seeds"]["value"]["random in prepare.py"] == 7
    assert capture["processes"]["value"]["unended"] == ["prepare.py"]
    shown = project.run("-m", "lineal", "show", "run:told").stdout
    line = next(line for line in shown.splitlines() if "processes" in line)
    assert "prepare.py, python, train.py" in line
    assert "prepare.py did not end by itself" in line


def test_a_child_may_have_runs_of_its_own(project):
    project.write(
        "prepare.py",
        """
        import lineal

        open("config.json").read()
        with lineal.run("prepare") as run:
            raw = open("raw.csv").read()
            open("clean.csv", "w").write(raw.split()[0])
        open("report.txt", "w").write(run.id)
        """,
    )
    _, capture, inputs, outputs = record(project, sys.executable, "train.py")
    with open_workspace(project.root, create=False) as workspace:
        inner = workspace.resolve("run:prepare").properties
    assert inner["parent_run_id"]
    assert [entry["path"] for entry in inner["capture"]["inputs"]["value"]] == ["raw.csv"]
    assert [entry["path"] for entry in inner["capture"]["outputs"]["value"]] == ["clean.csv"]
    assert (inputs, outputs) == (
        {"config.json", "clean.csv"},
        {"report.txt", "model.txt", "weights.pkl", "metrics.json"},
    )
    assert capture["processes"]["value"]["programs"] == {"prepare.py": 1, "python": 1, "train.py": 1}


def test_children_and_workers_that_draw_without_a_seed_are_foreseen_also_one_that_recorded_first(project):
    project.write("prepare.py", PREPARE.replace("random.seed(7)", "pass"))
    project.write("work.py", "import random\n\ndef work(_number):\n    return random.random()\n")
    project.write(
        "train.py",
        """
        import random, subprocess, sys, time
        from multiprocessing import get_context

        from work import work

        random.seed(3)  # does not reach forked workers
        seeded = "import random, sys; random.seed(int(sys.argv[1]))"
        subprocess.run([sys.executable, "-c", seeded, str(time.time_ns())], check=True)
        subprocess.run([sys.executable, "prepare.py"], check=True, stdin=subprocess.DEVNULL)
        with get_context("fork").Pool(1) as pool:
            open("model.txt", "w").write(str(pool.map(work, [1])))
        """,
    )
    run, _, _, _ = record(project, sys.executable, "train.py")
    drawn = "random in prepare.py, random in workers were drawn from without a seed"
    assert doubts(record_of(run)) == [f"{drawn}; <string>:1 seeds with the time of day"]


def test_a_generator_that_only_the_second_program_loads_is_not_drawn_from(project):
    project.write("one.py", "open('a.txt', 'w').write('1')")
    project.write("two.py", "import numpy.random; open('b.txt', 'w').write('1')")

    run, capture, _, _ = record(project, "sh", "-c", f"{sys.executable} one.py; {sys.executable} two.py")

    assert capture["seeds"]["value"]["numpy"] == NOT_DRAWN
    assert doubts(record_of(run)) == []


def test_what_a_library_starts_as_it_is_imported_is_no_program_of_the_run(project):
    library = project.write("site-packages/fonts.py", "import subprocess; subprocess.run(['ls', '.'], check=True)")
    project.write("own.py", "import subprocess; subprocess.run(['cat', 'raw.csv'], check=True)")
    project.write("plot.py", "import fonts, own; open('plot.txt', 'w').write('1')")

    _, capture, _, _ = record(project, sys.executable, "plot.py", PYTHONPATH=str(library.parent))

    assert capture["reached"]["value"]["programs"] == ["cat"]
