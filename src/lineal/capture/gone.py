"""Gone: runs that are RUNNING though their process is no more. They become FAILED: nobody saw how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lineal.files.running import Left
from lineal.model.ids import Micros
from lineal.model.listing import ListOptions
from lineal.model.nodes import Execution, ExecutionState
from lineal.model.publication import Origin
from lineal.model.vocabulary import PROCESS
from lineal.store.protocol import Store

KILLED = "its process was killed before the run ended"
GONE = "its process was gone before the run ended"
UNWRITTEN = "the store could not be written when the run ended: how it ended is not known"

_MOST = 1000


def end_runs_of(store: Store, left: Left, *, actor: str) -> list[Execution]:
    """End the runs of a process that is gone, at their last sign of life, and return them."""
    # The state is asked for as well: a process may have thousands of runs that have ended.
    wanted = f"custom_properties.{PROCESS}.string_value = '{left.word}' AND last_known_state = RUNNING"
    found = list(store.list(Execution, ListOptions(filter=wanted, limit=_MOST)).items)
    seen = Micros(left.made_ns // 1000)
    end_runs(store, found, at=seen, error=GONE, actor=actor)
    # A mark may also go by the id of a run that was over, but whose end its process could not write.
    named = store.list(Execution, ListOptions(external_ids=(left.word,))).items
    unwritten = [run for run in named if run.state is ExecutionState.RUNNING]
    end_runs(store, unwritten, at=seen, error=UNWRITTEN, actor=actor)
    return found + unwritten


def end_runs(store: Store, runs: Sequence[Execution], *, at: Micros, error: str, actor: str) -> None:
    """End runs as FAILED with this error, each not before what was last written of it."""
    if runs:
        store.put([_ended(run, at, error) for run in runs], by=Origin(actor=actor, action="end a killed run"))


def _ended(run: Execution, at: Micros, error: str) -> Execution:
    over = Micros(max(at, run.started_at or at, run.updated_at or at))
    properties = {**run.properties, "error": error, "duration_us": over - (run.started_at or over)}
    return replace(run, state=ExecutionState.FAILED, ended_at=over, properties=properties)
