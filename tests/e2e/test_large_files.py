"""Files larger than memory, or than anybody's patience: streamed, bounded, and left alone where one says so."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lineal.workspace import open_workspace

LINEAL = [sys.executable, "-m", "lineal"]
PEAK_MIB = 200
"""Lineal and the program together; what is written is far more."""

# Sparse: the disk holds next to nothing of it, but it is read like any other.
WRITE = """
import os
size, more = map(int, open("size.txt").read().split())
if os.environ.get("LINEAL_REBUILD"):
    size *= more
with open("model.bin", "wb") as file:
    for part in range(1, 6):
        file.seek(size // 5 * part - 1)
        file.write(bytes([part]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Callable[[int, int], Path]:
    def made(size: int, more: int = 1) -> Path:
        (tmp_path / "train.py").write_text(WRITE, encoding="utf-8")
        (tmp_path / "size.txt").write_text(f"{size} {more}", encoding="utf-8")
        return tmp_path

    return made


# In a process of its own: the kernel counts the size of whoever starts a process as that process's.
MEASURE = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
output = child.stdout.read()
_, status, used = os.wait4(child.pid, 0)
per_mib = 1 << 20 if sys.platform == "darwin" else 1 << 10
print(json.dumps([os.waitstatus_to_exitcode(status), output, used.ru_maxrss / per_mib]))
"""


def peak_of(place: Path, *words: str) -> tuple[int, str, float]:
    """Return the exit status, the output, and the largest memory that the command or a child of it had, in MiB."""
    command = [sys.executable, "-c", MEASURE, *LINEAL, *words]
    status, output, peak = json.loads(subprocess.run(command, cwd=place, check=True, stdout=subprocess.PIPE).stdout)
    return status, output, peak


def verdict_of(output: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output)
    return found


@pytest.mark.reliability
def test_an_output_of_5_gb_is_recorded_and_rebuilt_in_little_memory(project, campaign):
    place = project(5_000_000_000 if campaign else 500_000_000)
    status, _, recording = peak_of(place, "run", "--name", "large", "--", sys.executable, "train.py")
    assert status == 0
    status, output, rebuilding = peak_of(place, "reproduce", "run:large", "--format", "json")
    assert (status, verdict_of(output)["verdict"]) == (0, "BIT_EXACT")
    assert max(recording, rebuilding) < PEAK_MIB


@pytest.mark.reliability
def test_a_rebuild_that_writes_5_gb_where_the_record_has_little_is_stopped(project):
    place = project(5_000_000, more=1000)
    assert peak_of(place, "run", "--name", "large", "--", sys.executable, "train.py")[0] == 0
    status, output, peak = peak_of(place, "reproduce", "run:large", "--format", "json")
    verdict = verdict_of(output)
    assert (status, verdict["verdict"]) == (25, "NOT_RUNNABLE")
    assert [missing["kind"] for missing in verdict["missing"]] == ["disk"]
    assert peak < PEAK_MIB
    assert not list(place.glob("**/model.bin"))[1:]


@pytest.mark.skipif(os.name == "nt", reason="platform: no process groups")
def test_ctrl_c_at_the_end_leaves_a_large_output_unknown_and_the_run_complete(project):
    place = project(200_000_000_000)  # minutes of reading
    child = subprocess.Popen(
        [*LINEAL, "run", "--name", "large", "--", sys.executable, "train.py"],
        cwd=place,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stderr is not None
    line = child.stderr.readline()
    assert re.fullmatch(r"lineal: fingerprinting 200 GB \(model\.bin\), Ctrl-C leaves it unknown\n", line)
    os.killpg(child.pid, signal.SIGINT)
    rest = child.stderr.read()
    child.stderr.close()
    assert (child.wait(), rest) == (0, "")
    with open_workspace(place, create=False) as workspace:
        run = workspace.resolve("run:large")
        output = workspace.resolve("dataset:model")
    assert run.state.name == "COMPLETE"
    assert (output.fingerprint, output.custom_properties["fingerprint_unknown"]) == (None, "interrupted")
