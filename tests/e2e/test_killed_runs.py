"""`lineal run` killed outright: its run ends, by its own program or by the next command, and nothing lies about."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects import Project, project_in

pytestmark = [
    pytest.mark.reliability,
    pytest.mark.skipif(sys.platform != "linux", reason="platform: it is Linux that shows who uses a directory"),
]

TRAIN = """
import os

text = open("data.csv").read()
open("early.txt", "w").write(text)
os.mkfifo("going")
open("going", "w").close()  # until somebody reads
open("go", "r").close()     # until somebody writes
open("late.txt", "w").write(text * 2)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = project_in(tmp_path)
    project.write("data.csv", "delay\n4\n")
    project.write("train.py", TRAIN)
    os.mkfifo(project.root / "go")
    return project


@contextlib.contextmanager
def going(project: Project, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A `lineal run` whose program is in the middle; its session is killed at the end."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "lineal", "run", "--", *words],
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not (project.root / "going").exists():
            assert parent.poll() is None
        (project.root / "going").read_bytes()
        yield parent
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()


def go_on(project: Project, program: int) -> None:
    """Let the program end, and wait until it has."""
    watched = os.pidfd_open(program)
    (project.root / "go").write_bytes(b"")
    select.select([watched], [], [], 60)
    os.close(watched)


def program_of(parent: subprocess.Popen[bytes]) -> int:
    return int(Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()[0])


def newest(project: Project) -> dict[str, object]:
    done = project.start("-m", "lineal", "show", "run:latest", "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("last", "state"),
    [("", "complete"), ("raise SystemExit(0)", "failed"), ("import sys; sys.exit(0.0)", "failed")],
)
def test_the_program_itself_ends_a_run_whose_parent_was_killed_and_well_only_if_that_is_sure(project, last, state):
    project.write("train.py", f"{TRAIN}{last}\n")
    with going(project, sys.executable, "train.py") as parent:
        program = program_of(parent)
        parent.kill()
        parent.wait()

        go_on(project, program)

        assert project.left_behind == []
    found = newest(project)
    shown = json.dumps(found)
    assert found["thing"]["state"] == state
    assert ("was killed: how the program ended is not known" in shown) == (state == "failed")
    assert "early" in shown
    assert "late" in shown


def test_the_next_command_ends_a_run_of_which_nobody_is_left(project):
    with going(project, sys.executable, "train.py") as parent:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()
    assert project.left_behind != []

    listed = project.run("-m", "lineal", "list")

    assert "is FAILED now: its `lineal run` was killed" in listed.stderr
    assert project.left_behind == []
    shown = json.dumps(newest(project))
    assert "was killed" in shown
    assert "early" in shown


def test_a_run_that_is_going_on_without_its_parent_is_left_alone(project):
    project.write("train.sh", f'{sys.executable} train.py\n"$0" 2>/dev/null || true\n')
    with going(project, "sh", "train.sh") as parent:
        parent.kill()
        parent.wait()

        listed = project.run("-m", "lineal", "list")

        assert "running" in listed.stdout
        assert "FAILED" not in listed.stderr
        assert project.left_behind != []


def test_a_file_that_was_changed_since_is_not_taken_for_what_the_run_wrote(project):
    with going(project, sys.executable, "train.py") as parent:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()
    project.write("early.txt", "of somebody else")
    os.utime(project.root / "early.txt", (2**32, 2**32))

    project.run("-m", "lineal", "list")

    assert "report:early" not in json.dumps(newest(project))


def test_a_directory_of_somebody_else_is_not_believed(project):
    foreign = project.scratch / "lineal-run-foreign"
    foreign.mkdir(mode=0o755)
    (foreign / "about.json").write_text(json.dumps({"run": 1, "url": str(project.root)}))
    (foreign / "held").touch()

    done = project.start("-m", "lineal", "list")

    assert "FAILED" not in done.stderr
    assert foreign.exists()


INNER = """
import os
import lineal

with lineal.run("inner"):
    with lineal.run("innermost"):
        os.kill(os.getpid(), 9)
"""


def test_runs_within_a_program_that_was_killed_end_with_it(project):
    project.write("train.py", INNER)

    project.run("-m", "lineal", "run", "--", sys.executable, "train.py", status=128 + signal.SIGKILL)

    for label in ("inner", "innermost"):
        shown = project.run("-m", "lineal", "show", f"run:{label}", "--format", "json").stdout
        assert '"FAILED"' in shown.upper()
        assert "its process was killed before the run ended" in shown


TRACKED = """
import os
import lineal

with lineal.run("tracked") as run:
    run.log_params({"depth": 4})
    os.mkfifo("going")
    open("going", "w").close()  # until somebody reads
    open("go", "r").close()     # until somebody writes
"""


def state_of_tracked(project: Project) -> tuple[str, str]:
    shown = json.loads(project.run("-m", "lineal", "show", "run:tracked", "--format", "json").stdout)["thing"]
    return shown["state"], str(shown["properties"].get("error", ""))


def test_a_run_of_a_script_that_was_killed_ends_with_the_next_command_and_not_before(project):
    project.write("train.py", TRACKED)
    script = subprocess.Popen([sys.executable, "train.py"], cwd=project.root, env=project.environment())
    try:
        while not (project.root / "going").exists():
            assert script.poll() is None
        (project.root / "going").read_bytes()
        assert state_of_tracked(project) == ("running", "")
    finally:
        script.kill()
        script.wait()
    (mark,) = (project.root / ".lineal" / "running").iterdir()
    foreign = mark.rename(mark.with_name(f"{mark.stem}.of-another-machine"))
    assert state_of_tracked(project) == ("running", "")
    foreign.rename(mark)

    assert state_of_tracked(project) == ("failed", "its process was gone before the run ended")
    assert not mark.parent.exists()
