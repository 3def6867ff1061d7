"""Programs and inputs that are odd on purpose: each has its verdict and its sentence, and leaves nothing."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lineal.errors import NotRunnable
from lineal.files import Files
from lineal.rebuild.confinement import confinement_here
from lineal.rebuild.inputs import InputSource, place_inputs
from lineal.rebuild.starter import leashed

READING = """
import lineal

with lineal.run("train") as run:
    place = run.use("data", name="flights")
    run.log_model({"n": 1}, name="m")
"""


def only(verdict):
    (missing,) = verdict["missing"]
    return missing["kind"], missing["sentence"]


def test_a_pipe_in_the_place_of_an_input_is_named_and_not_waited_for(project):
    project.write("data", "4")
    project.write("train.py", READING)
    project.run("train.py")
    (project.root / "data").unlink()
    os.mkfifo(project.root / "data")

    kind, sentence = only(project.reproduce("model:m", status=25))

    assert kind == "input"
    assert "the input dataset:flights@v1 is a pipe" in sentence


def test_a_device_in_the_place_of_an_input_is_named_and_not_read(project):
    project.write("data", "4")
    project.write("train.py", READING)
    project.run("train.py")
    (project.root / "data").unlink()
    (project.root / "data").symlink_to("/dev/zero")

    kind, sentence = only(project.reproduce("model:m", status=25))

    assert (kind, "is a device" in sentence) == ("input", True)


def test_a_directory_whose_link_leads_out_of_the_tree_is_refused(project):
    (project.root / "data").mkdir()
    project.write("data/day.csv", "4")
    (project.root / "data" / "all").symlink_to("/usr/share")
    project.write("train.py", READING)
    project.run("train.py")

    kind, sentence = only(project.reproduce("model:m", status=25))

    assert kind == "input"
    assert "the symbolic link all → /usr/share, which leads out of the tree" in sentence
    assert project.left_behind == []


def test_an_input_that_does_not_fit_is_said_before_it_is_copied(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "day.csv").write_text("4")
    tree = tmp_path / "rebuild" / "tree"
    tree.mkdir(parents=True)
    source = InputSource(name="dataset:flights@v1", origin="original", path=str(tmp_path / "data"), target="data")

    with pytest.raises(NotRunnable, match="the input dataset:flights@v1 takes 0 MiB, and the disk") as refused:
        place_inputs([source], Files(tmp_path / "files"), tree, free=1 << 60)

    assert refused.value.missing[0] == "disk"
    assert list(tree.iterdir()) == []


@pytest.mark.parametrize("name", ["two\nlines.txt", os.fsdecode(b"b\xff\xfe.txt"), "Übung €.txt", "-rf"])
def test_files_with_odd_names_are_read_and_written_again(project, name):
    project.write(
        "train.py",
        f"""
        text = open("in.txt").read()
        open({name!r}, "w").write(text * 2)
        open("out.txt", "w").write(open({name!r}).read())
        """,
    )
    project.write("in.txt", "4")
    project.run("-m", "lineal", "run", "--", project.python, "train.py")

    verdict = project.reproduce("run:latest", status=0)

    assert verdict["verdict"] in {"BIT_EXACT", "CANONICAL_EXACT"}
    assert project.left_behind == []


def test_very_many_files_are_removed_again(project):
    project.write(
        "train.py",
        """
        import lineal, os

        with lineal.run("train") as run:
            for n in range(20_000 if os.environ.get("LINEAL_REBUILD") else 1):
                open(f"part{n}", "w").close()
            run.log_model({"n": 1}, name="m")
        """,
    )
    project.run("train.py")

    assert project.reproduce("model:m", status=0)["verdict"] == "BIT_EXACT"
    assert project.left_behind == []


def test_links_that_a_program_makes_of_its_outputs_lead_the_comparison_nowhere(project, tmp_path):
    (tmp_path / "secret").write_text("4")
    project.write(
        "train.py",
        f"""
        import lineal, os

        open("out.txt", "w").write("4")
        with lineal.run("train") as run:
            run.log_dataset("out.txt", name="out")
        if os.environ.get("LINEAL_REBUILD"):
            os.unlink("out.txt")
            os.symlink({str(tmp_path / "secret")!r}, "out.txt")
            os.symlink("/", "everything")
            os.symlink("loop", "loop")
        """,
    )
    project.run("train.py")

    (output,) = project.reproduce("dataset:out")["outputs"]

    assert output["measured"] is None
    assert project.left_behind == []
    assert (tmp_path / "secret").read_text() == "4"


@pytest.mark.skipif(sys.platform != "linux", reason="platform: it is Linux that ends a process with its parent")
def test_a_rebuild_that_is_killed_outright_takes_its_program_with_it_at_once(project):
    project.write(
        "train.py",
        """
        import lineal, os, sys

        with lineal.run("train") as run:
            run.log_model({"n": 1}, name="m")
        if os.environ.get("LINEAL_REBUILD"):
            if os.fork() == 0:
                os.setsid()
                os.environ.clear()
            while True:
                open(f"going{os.getpid()}", "w").close()
        """,
    )
    project.run("train.py")
    rebuild = subprocess.Popen(
        [sys.executable, "-m", "lineal", "reproduce", "model:m"],
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(list(project.scratch.glob("lineal-rebuild-*/tree/going*"))) < 2:
        assert rebuild.poll() is None
    descendants = [os.pidfd_open(number) for number in below(rebuild.pid)]
    rebuild.kill()
    rebuild.wait()

    for each in descendants if confinement_here().processes == "hidden" else ():
        assert select.select([each], [], [], 30)[0]
    for each in descendants:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(each, signal.SIGKILL)
        os.close(each)


@pytest.mark.skipif(sys.platform != "linux", reason="platform: it is Linux that ends a process with its parent")
def test_a_tool_that_we_started_ends_when_we_are_killed():
    words = leashed([str(shutil.which("sleep")), "600"])
    code = (
        "import os, subprocess, sys\n"
        "words = sys.argv[1:]\n"
        "words[words.index('-c') + 2] = str(os.getpid())\n"
        "print(subprocess.Popen(words).pid, flush=True)\n"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        tool = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()

        ended = select.select([tool], [], [], 30)[0]

    os.close(tool)
    assert ended


def below(process):
    """Return all processes that a process started, and those that these started."""
    found = []
    front = [process]
    while front:
        children = Path(f"/proc/{front[0]}/task/{front[0]}/children").read_text().split()
        front = [*front[1:], *map(int, children)]
        found += map(int, children)
    return found
