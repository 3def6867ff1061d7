"""Files that a run writes on, after their end: what was in them before is kept, and a rebuild begins with it."""

from __future__ import annotations

import sys

import pytest

import lineal
from lineal.lineage.capture_record import item
from lineal.model.edges import INPUTS, OUTPUTS
from lineal.rebuild.recipe import recipe_of

SCRIPT = """
    import logging

    logging.basicConfig(filename="train.log", level="INFO", format="%(message)s")
    open("untouched.log", "a").close()
    logging.info("trained")
    with open("all.csv", "a") as file:
        file.write("3\\n")
    with open("model.json", "w") as file:
        file.write('{"learner": 1}')
"""


@pytest.fixture
def grown(project):
    project.write("train.py", SCRIPT)
    project.write("train.log", "before\n")
    project.write("untouched.log", "as it was\n")
    project.write("all.csv", "n\n1\n")
    return project


def run(project, **variables):
    project.run("-m", "lineal", "run", "--", sys.executable, "train.py", **variables)


def test_a_rebuild_begins_with_what_was_there_though_it_has_grown_since(grown):
    run(grown)
    (grown.root / "train.log").write_text("of today\n")
    (grown.root / "all.csv").unlink()

    found = grown.reproduce("run:latest", status=0)

    assert found["verdict"] == "BIT_EXACT"
    assert {output["name"] for output in found["outputs"]} == {"report:train@v1", "dataset:all@v2", "model:model@v1"}
    assert (grown.root / "train.log").read_text() == "of today\n"


def test_data_that_grew_was_made_from_what_it_was_and_a_log_from_nothing(grown):
    run(grown)

    with lineal.open(grown.root) as workspace:
        recipe = recipe_of(workspace.store, "run:latest")
        events = workspace.store.events(executions=[recipe.target.run.id])
        kinds = {event.artifact_id: set() for event in events}
        for event in events:
            kinds[event.artifact_id] |= {"in"} if event.type in INPUTS else {"out"} if event.type in OUTPUTS else set()
        made = {one.id: one.name for one in (*recipe.target.inputs, *recipe.target.outputs)}
        outputs = {entry["path"]: entry.get("before") for entry in item(recipe.record, "outputs").value}
    named = {made[id_]: kinds[id_] for id_ in kinds}
    assert named == {"all@v1": {"in"}, "all@v2": {"out"}, "train@v1": {"out"}, "model@v1": {"out"}}
    assert outputs["train.log"].startswith("sha256:")
    assert outputs["model.json"] is None


def test_a_beginning_that_is_not_kept_is_said_to_be_lost(grown):
    run(grown, LINEAL_KEEP="0")

    planned = grown.reproduce("run:latest", "--dry-run")

    assert "what was in train.log before the run wrote on is not kept: it begins empty" in planned["notes"]
