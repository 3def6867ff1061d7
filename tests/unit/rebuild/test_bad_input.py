"""Everything that can be wrong has its verdict and its sentence, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def model(body: str) -> str:
    """A script that does something and logs a model."""
    block = f'with lineal.run("train") as run:\n    {body}\n    run.log_model({{"n": 1}}, name="m")\n'
    return f"import lineal, os, sys\n\n{block}"


def kinds(verdict):
    return [missing["kind"] for missing in verdict["missing"]]


def test_a_commit_that_is_nowhere_is_named(project):
    project.write("train.py", model("pass"))
    project.commit()
    project.run("train.py")
    commit = project.git("rev-parse", "HEAD")
    shutil.rmtree(project.root / ".git")
    project.git("init", "--quiet")

    verdict = project.reproduce("model:m")

    # With the code itself kept in the record it can still be rebuilt; without, the commit is what is missing.
    assert verdict["verdict"] in {"BIT_EXACT", "NOT_RUNNABLE"}
    assert verdict["verdict"] == "BIT_EXACT" or commit[:12] in verdict["missing"][0]["sentence"]


def test_a_lost_copy_of_the_script_is_named(trained):
    for path in (trained.root / ".lineal" / "files").rglob("*"):
        if path.is_file() and b"import lineal" in path.read_bytes():
            path.unlink()

    verdict = trained.reproduce("model:delay", status=25)

    assert kinds(verdict) == ["code"]


def test_a_script_that_asks_at_a_terminal_is_recognised(project):
    project.write("train.py", model("answer = input('depth? ') if os.environ.get('LINEAL_REBUILD') else '4'"))
    project.run("train.py")

    verdict = project.reproduce("model:m", status=25)

    assert kinds(verdict) == ["terminal"]
    assert "terminal" in verdict["missing"][0]["sentence"]


def test_a_crash_in_the_middle_is_told_with_its_last_line_and_what_was_said(project):
    project.write("data.csv", "4\n")
    project.write("train.py", model("os.environ.get('LINEAL_REBUILD') and 1 / 0; open(run.use('data.csv')).read()"))
    project.run("train.py")

    verdict = project.reproduce("model:m", status=24)

    assert verdict["verdict"] == "DIVERGED"
    assert verdict["first_difference"]["kind"] == "exit status"
    assert any(each["sentence"] == "input data was read, and is not" for each in verdict["differences"])
    assert "ZeroDivisionError" in verdict["first_difference"]["sentence"]
    assert "Traceback" in verdict["said"]
    assert project.left_behind == []


def test_a_process_killed_for_its_memory_is_not_a_divergence(project):
    project.write("train.py", model("os.environ.get('LINEAL_REBUILD') and os.kill(os.getpid(), 9)"))
    project.run("train.py")

    assert kinds(project.reproduce("model:m", status=25)) == ["memory"]


def test_a_file_the_record_does_not_name_is_named_when_it_is_not_there(project):
    project.write("secret.txt", "4")
    project.write("train.py", model("open('secret.txt').read()"))
    project.run("train.py")

    verdict = project.reproduce("model:m", status=25)

    assert [(missing["kind"], missing["what"]) for missing in verdict["missing"]] == [("input", "secret.txt")]


def test_a_symbolic_link_out_of_the_tree_is_never_followed(project, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("4")
    project.write("train.py", model("os.environ.get('LINEAL_REBUILD') and open('data/secret.txt').read()"))
    (project.root / "data").symlink_to(tmp_path / "outside")
    project.commit()
    project.run("train.py")

    verdict = project.reproduce("model:m", status=25)

    assert [(missing["kind"], missing["what"]) for missing in verdict["missing"]] == [("input", "data/secret.txt")]
    assert any("data → " in note and "left out" in note for note in verdict["notes"])
    assert project.left_behind == []


def test_what_was_read_through_a_link_out_of_the_tree_is_laid_out_and_checked(project, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "x.csv").write_text("4")
    project.write("train.py", model("run.use('data/x.csv', name='x'); print(open('data/x.csv').read())"))
    (project.root / "data").symlink_to(tmp_path / "disk")
    project.commit()
    project.run("train.py")
    assert project.reproduce("model:m", status=0)["verdict"] == "BIT_EXACT"

    (tmp_path / "disk" / "x.csv").write_text("5")

    verdict = project.reproduce("model:m", status=25)
    assert kinds(verdict) == ["input"]
    assert "is not what it was" in verdict["missing"][0]["sentence"]


def test_a_program_that_never_ends_is_stopped_with_all_it_started(project):
    project.write(
        "train.py",
        model(
            "import subprocess\n    os.environ.get('LINEAL_REBUILD') and "
            "subprocess.Popen([sys.executable, '-c', 'while 1: __import__(\"time\").sleep(1)'], "
            "start_new_session=True).wait()"
        ),
    )
    project.run("train.py")

    verdict = project.reproduce("model:m", "--timeout", "2", status=25)

    assert kinds(verdict) == ["time"]
    assert processes_of(project) == []
    assert project.left_behind == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_rebuild_that_is_ended_from_outside_leaves_nothing(project, number):
    with started(project) as rebuild:
        rebuild.send_signal(number)
        status = rebuild.wait(60)

    assert status == 128 + number
    assert processes_of(project) == []
    assert project.left_behind == []


def test_what_a_killed_rebuild_left_is_removed_by_the_next(project):
    with started(project) as rebuild:
        rebuild.kill()
        rebuild.wait(60)
    assert project.left_behind != []

    project.reproduce("model:m", "--timeout", "1", status=25)

    assert processes_of(project) == []
    assert project.left_behind == []


def test_a_kept_rebuild_directory_is_left_where_the_verdict_says(trained):
    verdict = trained.reproduce("model:delay", "--keep", status=0)

    trained.reproduce("model:delay", status=0)

    assert (Path(verdict["kept"]) / "tree" / "train.py").is_file()


def test_a_run_logged_after_the_fact_has_no_recipe(project):
    project.run("-c", _AFTER_THE_FACT)

    verdict = project.reproduce("model:m", status=25)

    assert "record" in kinds(verdict)


def test_another_python_than_the_recorded_one_is_named(trained):
    trained.run("-c", _OTHER_PYTHON)

    verdict = trained.reproduce("model:delay", status=25)

    assert [(missing["kind"], missing["what"]) for missing in verdict["missing"]] == [("python", "3.4.1")]


def test_the_default_network_is_off_and_a_program_that_needs_it_says_so(project):
    project.write(
        "train.py",
        model("os.environ.get('LINEAL_REBUILD') and __import__('socket').create_connection(('192.0.2.1', 80), 5)"),
    )
    project.run("train.py")

    verdict = project.reproduce("model:m")

    assert verdict["network"] == "on" or kinds(verdict) == ["network"]


def test_a_full_disk_is_named_before_anything_is_computed(trained, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    words = "mount -t tmpfs -o size=2m tmpfs {0} && TMPDIR={0} exec {1} -m lineal reproduce model:delay --format json"
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", words.format(small, sys.executable)]
    environment = trained.environment()
    try:
        subprocess.run([*command[:3], "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("platform: no file systems of our own")

    done = subprocess.run(command, cwd=trained.root, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 25, done.stderr
    assert kinds(json.loads(done.stdout)) == ["disk"]


def test_what_lies_in_the_home_directory_is_still_found_there(project, tmp_path):
    home = tmp_path / "grace"
    home.mkdir()
    (home / "numbers.txt").write_text("4 6 8")
    project.write("train.py", model("print(open(os.path.expanduser('~/numbers.txt')).read())"))
    project.run("train.py", HOME=str(home))

    verdict = project.reproduce("model:m", HOME=str(home))

    assert verdict["verdict"] == ("BIT_EXACT" if verdict["writes"] == "confined" else "NOT_RUNNABLE")
    assert sorted(path.name for path in home.iterdir() if not path.name.startswith(".")) == ["numbers.txt"]


_AFTER_THE_FACT = """
from lineal import LineageTracker

