"""Runs whose process is gone."""

from __future__ import annotations

from pathlib import Path

from lineal.capture.gone import end_runs_of
from lineal.files.running import Left
from lineal.model.nodes import Execution, ExecutionState
from lineal.model.publication import Origin
from lineal.workspace import open_workspace


def test_the_last_of_thousands_of_runs_of_a_process_is_ended_with_it(tmp_path):
    states = [*[ExecutionState.COMPLETE] * 1_500, ExecutionState.RUNNING]
    runs = [Execution(type="Train", state=state, custom_properties={"process": "ab12"}) for state in states]
    with open_workspace(tmp_path) as workspace:
        *_, last = workspace.store.put(runs, by=Origin(actor="a", action="put"))

        (ended,) = end_runs_of(workspace.store, Left(Path("ab12-0.here"), "ab12", 0), actor="a")

        assert (ended.id, workspace.store.get(Execution, [last.id])[0].state) == (last.id, ExecutionState.FAILED)
