"""Runs within a command's run that nobody ends any more: their process was killed before it could."""

from __future__ import annotations

from collections.abc import Sequence

from lineal.capture.gone import KILLED, end_runs
from lineal.lineage.resolve import quoted
from lineal.model.ids import Micros
from lineal.model.listing import ListOptions
from lineal.model.nodes import Execution, ExecutionState
from lineal.workspace import Workspace, current_actor

_MOST = 1000


def running_within(workspace: Workspace, run_id: str) -> list[Execution]:
    """Return the runs within a run that are still running, and those within these."""
    found: list[Execution] = []
    front = [run_id]
    while front and len(found) < _MOST:
        wanted = f"properties.parent_run_id.string_value = {quoted(front.pop())}"
        for run in workspace.store.list(Execution, ListOptions(filter=wanted, limit=_MOST)).items:
            front += [run.external_id] if run.external_id else []
            found += [run] if run.state is ExecutionState.RUNNING else []
    return found


def end_killed(workspace: Workspace, runs: Sequence[Execution], *, at: Micros) -> None:
    """End runs whose processes are gone, as FAILED."""
    end_runs(workspace.store, runs, at=at, error=KILLED, actor=current_actor())
