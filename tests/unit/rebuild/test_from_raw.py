"""From raw data on: every step again, in order, each reading what the one before it made this time."""

from __future__ import annotations

import sys

import pytest

import lineal
from lineal.model.listing import ListOptions
from lineal.model.nodes import Execution

CLEAN = (
    "rows = [r for r in open('raw.csv').read().split() if int(r) > 0]\nopen('clean.csv', 'w').write('\\n'.join(rows))\n"
)
FEATURES = (
    "rows = open('clean.csv').read().split()\nopen('features.csv', 'w').write('\\n'.join(r + '0' for r in rows))\n"
)
TRAIN = """
    import lineal

    with lineal.run("train") as run:
        rows = open(run.use("features.csv", name="features")).read().split()
        run.log_metrics({"sum": sum(map(int, rows))})
        run.log_model({"sum": sum(map(int, rows))}, name="delay")
"""


@pytest.fixture
def pipeline(project):
    """Three steps of separate commands: two plain scripts, and one that logs a model."""
    project.write("raw.csv", "1\n-2\n3\n")
    for name, text in (("clean", CLEAN), ("features", FEATURES)):
        project.write(f"{name}.py", text)
        project.run("-m", "lineal", "run", "--type", "Transform", "--name", name, "--", sys.executable, f"{name}.py")
    project.write("train.py", TRAIN)
    project.run("train.py")
    return project


def test_all_steps_are_rebuilt_in_order_and_what_comes_between_is_compared(pipeline):
    for name in ("clean.csv", "features.csv"):
        (pipeline.root / name).unlink()

    verdict = pipeline.reproduce("model:delay", "--from", "raw", status=0)

    outputs = [(output["role"], output["verdict"]) for output in verdict["outputs"]]
    assert verdict["verdict"] == "BIT_EXACT"
    assert outputs == [("intermediate", "BIT_EXACT"), ("intermediate", "BIT_EXACT"), ("output", "BIT_EXACT")]
    assert any(note.startswith("from raw: 3 of 3 steps rebuilt: clean (run:") for note in verdict["notes"])
    assert pipeline.left_behind == []
    assert not (pipeline.root / "clean.csv").exists()


def test_a_dry_run_plans_every_step_with_what_each_one_lacks(pipeline):
    for name in ("clean.csv", "features.csv"):
        (pipeline.root / name).unlink()

    planned = pipeline.reproduce("model:delay", "--from", "raw", "--dry-run", status=0)
    (pipeline.root / "raw.csv").write_text("1\n")
    with lineal.open(pipeline.root) as workspace:
        for kept in workspace.files.root.rglob("*"):
            if kept.is_file() and kept.read_bytes() == b"1\n-2\n3\n":
                kept.unlink()
    lacking = pipeline.reproduce("model:delay", "--from", "raw", "--dry-run", status=25)

    labels = [step for step in planned["steps"] if step.startswith("step ")]
    assert [label.split(",")[0] for label in labels] == [
        "step 1 of 3: clean",
        "step 2 of 3: features",
        "step 3 of 3: train",
    ]
    assert "input: dataset:features@v1 as an earlier step makes it" in planned["steps"]
    assert [each["reachable"] for each in planned["chain"]] == ["BIT_EXACT"] * 3
    [missing] = lacking["missing"]
    assert missing["sentence"].startswith("the step 'clean' upstream cannot be rebuilt: the input dataset:raw")
    assert [each["reachable"] for each in lacking["chain"]] == ["NOT_RUNNABLE", "BIT_EXACT", "BIT_EXACT"]
    assert pipeline.left_behind == []


def test_it_is_one_rebuild_in_the_graph(pipeline):
    verdict = pipeline.reproduce("model:delay", "--from", "raw", status=0)

    with lineal.open(pipeline.root) as workspace:
        [run] = workspace.store.list(Execution, ListOptions(type="Rebuild")).items
        assert verdict["recorded_as"] == f"run:{run.external_id}"
        assert workspace.verify().ok


def test_what_an_upstream_step_makes_otherwise_flows_on_and_its_cause_comes_first(project):
    project.write("draw.py", "import os\nopen('drawn.txt', 'w').write(str(int.from_bytes(os.urandom(6), 'big')))\n")
    project.run("-m", "lineal", "run", "--type", "Transform", "--name", "draw", "--", sys.executable, "draw.py")
    project.write(
        "train.py",
        """
        import lineal

        with lineal.run("train") as run:
            run.log_model({"n": open(run.use("drawn.txt", name="drawn")).read()}, name="m")
        """,
    )
    project.run("train.py")

    whole = project.reproduce("model:m", "--from", "raw", status=24)
    alone = project.reproduce("model:m", status=0)

    assert [output["verdict"] for output in whole["outputs"]] == ["DIVERGED", "DIVERGED"]
    assert [one["what"] for one in whole["differences"]][:2] == ["entropy", "report:drawn@v1"]
    assert whole["first_difference"]["sentence"].startswith("draw.py:2 asks the system for entropy")
    assert alone["verdict"] == "BIT_EXACT"


def test_an_upstream_step_that_cannot_run_is_named(pipeline):
    (pipeline.root / "raw.csv").write_text("7\n")

    with lineal.open(pipeline.root) as workspace:
        for path in (workspace.files.root / "sha256").rglob("*"):
            if path.is_file() and path.read_bytes() == b"1\n-2\n3\n":
                path.unlink()
    verdict = pipeline.reproduce("model:delay", "--from", "raw", status=25)

    assert verdict["verdict"] == "NOT_RUNNABLE"
    assert verdict["missing"][0]["sentence"].startswith("the step 'clean' upstream cannot be rebuilt: the input ")


def test_what_was_recorded_after_the_fact_is_taken_as_it_is(project):
    project.write("data.csv", "1\n2\n")
    project.write(
        "flat.py",
        """
        import lineal

        tracker = lineal.LineageTracker()
        tracker.log_dataset("data", "data.csv")
        """,
    )
    project.write(
        "train.py",
        """
        import lineal

        with lineal.run("train") as run:
            run.log_model({"n": open(run.use("data.csv", name="data")).read()}, name="m")
        """,
    )
    project.run("train.py")

    verdict = project.reproduce("model:m", "--from", "raw", status=0)

    assert verdict["verdict"] == "BIT_EXACT"
