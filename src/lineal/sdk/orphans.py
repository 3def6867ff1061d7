"""Orphans: runs whose `lineal run` was killed. Its program ends them, else the next command does.

They are FAILED, for how the program ended nobody saw, unless it said itself that it ends well. What it recorded and
wrote down is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lineal.capture.command import Command
from lineal.errors import LinealError
from lineal.integrations.hooks import telling
from lineal.model.ids import ExecutionId, Micros
from lineal.model.nodes import Execution, ExecutionState
from lineal.sdk.captured import Capturing
from lineal.sdk.command import CommandRun
from lineal.sdk.ending import Ending
from lineal.sdk.handoff import Handoff, Left
from lineal.sdk.recorder import Recorder
from lineal.sdk.session import Session
from lineal.workspace import current_actor, open_workspace

KILLED = "`lineal run` was killed: how the program ended is not known"


def end_left_runs() -> Iterator[str]:
    """End the runs that killed `lineal run` commands left, remove their directories; yield a sentence for each."""
    for handoff in Handoff.left():
        with telling("ending a run that was left"):
            ended = end_left_run(handoff)
            if ended is not None:
                yield ended


def end_left_run(handoff: Handoff) -> str | None:
    """End the run of a handoff that nobody takes back, and return a sentence; None where it or its workspace is gone.

    A workspace that cannot be opened now is left for another time.
    """
    left = handoff.about()
    if left is None:
        handoff.remove()
        return None
    try:
        session = Session(workspace=open_workspace(left.url, create=False))
        found = session.workspace().store.get(Execution, [ExecutionId(left.run)])
    except LinealError as error:
        if error.code.name == "NOT_FOUND":
            handoff.remove()
        return None
    try:
        (execution,) = found
        if execution.state is not ExecutionState.RUNNING:
            return None
        run = _resumed(session, execution, left)
        run.take_back(handoff, seen_ns=left.seen_ns)
        run.finish(None if handoff.is_well() else ChildProcessError(KILLED))
        return f"run:{run.id} is {run.execution.state.name} now: its `lineal run` was killed"
    finally:
        session.workspace().close()
        handoff.remove()


class _LeftRun(CommandRun):
    """A run that is written and was left; it ended when the last was seen of it."""

    seen: Micros = Micros(0)

    def _begin(self) -> None:
        """Write nothing: it is written already."""

    def _ended(self, ending: Ending) -> Execution:
        known = self.execution
        told = known.properties.get("error")
        is_well = ending.state is ExecutionState.COMPLETE
        error = None if is_well else told if isinstance(told, str) else KILLED
        ended = super()._ended(replace(ending, error=error))
        at = max(self.seen, known.started_at or Micros(0))
        properties = {**ended.properties, "duration_us": at - (known.started_at or at)}
        facts = ended.custom_properties.items()
        custom = {name: value for name, value in facts if is_well or name != "exit_status"}
        return replace(ended, ended_at=Micros(at), properties=properties, custom_properties=custom)


def _resumed(session: Session, execution: Execution, left: Left) -> _LeftRun:
    capturing = Capturing(session.files, session.location, Command((), ""))
    session.enter()
    recorder = Recorder(session.workspace, execution, (), actor=current_actor(), strict=False)
    recorder.touches.add_recorded(*capturing.taken_over(execution.properties.get("capture")))
    run = _LeftRun(session, recorder, capturing)
    run.seen = Micros(left.seen_ns // 1000)
    return run
