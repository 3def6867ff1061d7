"""The run of a command in a process of its own: handed over to that process, taken back when it is over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from lineal.capture.command import Command
from lineal.capture.processes import processes_with
from lineal.capture.record import place_of
from lineal.capture.told import Process
from lineal.capture.worker import Answer
from lineal.integrations.hooks import telling
from lineal.model.fingerprint import Fingerprinted
from lineal.model.ids import Micros
from lineal.model.nodes import Execution, ExecutionState
from lineal.model.values import check_text
from lineal.model.vocabulary import LAUNCHED, NEVER_STARTED, RECORDED_BY
from lineal.sdk.about import HANDOFF, about_in, own_files
from lineal.sdk.background import Fingerprints
from lineal.sdk.captured import Capturing
from lineal.sdk.ending import Ending
from lineal.sdk.handoff import Handoff
from lineal.sdk.inner_runs import end_killed, running_within
from lineal.sdk.journal import Line, read_journals, stamp_of
from lineal.sdk.notes import read_notes
from lineal.sdk.observations import Observations
from lineal.sdk.others import observe_others
from lineal.sdk.places import Places
from lineal.sdk.run import Run
from lineal.sdk.seen import Seen
from lineal.sdk.session import Session
from lineal.sdk.settling import settle
from lineal.sdk.starting import properties_of, started
from lineal.workspace import Workspace

_FLUSHED_NS = 2_000_000_000
"""How long after a file was opened it may still be written, and be taken for what the run wrote."""


class CommandRun(Run):
    """A run that is recorded by the Python processes of its command, and by us where they cannot."""

    words: Sequence[str] = ()
    _why: str | None = None

    @contextmanager
    def handed_over(self, *, seed: int | None) -> Iterator[Mapping[str, str]]:
        """Give the environment variables by which a process finds the run; afterwards, what it recorded is ours."""
        handoff: Handoff | None = None
        if self.execution.id is not None:
            with telling("handing the run over"):
                location = self.session.location
                handoff = Handoff.made(self.execution, seed=seed, location=location, words=self.words)
        try:
            yield handoff.environment(self.session.location.url) if handoff else {}
        finally:
            if handoff is not None:
                with telling("taking the run back"):
                    self.take_back(handoff)
                handoff.remove()

    def take_back(self, handoff: Handoff, *, seen_ns: int | None = None) -> None:
        """Record what the processes of the command wrote down; with `seen_ns` only what has not changed since then."""
        recorded = handoff.recorded()
        if recorded and self.execution.id is not None:
            (execution,) = self.session.workspace().store.get(Execution, [self.execution.id])
            self._recorder.resume(execution)
            self._recorder.touches.add_recorded(*self._capturing.taken_over(execution.properties.get("capture")))
        fingerprints = Fingerprints(self.session.files)
        observations = Observations(fingerprints)
        for line in read_journals(handoff.directory, leave_out=recorded):
            if seen_ns is None or not _is_younger(line, seen_ns):
                _replay(observations, line)
        processes = read_notes(handoff.directory)
        if seen_ns is None:
            processes += self._others(handoff, observations, processes)
        settle(self, observations, fingerprints)
        with telling("the notes of the processes"):
            self._capturing.told_by(processes, is_here=seen_ns is None)
        inner = running_within(self.session.workspace(), self.id)
        if inner and not any(number != os.getpid() for number in processes_with(HANDOFF, str(handoff.directory))):
            at = self.session.clock.now() if seen_ns is None else Micros(seen_ns // 1000)
            end_killed(self.session.workspace(), inner, at=at)

    def _others(self, handoff: Handoff, observations: Observations, processes: Sequence[Process]) -> list[Process]:
        about, began = about_in(handoff.directory), handoff.began()
        with telling("what other programs did"):
            if began is not None:
                own = own_files(about, handoff.directory)
                others = observe_others(observations, about, processes, began=began, own=own)
                return [] if others is None else [others]
        return []

    def never_started(self, why: str) -> None:
        """Say that the command could not be started, and why: `run:latest` is the one before it then."""
        self._why = why

    def _ended(self, ending: Ending) -> Execution:
        """Return the run as ended, with the error as its own process told it rather than the exit status."""
        told = self._why or self.execution.properties.get("error")
        ended = super()._ended(ending)
        custom = ended.custom_properties if self._why is None else {**ended.custom_properties, NEVER_STARTED: True}
        properties = ended.properties if told is None else {**ended.properties, "error": told}
        return replace(ended, properties=properties, custom_properties=custom)


def run_command(
    label: str, command: Command, *, type: str = "Train", seed: int | None = None, workspace: Workspace
) -> CommandRun:
    """Start the run of a command in a process of its own and return it; the caller executes and finishes it.

    The seed is recorded, but nothing in this process is seeded.
    """
    check_text("the label of a run", label)
    session = Session(workspace=workspace)
    properties = properties_of(session, label, None, seed)
    capturing = Capturing(session.files, session.location, command)
    execution = Execution(
        type=type,
        state=ExecutionState.RUNNING,
        external_id=str(properties["run_id"]),
        properties={**properties, **capturing.at_start()},
        custom_properties={RECORDED_BY: LAUNCHED},
        started_at=session.clock.now(),
    )
    run = started(session, execution, (), capturing, strict=False, make=CommandRun)
    run.words = command.words
    run.recorder.touches.places = Places(project=place_of(command.place)[1])
    return run


def _is_younger(line: Line, seen_ns: int) -> bool:
    """Whether a file was changed after the run's last sign of life: by whom is not known then."""
    stamp = stamp_of(line.target or line.path)
    return stamp is not None and stamp[1] > seen_ns + _FLUSHED_NS


def _replay(observations: Observations, line: Line) -> None:
    """Observe what another process wrote down; what has changed since it was read cannot be fingerprinted any more."""
    if line.event == "rename" and line.target is not None:
        observations.renamed(line.path, line.target)
    elif line.event == "state" and line.target is not None:
        observations.stated(line.path, line.target)
    elif line.event == "remove":
        observations.dropped(line.path)
    elif line.event == "named":
        if stamp_of(line.path) == line.stamp:
            observations.named(line.path)
    elif line.event != "read":
        observations.opened(line.path, reads=False, writes=True)
    elif stamp_of(line.path) == line.stamp:
        observations.opened(line.path, reads=True, writes=False)
    elif line.path not in observations.writes:
        answer: Answer[Fingerprinted] = Answer(reason="it changed after it was read")
        answer.is_there.set()
        observations.reads.setdefault(line.path, Seen(path=line.path, by="open", content=answer))
