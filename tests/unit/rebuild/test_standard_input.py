"""What came on standard input is an input: noted as the program reads it, kept, and given to a rebuild."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.projects import Project

FIRST_ROWS = """
import sys

for number, row in enumerate(sys.stdin, 1):
    if number == 3:
        break
open("third.txt", "w").write(row)
"""
TABLE = """
import json, sys
import pandas as pd

json.dump({"total": float(pd.read_csv(sys.stdin)["delay"].sum())}, open("metrics.json", "w"))
"""


def record(project: Project, before: str, script: str, **variables: str) -> int:
    """Record a script behind another command in a shell, and return how that one ended."""
    project.write("train.py", script)
    command = f"{before} {sys.executable} -m lineal run -- {sys.executable} train.py; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=project.root,
        env=project.environment() | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stderr == ""
    return int(done.stdout)


def inputs(project: Project) -> list[dict[str, Any]]:
    shown = project.run("-m", "lineal", "show", "run:latest", "--format", "json").stdout
    return json.loads(shown)["thing"]["properties"]["capture"]["inputs"]["value"]


def test_a_program_that_stops_reading_ends_the_pipe_and_is_given_what_it_read(project):
    sender = record(project, "yes row |", FIRST_ROWS)

    verdict = project.reproduce("run:latest", status=0)

    assert sender == 128 + 13  # SIGPIPE
    assert verdict["verdict"] == "BIT_EXACT"
    assert verdict["differences"] == []
    assert project.left_behind == []


def test_a_table_from_a_redirected_file_is_one_input_and_can_be_exchanged(project):
    project.write("flights.csv", "delay\n4\n6\n")
    project.write("other.csv", "delay\n5\n6\n")
    record(project, "< flights.csv", TABLE)
    project.write("flights.csv", "of today")

    (entry,) = inputs(project)
    verdict = project.reproduce("run:latest", status=0)
    swapped = project.reproduce("run:latest", "--replace", f"dataset:{entry['artifact']}=other.csv", status=0)

    assert (entry["artifact"], entry["path"]) == ("train.stdin@v1", "<stdin>")
    assert verdict["verdict"] == "BIT_EXACT"
    assert [metric["now"] for metric in swapped["counterfactual"]["metrics"]] == [11.0]


def test_what_is_too_large_to_keep_is_known_and_said_to_be_missing(project):
    record(project, "printf '1234\\n5\\n6\\n' |", FIRST_ROWS, LINEAL_KEEP="4")

    planned = project.reproduce("run:latest", "--dry-run")

    (entry,) = inputs(project)
    assert entry["fingerprint"].startswith("sha256:")
    assert [missing["sentence"] for missing in planned["missing"]] == [
        "what it read on standard input, dataset:train.stdin@v1, is not kept"
    ]


def test_programs_that_read_one_after_the_other_are_given_all_of_it_and_the_doubt_is_told(project):
    project.write("first.py", "import sys\nopen('first.txt', 'wb').write(sys.stdin.buffer.raw.read(2))\n")
    project.write("rest.py", "import sys\nopen('rest.txt', 'w').write(sys.stdin.read())\n")
    project.write("both.sh", f"{sys.executable} first.py\n{sys.executable} rest.py\n")
    words = [sys.executable, "-m", "lineal", "run", "--", "sh", "both.sh"]
    subprocess.run(words, cwd=project.root, env=project.environment(), input=b"4\n5\n", check=True)

    planned = project.reproduce("run:latest", "--dry-run")
    verdict = project.reproduce("run:latest", status=0)

    assert planned["because"] == ["another program may have read a part of standard input before it"]
    assert [output["verdict"] for output in verdict["outputs"]] == ["BIT_EXACT", "BIT_EXACT"]
