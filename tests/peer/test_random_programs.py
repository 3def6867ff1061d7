"""Random programs see the same on the real ML Metadata and on ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.peer

SCRIPT = Path(__file__).parent / "random_programs.py"
PROGRAMS = 120


def test_random_programs_see_the_same_on_both(peer, tmp_path):
    ours = subprocess.run(
        [sys.executable, SCRIPT, "--ours", "0", str(PROGRAMS)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ours.returncode == 0, ours.stderr
    theirs = peer.run(SCRIPT, 0, PROGRAMS).splitlines()
    programs = list(zip(map(json.loads, ours.stdout.splitlines()), map(json.loads, theirs), strict=True))

    assert len(programs) == PROGRAMS
    differing = [
        (seed, step, mine, real)
        for seed, (steps, others) in enumerate(programs)
        for step, (mine, real) in enumerate(zip(steps, others, strict=True))
        if mine != real
    ]
    assert differing[:1] == []
    answers = [step for steps, _ in programs for step in steps[:-1]]
    assert sum(answer != "refused" for _, answer in answers) > len(answers) / 3