tracker = LineageTracker()
data = tracker.log_dataset("s3://bucket/flights.parquet", "v1", 3, "9f86d081884c7d65" * 4)
open("m.pkl", "wb").write(b"model")
tracker.log_training(data, "m.pkl", {"depth": 4}, seed=1)
"""

_OTHER_PYTHON = """
from dataclasses import replace
import lineal
from lineal.model.publication import Origin

with lineal.open() as workspace:
    run = workspace.resolve("run:train")
    capture = dict(run.properties["capture"])
    capture["python"] = {"status": "captured", "value": {"version": "3.4.1"}}
    run = replace(run, properties={**run.properties, "capture": capture})
    workspace.store.put([run], by=Origin(actor="test", action="age"))
"""


class started:  # noqa: N801  used as a context manager
    """A rebuild whose program is running and does not end by itself."""

    def __init__(self, project):
        project.write(
            "train.py",
            model("rebuilt = os.environ.get('LINEAL_REBUILD')\n    while rebuilt:\n        open('going', 'w').close()"),
        )
        project.run("train.py")
        self.project = project

    def __enter__(self):
        self.rebuild = subprocess.Popen(
            [sys.executable, "-m", "lineal", "reproduce", "model:m"],
            cwd=self.project.root,
            env=self.project.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not list(self.project.scratch.glob("lineal-rebuild-*/tree/going")):
            assert time.monotonic() < deadline
            assert self.rebuild.poll() is None
        return self.rebuild

    def __exit__(self, *_error):
        self.rebuild.kill()
        self.rebuild.wait(60)


def processes_of(project):
    """The processes that were started with a temporary directory of a rebuild of this project."""
    mark = os.fsencode(f"TMPDIR={project.scratch}/lineal-rebuild-")
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (directory / "environ").read_bytes() and (directory / "cmdline").read_bytes():
                found.append(directory.name)
        except OSError:
            continue
    return found


def test_a_script_that_is_not_kept_for_its_secret_is_said_to_be_that(project):
    project.write(
        "train.py",
        """
        import lineal

        KEY = "sk-abcdefghijklmnopqrstuvwxyz123456"
        with lineal.run("train") as run:
            run.log_model({"a": 1}, name="delay")
        """,
    )
    project.run("train.py")

    verdict = project.reproduce("model:delay", "--dry-run", status=25)

    sentences = [missing["sentence"] for missing in verdict["missing"]]
    assert sentences == ["the code is not recorded: train.py: it holds a secret: its bytes are not kept"]
