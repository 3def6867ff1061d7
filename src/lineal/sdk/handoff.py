"""The handoff of a run from `lineal run` to the Python process of its command, and back.

A private directory that both know by an environment variable: the run as it was written, who records it now, and the
journals of the files that were opened. Removed when the command is over.
"""

from __future__ import annotations

import os
import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path

from lineal.model.nodes import Execution
from lineal.store.location import ENVIRONMENT

HANDOFF = "LINEAL_HANDOFF"
"""The directory of the handoff."""

BOOTSTRAP = Path(__file__).parent / "bootstrap"
"""The directory whose `sitecustomize` lets a Python process adopt the run it was started for."""

_RUN, _OWNER, _DONE = "run", "owner", "done-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The run as it stands, the seed its program is to be given, and our version: another one must not read this."""

    execution: Execution
    seed: int | None
    version: str


class Handoff:
    """One handoff directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def made(cls, execution: Execution, *, seed: int | None) -> Handoff:
        """Make the directory and put the run into it."""
        import tempfile  # not light, and needed by `lineal run` only

        handoff = cls(Path(tempfile.mkdtemp(prefix="lineal-run-")))
        handoff.put(Handed(execution=execution, seed=seed, version=version()))
        return handoff

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
        owner = self.directory / _OWNER
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
        (self.directory / _OWNER).unlink(missing_ok=True)

    def recorded(self) -> frozenset[int]:
        """Return the processes that recorded what they saw themselves."""
        return frozenset(int(path.name.removeprefix(_DONE)) for path in self.directory.glob(f"{_DONE}*"))

    def remove(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _is_mine(self, owner: Path) -> bool:
        try:
            return owner.read_text() == str(os.getpid())
        except OSError:
            return False


def version() -> str:
    """Return what both sides must agree on: the place this package lies in, which is its version too."""
    return str(Path(__file__).resolve().parent)  # an environment of a rebuild is lent us by a link
