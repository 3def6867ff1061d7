"""Adoption: a Python process started by `lineal run -- CMD` records that run itself, where the truth about it is.

The first such process does; another one beside it, and a forked worker, writes down the files it opens. Whatever fails
here is one line on stderr: the program runs as it would without us.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lineal.capture.seeds import seed_library
from lineal.capture.seeds import set_seed as seed_everything
from lineal.integrations.files import watch_files
from lineal.integrations.hooks import Patches, telling
from lineal.integrations.imports import when_imported
from lineal.integrations.libraries import install
from lineal.integrations.own import OwnFiles
from lineal.model.nodes import Execution
from lineal.sdk import autolog
from lineal.sdk.aside import Aside
from lineal.sdk.captured import Capturing
from lineal.sdk.ending import Ending
from lineal.sdk.handoff import HANDOFF, Handed, Handoff
from lineal.sdk.journal import Journal, first_writes, read_journals
from lineal.sdk.recorder import Recorder
from lineal.sdk.run import Run
from lineal.sdk.session import Session
from lineal.sdk.watching import Watching
from lineal.store.location import Location, locate
from lineal.workspace import current_actor

_HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver", "loky.backend.resource_tracker")


class AdoptedRun(Run):
    """The run of this program, started and ended by `lineal run`; here it is filled."""

    def _begin(self) -> None:
        """Write nothing: it is written already, and most programs have nothing to add before they end."""

    def _ended(self, ending: Ending) -> Execution:
        """Return the run with all that was found, still running: how it ends is known when the process is gone."""
        known = self.execution
        ended = super()._ended(ending)
        custom = {name: value for name, value in ended.custom_properties.items() if name != "exit_status"}
        properties = {name: value for name, value in ended.properties.items() if name != "duration_us"}
        return replace(
            ended, state=known.state, ended_at=known.ended_at, properties=properties, custom_properties=custom
        )


def adopt() -> None:
    """Adopt the run that the environment names, or write down what this process opens; do nothing without one."""
    directory = os.environ.get(HANDOFF)
    if not directory or any(helper in word for word in sys.orig_argv for helper in _HELPERS):
        return
    with telling("the recording of this program"):
        handoff = Handoff(Path(directory))
        if not handoff.directory.is_dir():
            return
        location = locate(create=True)
        handed = handoff.get()
        if handed is not None and handed.execution.id is not None and handoff.claim():
            _record(handoff, handed, location)
        else:
            _write_down(handoff, location)


def _record(handoff: Handoff, handed: Handed, location: Location) -> None:
    session = Session(url=location.url)
    session.enter()
    recorder = Recorder(session.workspace, handed.execution, (), actor=current_actor(), strict=False)
    capturing = Capturing(session.files, location)
    capturing.adopt(handed.execution.properties.get("capture"))
    recorder.touches.add_recorded(*capturing.known())
    run = AdoptedRun(session, recorder, capturing)
    process = os.getpid()

    def release() -> None:
        if os.getpid() == process and run.is_finished:
            handoff.put(replace(handed, execution=run.execution))
            handoff.release()

    atexit.register(release)  # before what ends the run, so that it comes after it
    own = _own(handoff, location)
    watching = Watching(
        lambda: run,
        session.files,
        own,
        aside=Aside(Journal(handoff.directory), own),
        written_elsewhere=lambda: first_writes(read_journals(handoff.directory, leave_out=frozenset({process}))),
    )
    watching.ambient = run
    autolog.start(watching, own)
    if handed.seed is not None:
        _seed(handed.seed)


def _write_down(handoff: Handoff, location: Location) -> None:
    journal = Journal(handoff.directory)
    own = _own(handoff, location)
    patches: Patches = install(Aside(journal, own))
    patches.add(watch_files(journal, own))


def _own(handoff: Handoff, location: Location) -> OwnFiles:
    return OwnFiles([place for place in (location.home, location.database, handoff.directory) if place is not None])


def _seed(seed: int) -> None:
    """Seed what the program draws from: `random` now, the others when they are imported."""
    seed_everything(seed)
    for name, module in (("numpy", "numpy.random"), ("torch", "torch")):
        if module not in sys.modules:
            when_imported(module, _seeder(name, seed))


def _seeder(name: str, seed: int) -> Callable[[object], None]:
    return lambda _module: seed_library(name, seed)
