"""What can be the cause of a difference, and what is set aside: told, but behind everything that can."""

from __future__ import annotations

import subprocess
import sys

import pytest

import lineal
from lineal.lineage.capture_record import Item
from lineal.rebuild.bearing import ADDED, NOT_LOADED, SAME_CODE, loaded_in, of_code, of_package
from lineal.rebuild.verdict import Difference, causes_first

RUN = ("-m", "lineal", "run", "--", sys.executable, "train.py")


def package(name: str, recorded: str | None = "1.0") -> Difference:
    return Difference(kind="package", what=name, recorded=recorded, rebuilt="1.1")


def code(name: str = "train.py") -> Difference:
    return Difference(kind="code", what=name)


def record(*packages: str) -> dict[str, Item]:
    return {"modules": Item("captured", {"files": {}, "packages": list(packages)})}


@pytest.mark.parametrize(
    ("difference", "loaded", "aside"),
    [
        (package("gauge"), frozenset({"gauge"}), ""),
        (package("gauge"), frozenset({"numpy"}), NOT_LOADED),
        (package("gauge"), None, ""),
        (package("gauge", None), frozenset({"gauge"}), ""),
        (package("gauge", None), None, ADDED),
    ],
    ids=["loaded", "not loaded", "not known", "came in addition and is loaded", "came in addition"],
)
def test_a_package_can_be_the_cause_where_it_was_loaded(difference, loaded, aside):
    assert of_package(difference, loaded).aside == aside


def test_a_package_that_only_one_of_two_runs_loaded_was_loaded():
    assert loaded_in(record("numpy"), record("gauge")) == {"numpy", "gauge"}


def test_where_one_of_two_records_does_not_tell_nothing_is_known_of_loading():
    assert loaded_in(record("numpy"), {}) is None


@pytest.mark.parametrize(
    ("before", "after", "aside"),
    [
        (b"a = 1\n", b"# why\na  =  1\n", SAME_CODE),
        (b"a = 1\n", b"a = 2\n", ""),
        (b"def a():\n    'says'\n", b"def a():\n    'said'\n", ""),
        (b"a = (\n", b"a = (\n# why\n", ""),
        (b"a = 1\n", None, ""),
    ],
    ids=["comment", "value", "docstring", "no Python", "not kept"],
)
def test_code_of_which_only_comments_and_layout_differ_is_no_cause(before, after, aside):
    assert of_code(code(), before, after).aside == aside


def test_a_comment_in_a_file_that_is_no_python_can_be_a_cause():
    assert of_code(code("train.sh"), b"a = 1\n", b"# why\na = 1\n").aside == ""


def test_what_is_set_aside_stands_behind_the_effects():
    aside = of_package(package("gauge"), frozenset())
    output = Difference(kind="output", what="model")

    assert causes_first([aside, output]) == (output, aside)


# ---------------------------------------------------------------- what the record tells


def first_cause(project, before: str, after: str):
    with lineal.open(project.root) as workspace:
        return workspace.diff(before, after).first_difference


def test_two_runs_that_differ_by_a_line_and_a_comment_are_told_the_line(project):
    project.write("helper.py", "FACTOR = 2\n")
    project.write("train.py", "import helper\nopen('made.txt', 'w').write(str(helper.FACTOR))\n")
    project.run(*RUN)
    project.write("helper.py", "FACTOR = 10\n")
    project.write("train.py", "# Looked through.\nimport helper\nopen('made.txt', 'w').write(str(helper.FACTOR))\n")
    project.run(*RUN)

    found = first_cause(project, "report:made@v1", "report:made@v2")

    assert (found["kind"], found["what"], found["where"]) == ("code", "helper.py", {"row": 1})
    assert "'FACTOR = 2' became 'FACTOR = 10'" in found["sentence"]


def test_two_runs_of_which_nothing_can_be_the_cause_are_told_none(project):
    project.write("train.py", "import time\nopen('made.txt', 'w').write(str(time.time_ns()))\n")
    project.run(*RUN)
    project.write("train.py", "# Looked through.\nimport time\nopen('made.txt', 'w').write(str(time.time_ns()))\n")
    project.run(*RUN)

    assert first_cause(project, "report:made@v1", "report:made@v2") is None


def test_a_diff_prints_the_first_cause_below_its_summary(project):
    project.write("train.py", "import os\nopen('made.txt', 'w').write(os.environ.get('FACTOR', '2'))\n")
    project.run(*RUN)
    project.run(*RUN, FACTOR="3")

    done = project.run("-m", "lineal", "diff", "report:made@v1", "report:made@v2")

    assert "first cause: variable FACTOR was not set, and is 3" in done.stdout.splitlines()


def test_things_that_no_recorded_run_made_have_no_first_cause(project):
    for number in (1, 2):
        project.write("raw.csv", f"delay\n{number}\n")
        project.write("train.py", "print(open('raw.csv').read())\nopen('made.txt', 'w').write('as ever')\n")
        project.run(*RUN)

    assert first_cause(project, "dataset:raw@v1", "dataset:raw@v2") is None


@pytest.mark.parametrize(
    "drawn",
    ["uuid.uuid4().hex", "os.urandom(4).hex()"],
    ids=["through a library", "directly"],
)
def test_a_line_that_asks_the_system_for_entropy_is_named(project, drawn):
    project.write("train.py", f"import os, uuid\nopen('made.txt', 'w').write({drawn})\n")
    project.run(*RUN)

    verdict = project.reproduce("run:latest", status=24)

    assert verdict["first_difference"]["kind"] == "seed"
    assert verdict["first_difference"]["sentence"].startswith("train.py:2 asks the system for entropy")


def test_names_that_lineal_draws_for_itself_are_not_the_programs(project):
    project.write(
        "train.py",
        """
        import lineal, time

        with lineal.run("train", seed=1) as run:
            run.log_model({"n": time.time_ns()}, name="made")
        """,
    )
    project.run("train.py")

    verdict = project.reproduce("model:made", status=24)

    assert "seed" not in [one["kind"] for one in verdict["differences"]]


def test_a_watched_program_gets_the_bytes_it_asked_for():
    code = "import lineal, os\nlineal.autolog()\nassert len(os.urandom(7)) == 7\nassert os.urandom(4) != os.urandom(4)"
    subprocess.run([sys.executable, "-c", code], check=True)
