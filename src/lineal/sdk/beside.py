"""Beside: a process of a command that another process records. It writes down what it does, and is light.

Workers of pools, and programs that the recorded program starts: there may be a thousand, and each pays for what is
imported here. One that starts runs of its own becomes a process like the first (`lineal/__init__` asks for it).
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lineal.capture.draws import Draws
from lineal.capture.outlet import UNSEEDED, set_outlet
from lineal.capture.reached import STANDARD_INPUT, hear
from lineal.capture.seeding import note_beginning
from lineal.capture.seeds import seed_library, unseeded_generators
from lineal.capture.seeds import set_seed as seed_everything
from lineal.files import Files
from lineal.integrations.files import watch_files
from lineal.integrations.hooks import Patches, telling
from lineal.integrations.imports import when_imported
from lineal.integrations.libraries import install
from lineal.integrations.listener import Written
from lineal.integrations.reaching import hear_only, kind_of_input
from lineal.integrations.watch import watch_program
from lineal.integrations.workers import hear_workers
from lineal.model.capture_items import BY_ANOTHER, FILE, PIPE
from lineal.sdk.about import HANDOFF, OWNER, About, about_in, input_in, own_files, version
from lineal.sdk.aside import Aside
from lineal.sdk.journal import Journal
from lineal.sdk.notes import Notes, notes_here
from lineal.sdk.standard_input import Noting, hear_standard_input

_HELPERS = ("multiprocessing.resource_tracker", "loky.backend.resource_tracker")
_WORKERS = ("--multiprocessing-fork", "joblib.externals.loky.backend.popen_loky_posix", "loky.backend.popen_loky_posix")
"""Words in the command line of the processes that pools start; they write down what they open and are no program."""
_MAKERS = ("multiprocessing.spawn", "multiprocessing.forkserver")
"""What stands within such a word: the process itself, or the one that forks them."""
_HIGHEST = 64


def begin_beside() -> bool:
    """Begin to write down what this process does; False where it may be the one that records the run."""
    directory = os.environ.get(HANDOFF)
    if not directory or any(helper in word for word in sys.orig_argv for helper in _HELPERS):
        return True
    if not is_worker() and not _is_below_the_recorder(Path(directory)):
        return False
    with telling("the notes of this process"):
        about = about_in(Path(directory))
        if about.get("version") == version():
            _Beside(Path(directory), about).begin()
    return True


def leave_beside() -> bool:
    """Stop that, for this process starts runs of its own; True where there was something to stop."""
    if not _begun:
        return False
    with telling("the notes of this process"):
        _begun.pop().leave()
    return True


def is_worker() -> bool:
    """Return whether this process works for another Python process, which is the program."""
    return any(word in _WORKERS or any(maker in word for maker in _MAKERS) for word in sys.orig_argv)


def hear_facts(notes: Notes, about: About, given: Noting, at_end: Callable[[], None]) -> None:
    """Write down what this process hears of itself; `about` is what it has to know of the whole command."""
    notes.begin()
    set_outlet(notes.tell)
    hear_only(input_in(about))
    hear_standard_input(given)
    watch_program()  # seeds are heard from the first one on
    began = about.get("began")
    if isinstance(began, float):
        note_beginning(began)
    hear_workers(at_end, lambda: _telling_draws(notes))


def _telling_draws(notes: Notes) -> Callable[[], None]:
    draws = Draws()

    def tell() -> None:
        for name in draws.unseeded():
            notes.tell(UNSEEDED, [name])

    return tell


def end_notes(notes: Notes, *, records: bool) -> None:
    """Write down that this process ends, and what it drew without a seed: another may record the run after it."""
    with telling("the notes of this process"):
        for name in unseeded_generators():
            notes.tell(UNSEEDED, [name])
        notes.end(records=records)


def seed_all(seed: int) -> None:
    """Seed what the program draws from: `random` now, the others when they are imported."""
    seed_everything(seed)
    for name, module in (("numpy", "numpy.random"), ("torch", "torch")):
        if module not in sys.modules:
            when_imported(module, _seeder(name, seed))


class _ByAnother:
    """Hears that standard input is read by a process that does not record it."""

    def took(self, _data: bytes | memoryview) -> None:
        if kind_of_input() in (PIPE, FILE):
            with telling("the noting of standard input"):
                hear(STANDARD_INPUT, BY_ANOTHER)


class _Beside:
    """This process, which records no run."""

    def __init__(self, directory: Path, about: About) -> None:
        self._directory = directory
        self._about = about
        self._notes = notes_here(directory, is_worker=is_worker())
        self._patches = Patches()

    def begin(self) -> None:
        hear_facts(self._notes, self._about, _ByAnother(), self._ends)
        atexit.register(self._ends)
        own = own_files(self._about, self._directory)
        journal = Journal(self._directory)
        self._patches = install(Aside(journal, own, self._state_of))
        self._patches.add(watch_files(journal, own))
        seed = self._about.get("seed")
        if isinstance(seed, int):
            seed_all(seed)
        _begun.append(self)

    def leave(self) -> None:
        self._patches.undo()

    def _state_of(self, written: Written) -> str | None:
        from lineal.sdk.written_models import canonical_of  # only where a model is written: it is not light

        return canonical_of(written, Files(Path(str(self._about.get("files")))))

    def _ends(self) -> None:
        end_notes(self._notes, records=False)


_begun: list[_Beside] = []


def _is_below_the_recorder(directory: Path) -> bool:
    """Whether the process that records the run started this one, or one above it: then it lives as long."""
    with suppress(OSError, ValueError, IndexError):
        recorder, above = int((directory / OWNER).read_text()), os.getppid()
        for _ in range(_HIGHEST):
            if above == recorder:
                return True
            if above <= 1:
                return False
            above = int(Path(f"/proc/{above}/stat").read_text().rpartition(")")[2].split()[1])
    return False


def _seeder(name: str, seed: int) -> Callable[[object], None]:
    return lambda _module: seed_library(name, seed)
