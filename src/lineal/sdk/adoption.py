"""Adoption: a Python process started by `lineal run -- CMD` records that run itself, where the truth about it is.

The first that does anything does; another one beside it, and a forked worker, writes down the files it opens. Whatever
fails here is one line on stderr: the program runs as it would without us.
"""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import replace
from pathlib import Path

from lineal.integrations.hooks import telling
from lineal.integrations.own import OwnFiles
from lineal.model.nodes import Execution, ExecutionState
from lineal.sdk import autolog
from lineal.sdk.about import HANDOFF, about_in, project_in, version
from lineal.sdk.aside import Aside
from lineal.sdk.beside import end_notes, hear_facts, is_worker, seed_all
from lineal.sdk.captured import Capturing
from lineal.sdk.ending import Ending
from lineal.sdk.exits import Exits
from lineal.sdk.given import Given
from lineal.sdk.handoff import Handed, Handoff
from lineal.sdk.journal import Journal, first_writes, put_aside, read_journals
from lineal.sdk.notes import notes_here
from lineal.sdk.orphans import end_left_run
from lineal.sdk.places import Places
from lineal.sdk.recorder import Recorder
from lineal.sdk.run import Run
from lineal.sdk.session import Session
from lineal.sdk.watching import Watching
from lineal.sdk.written_models import canonical_of
from lineal.store.location import Location, locate
from lineal.workspace import current_actor


class AdoptedRun(Run):
    """The run of this program, started and ended by `lineal run`; here it is filled."""

    is_well = False
    """Whether it ended, and by no exception."""

    def _begin(self) -> None:
        """Write nothing: it is written already, and most programs have nothing to add before they end."""

    def _ended(self, ending: Ending) -> Execution:
        """Return the run with all that was found, still running: how it ends is known when the process is gone."""
        known = self.execution
        ended = super()._ended(ending)
        self.is_well = ending.state is ExecutionState.COMPLETE
        custom = {name: value for name, value in ended.custom_properties.items() if name != "exit_status"}
        properties = {name: value for name, value in ended.properties.items() if name != "duration_us"}
        return replace(
            ended, state=known.state, ended_at=known.ended_at, properties=properties, custom_properties=custom
        )


def adopt() -> None:
    """Adopt the run that the environment names once this process does something; do nothing without one."""
    directory = os.environ.get(HANDOFF)
    if not directory:
        return
    with telling("the recording of this program"):
        handoff = Handoff(Path(directory))
        handed = handoff.get()
        if handed is not None and handed.execution.id is not None:
            _Adoption(handoff, handed.seed).begin()


class _Adoption:
    """This process, which records the run if it is the first that reads, writes or fits anything.

    One that only starts others (a launcher, a wrapper) leaves the run to them; it takes it at its end if nobody did.
    """

    def __init__(self, handoff: Handoff, seed: int | None) -> None:
        self._handoff = handoff
        self._seed = seed
        self._project = project_in(about_in(handoff.directory))
        self._process = os.getpid()
        self._places = Places(project=self._project)  # now: a program may go elsewhere before it reads anything
        self._location = locate(create=True)
        self._session = Session(url=self._location.url)
        self._run: AdoptedRun | None = None
        self._is_direct = handoff.is_made_by(os.getppid())
        self._exits = Exits()
        self._notes = notes_here(handoff.directory, is_worker=is_worker())

    def begin(self) -> None:
        """Hook everything, seed what is to be seeded, and wait."""
        directory = self._handoff.directory
        self._exits.hear()
        given = Given(directory, is_direct=self._is_direct)
        hear_facts(self._notes, about_in(directory), given, self._ends)
        atexit.register(self._release)  # before what ends the run, so that it comes after it
        own = _own(self._handoff, self._location, self._project)
        put_aside(directory)
        watching = Watching(
            self._claimed,
            self._session.files,
            own,
            aside=Aside(Journal(directory), own, lambda written: canonical_of(written, self._session.files)),
            is_asked_first=True,
            began=self._handoff.began(),
            is_among_others=self._handoff.is_among_others(),
            written_elsewhere=lambda: first_writes(read_journals(directory, leave_out=frozenset({self._process}))),
        )
        given.note = watching.given
        autolog.start(watching, own)
        if self._seed is not None:
            seed_all(self._seed)

    def _claimed(self) -> AdoptedRun | None:
        """Return the run, now ours to record; None where another process has it, or a higher rank asks."""
        is_over = getattr(sys.modules.get("__main__"), "__file__", None) is None and bool(self._handoff.recorded())
        if is_over or _rank() > 0 or is_worker() or not self._handoff.claim():
            return None
        handed = self._handoff.get()  # as the one before us left it
        if handed is None:
            return None
        self._session.enter()
        recorder = Recorder(self._session.workspace, handed.execution, (), actor=current_actor(), strict=False)
        recorder.touches.places = self._places
        capturing = Capturing(self._session.files, self._location)
        capturing.adopt(handed.execution.properties.get("capture"))
        recorder.touches.add_recorded(*capturing.known())
        self._run = AdoptedRun(self._session, recorder, capturing)
        return self._run

    def _release(self) -> None:
        run = self._run
        self._ends()
        if os.getpid() == self._process and run is not None and run.is_finished:
            with telling("handing the run back"):
                if self._is_direct and run.is_well and self._exits.are_well():
                    self._handoff.say_well()
                self._handoff.put(Handed(execution=run.execution, seed=self._seed, version=version()))
                self._handoff.release()
                if not self._handoff.is_used() and self._handoff.hold():
                    end_left_run(self._handoff)  # nobody takes it back, and we are the last
            autolog.end_as_interrupted()

    def _ends(self) -> None:
        """Write down that this process ends, or a worker that was forked from it."""
        run = self._run if os.getpid() == self._process else None
        end_notes(self._notes, records=run is not None and run.is_finished)


def _rank() -> int:
    """Return which of several processes that work together this is: the first one records."""
    found = (os.environ.get(name, "") for name in ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"))
    return next((int(rank) for rank in found if rank.isdecimal()), 0)


def _own(handoff: Handoff, location: Location, project: Path | None) -> OwnFiles:
    left_out = [place for place in (location.home, location.database, handoff.directory) if place is not None]
    return OwnFiles(left_out, project)
