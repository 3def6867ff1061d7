"""What surrounds a run is captured by itself, and a capture that breaks never breaks the run."""

from __future__ import annotations

import pytest

import lineal
from lineal.model.nodes import Execution, ExecutionState
from lineal.sdk import captured


def stored(workspace, run):
    return workspace.store.get(Execution, [run.execution.id])[0]


def test_the_record_is_there_at_the_start_and_whole_at_the_end(workspace):
    with lineal.run("train", seed=7, workspace=workspace) as run:
        started = stored(workspace, run).properties["capture"]
        data = run.use([{"a": 1}], name="flights")
        model = run.log_model({"mean": 1.0}, name="delay")
    record = stored(workspace, run).properties["capture"]
    assert data == [{"a": 1}]
    assert started["python"]["status"] == "captured"
    assert started["outputs"]["status"] == "unknown"
    (output,) = record["outputs"]["value"]
    assert output == {"fingerprint": model.fingerprint, "path": None, "artifact": "delay@v1", "type": "Model"}
    assert len(record["inputs"]["value"]) == 1
    assert record["seeds"]["value"]["random"] == 7
    assert set(started) <= set(record)


def test_the_environment_is_a_property_by_which_runs_are_found(workspace, recorded_run):
    environment = stored(workspace, recorded_run).properties["environment"]
    assert b"pytest" in workspace.files.get(environment)


@pytest.mark.parametrize("broken", ["at_start", "at_end"])
def test_a_capture_that_breaks_is_unknown_with_the_reason_and_the_run_goes_on(workspace, monkeypatch, broken):
    def explode(*_args, **_options):
        raise RuntimeError("no such sensor")

    monkeypatch.setattr(captured, broken, explode)
    with lineal.run("train", workspace=workspace) as run:
        run.log_dataset([1], name="flights")
    done = stored(workspace, run)
    assert done.state is ExecutionState.COMPLETE
    found = [item for item in done.properties["capture"].values() if "no such sensor" in item.get("reason", "")]
    assert bool(found) == (broken == "at_end")
    with lineal.run("train", workspace=workspace) as again:
        started = stored(workspace, again).properties["capture"]
    if broken == "at_start":
        assert started["capture"] == {"status": "unknown", "reason": "RuntimeError: no such sensor"}


def test_the_files_of_the_workspace_are_not_taken_for_untracked_code(workspace, recorded_run):
    record = stored(workspace, recorded_run).properties["capture"]
    assert "lineal.db" not in str(record["untracked"])
