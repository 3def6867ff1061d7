"""A rebuild is part of the graph: what it made again is the artifact it was, what differs is never taken for it."""

from __future__ import annotations

import pytest

import lineal
from lineal.model.edges import OUTPUTS
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Execution
from lineal.rebuild.record import DOCUMENT, TYPE, VERDICT, rebuilds_of, verdict_on

DIVERGING = """
    import lineal, os

    with lineal.run("train") as run:
        run.log_model({"value": int.from_bytes(os.urandom(6), "big")}, name="delay")
"""


def rebuilds(workspace):
    return workspace.store.list(Execution, ListOptions(type="Rebuild")).items


def test_an_exact_rebuild_makes_the_known_artifact_again(trained):
    verdict = trained.reproduce("model:delay", status=0)

    with lineal.open(trained.root) as workspace:
        [run] = rebuilds(workspace)
        events = workspace.store.events(executions=[run.id])
        made = [event for event in events if event.type in OUTPUTS]
        model = workspace.resolve("model:delay")
        assert verdict["recorded_as"] == f"run:{run.external_id}"
        assert run.custom_properties["verdict"] == "BIT_EXACT"
        assert [(event.artifact_id, event.reproduces) for event in made] == [(model.id, True)]
        assert workspace.verify().ok


def test_the_run_that_made_a_model_first_stays_its_maker(trained):
    trained.reproduce("model:delay", status=0)

    again = trained.reproduce("model:delay", status=0)

    with lineal.open(trained.root) as workspace:
        assert again["run"] == f"run:{workspace.resolve('run:train').external_id}"
        assert len(rebuilds_of(workspace.store, workspace.resolve("model:delay"))) == 2


def test_what_came_out_otherwise_is_no_version_of_the_model(project):
    project.write("train.py", DIVERGING)
    project.run("train.py")

    project.reproduce("model:delay", status=24)

    with lineal.open(project.root) as workspace:
        models = workspace.store.list(Artifact, ListOptions(type="Model")).items
        assert [model.name for model in models] == ["delay@v1", None]
        assert workspace.resolve("model:delay").name == "delay@v1"
        assert models[1].custom_properties["rebuild_of"] == "model:delay@v1"
        [run] = rebuilds(workspace)
        read = {event.artifact_id for event in workspace.store.events(executions=[run.id]) if event.type not in OUTPUTS}
        assert read == {models[0].id}


def test_what_could_not_run_is_recorded_with_what_was_missing(trained):
    (trained.root / "data.csv").unlink()

    trained.reproduce("model:delay", status=25)

    with lineal.open(trained.root) as workspace:
        [run] = rebuilds(workspace)
        assert run.custom_properties["verdict"] == "NOT_RUNNABLE"
        assert "is gone" in run.properties["error"]


def test_show_tells_the_newest_verdict_of_a_model_and_the_whole_of_a_rebuild(trained):
    verdict = trained.reproduce("model:delay", status=0)

    model = trained.run("-m", "lineal", "show", "model:delay").stdout
    run = trained.run("-m", "lineal", "show", verdict["recorded_as"]).stdout

    assert "BIT_EXACT" in model
    assert "BIT_EXACT" in run


def test_the_newest_run_is_the_users_not_the_rebuild(trained):
    trained.reproduce("model:delay", status=0)

    with lineal.open(trained.root) as workspace:
        assert workspace.resolve("run:latest").type == "Train"


def test_a_dry_run_is_not_recorded(trained):
    trained.reproduce("model:delay", "--dry-run", status=0)

    with lineal.open(trained.root) as workspace:
        assert not rebuilds(workspace)


@pytest.mark.parametrize(
    ("told", "own", "differs", "verdict"),
    [
        ("DIVERGED", "BIT_EXACT", "output", "BIT_EXACT"),
        ("DIVERGED", "BIT_EXACT", "metric", "DIVERGED"),
        ("DIVERGED", "BIT_EXACT", "exit status", "DIVERGED"),
        ("BIT_EXACT", "DIVERGED", "output", "DIVERGED"),
        ("NUMERIC", "BIT_EXACT", "package", "NUMERIC"),
    ],
)
def test_a_rebuild_says_of_an_artifact_what_became_of_it_and_of_all_of_the_run(told, own, differs, verdict):
    document = {"outputs": [{"name": "model:delay@v1", "verdict": own}], "differences": [{"kind": differs}]}
    run = Execution(type=TYPE, custom_properties={VERDICT: told, DOCUMENT: document})
    assert verdict_on(run, Artifact(type="Model", name="delay@v1")) == verdict
