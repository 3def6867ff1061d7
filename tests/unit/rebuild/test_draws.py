"""`--same-draws`: a run that nobody seeded is rebuilt from the first states that its record keeps."""

from __future__ import annotations

import json
import sys

SCRIPT = """
    import json, random
    import numpy as np

    own = np.random.default_rng()
    seeded = np.random.default_rng(4)
    numbers = [random.random(), np.random.rand(), own.random(), seeded.random(), np.random.default_rng().random()]
    with open("model.json", "w") as file:
        json.dump(numbers, file)
"""
DECLARED = """
    import lineal, random

    with lineal.run("train") as run:
        run.log_model({"w": random.random()}, name="m")
"""


def test_what_nobody_seeded_comes_out_the_same_where_that_is_asked_for_and_is_said_to_be_so(project):
    project.write("train.py", SCRIPT)
    project.run("-m", "lineal", "run", "--", sys.executable, "train.py")

    plain = project.reproduce("run:latest", status=24)
    same = project.reproduce(plain["run"], "--same-draws", status=0)

    told = [
        one["sentence"] for one in plain["differences"] if "seed it, or rebuild with --same-draws" in one["sentence"]
    ]
    assert told[0].startswith("numpy.random.default_rng at train.py:5 was given no seed")
    assert len(told) == 4
    assert any(
        "were drawn from without a seed; numpy.random.default_rng at train.py:5" in note for note in plain["notes"]
    )
    assert same["verdict"] == "BIT_EXACT"
    assert same["first_difference"] is None
    [note] = [note for note in same["notes"] if note.startswith("nobody seeded")]
    assert all(name in note for name in ("random", "numpy", "numpy.random.default_rng#1", "numpy.random.default_rng#3"))


def test_a_run_that_a_program_declares_begins_with_the_state_it_began_with(project):
    project.write("train.py", DECLARED)
    project.run("train.py")

    assert project.reproduce("model:m", status=24)["verdict"] == "DIVERGED"
    assert project.reproduce("model:m", "--same-draws", status=0)["verdict"] == "BIT_EXACT"


def test_a_program_that_seeds_keeps_no_state_and_has_nothing_to_begin_with(trained):
    found = trained.reproduce("model:delay", "--same-draws", status=0)

    assert found["verdict"] == "BIT_EXACT"
    assert any("no generator of it was left without a seed" in note for note in found["notes"])
    assert not any("processes" in note for note in found["notes"])
    assert "kept" not in json.dumps(found["platform"])
