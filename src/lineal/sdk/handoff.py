"""The handoff of a run from `lineal run` to the Python process of its command, and back.

A private directory that both know by an environment variable: the run as it was written, who records it now, and the
journals of the files that were opened. Removed when the command is over.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lineal.capture.processes import processes_with
from lineal.capture.project import recorded_project
from lineal.capture.record import from_struct
from lineal.files.locks import is_released, try_lock
from lineal.integrations.reaching import input_of_this_process
from lineal.model.nodes import Execution
from lineal.sdk.about import ABOUT, HANDOFF, OWNER, PREFIX, about_in, handoffs, version
from lineal.sdk.others import about_others, starts_others
from lineal.store.location import ENVIRONMENT, Location

BOOTSTRAP = Path(__file__).parent / "bootstrap"
"""The directory whose `sitecustomize` lets a Python process adopt the run it was started for."""

_RUN, _DONE, _HELD, _WELL = "run", "done-", "held", "well"
_UNSEEN_S = 86_400
"""How long nothing must have happened where the processes of others cannot be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The run as it stands, the seed its program is to be given, and our version: another one must not read this."""

    execution: Execution
    seed: int | None
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a `lineal run` that was killed left: the run, the workspace it is in, and the last sign of life."""

    run: int
    url: str
    seen_ns: int


class Handoff:
    """One handoff directory. Whoever made it holds a lock on it, which the system gives back however that one ends."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._held: int | None = None

    @classmethod
    def made(cls, execution: Execution, *, seed: int | None, location: Location, words: Sequence[str] = ()) -> Handoff:
        """Make the directory and put the run into it, with where its workspace is; `words` are those of its command."""
        handoff = cls(Path(tempfile.mkdtemp(prefix=PREFIX)))
        handoff.hold()
        about: dict[str, object] = {
            "run": execution.id,
            "url": location.url,
            "seed": seed,
            "began": time.time(),
            "version": version(),
            "files": str(location.files),
            "own": [str(place) for place in (location.home, location.database) if place is not None],
            "project": _project(execution),
        }
        about |= about_others(words)
        about |= {"stdin": input_of_this_process(), "process": os.getpid()}
        (handoff.directory / ABOUT).write_text(json.dumps(about), encoding="utf-8")
        handoff.put(Handed(execution=execution, seed=seed, version=version()))
        return handoff

    @classmethod
    def left(cls) -> Iterator[Handoff]:
        """Yield the directories that killed ones left and nobody uses any more, each held by us alone."""
        if not hasattr(os, "getuid"):
            return  # without users and locks nothing is known of others
        for directory in handoffs():
            with suppress(OSError):
                found = directory.lstat()
                # Of another user, or a link of theirs: nothing in it is to be believed.
                if found.st_uid != os.getuid() or found.st_mode & 0o077 or directory.is_symlink():
                    continue
                handoff = cls(directory)
                if not handoff.is_used() and handoff.hold():
                    yield handoff

    def is_orphaned(self) -> bool:
        """Return whether the `lineal run` that made it is gone, so that nobody takes the run back."""
        try:
            return is_released(self.directory / _HELD)
        except OSError:
            return False  # removed by its maker, or made where there are no locks

    def is_used(self) -> bool:
        """Return whether its maker or a process that was started for it lives."""
        if not self.is_orphaned():
            return True
        if Path("/proc/self/environ").exists():
            return any(number != os.getpid() for number in processes_with(HANDOFF, str(self.directory)))
        return time.time_ns() - self._seen() < _UNSEEN_S * 1_000_000_000

    def about(self) -> Left | None:
        """Return whose it is; None where that cannot be read."""
        try:
            said = about_in(self.directory)
            return Left(run=int(str(said["run"])), url=str(said["url"]), seen_ns=self._seen())
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def began(self) -> int | None:
        """Return when it was made, in nanoseconds; None where that is not known any more."""
        try:
            return (self.directory / ABOUT).stat().st_mtime_ns
        except OSError:
            return None

    def is_among_others(self) -> bool:
        """Return whether the command starts other programs than Python."""
        return starts_others(about_in(self.directory))

    def is_made_by(self, process: int) -> bool:
        """Return whether this process made it."""
        return about_in(self.directory).get("process") == process

    def _seen(self) -> int:
        times = [path.stat().st_mtime_ns for path in self.directory.iterdir() if path.name != _HELD]
        return max(times, default=0)

    def hold(self) -> bool:
        """Become the one who takes the run back; False while another one is."""
        held = self.directory / _HELD
        # A new lock is held before it has its name: between the two somebody would take it for one that was left.
        place = held if held.exists() else held.with_suffix(f".{os.getpid()}")
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(OSError, ImportError):
            if try_lock(descriptor):
                place.rename(held)
                self._held = descriptor
                return True
        os.close(descriptor)
        return False

    def put(self, handed: Handed) -> None:
        """Write the run as it stands now."""
        part = self.directory / f"{_RUN}.{os.getpid()}"
        part.write_bytes(pickle.dumps(handed))
        part.replace(self.directory / _RUN)

    def get(self) -> Handed | None:
        """Return the run, None where it is gone or of another version of Lineal."""
        try:
            # Bytes that our own `lineal run` wrote into a directory only this user may enter.
            handed = pickle.loads((self.directory / _RUN).read_bytes())  # noqa: S301
        except (OSError, pickle.PickleError, AttributeError, ImportError, EOFError):
            return None
        return handed if isinstance(handed, Handed) and handed.version == version() else None

    def environment(self, url: str) -> dict[str, str]:
        """Return the variables that lead a Python process here."""
        path = os.environ.get("PYTHONPATH")
        return {
            HANDOFF: str(self.directory),
            ENVIRONMENT: url,
            "PYTHONPATH": f"{BOOTSTRAP}{os.pathsep}{path}" if path else str(BOOTSTRAP),
        }

    def claim(self) -> bool:
        """Become the process that records the run; False while another one does."""
        owner = self.directory / OWNER
        try:
            descriptor = os.open(owner, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return self._is_mine(owner)  # this process was another program before: exec
        except OSError:
            return False
        with os.fdopen(descriptor, "w") as file:
            file.write(str(os.getpid()))
        return True

    def release(self) -> None:
        """Say that this process recorded all it saw, and let the next one record the run."""
        (self.directory / f"{_DONE}{os.getpid()}").touch()
        (self.directory / OWNER).unlink(missing_ok=True)

    def say_well(self) -> None:
        """Say that the program itself, which this process is, ends well: for where its `lineal run` is gone by then."""
        (self.directory / _WELL).touch()

    def is_well(self) -> bool:
        """Return whether the program has said so."""
        return (self.directory / _WELL).exists()

    def recorded(self) -> frozenset[int]:
        """Return the processes that recorded what they saw themselves."""
        return frozenset(int(path.name.removeprefix(_DONE)) for path in self.directory.glob(f"{_DONE}*"))

    def remove(self) -> None:
        """Remove the directory and give back what is held of it."""
        shutil.rmtree(self.directory, ignore_errors=True)
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _is_mine(self, owner: Path) -> bool:
        try:
            return owner.read_text() == str(os.getpid())
        except OSError:
            return False


def _project(execution: Execution) -> str | None:
    capture = execution.properties.get("capture")
    project = recorded_project(from_struct(capture)) if isinstance(capture, Mapping) else None
    return None if project is None else str(project)
