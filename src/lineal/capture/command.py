"""A command run in a process of its own: what of our process's record is true of it, and what is not.

Used for `lineal run -- COMMAND`. What only the command's own process can tell is unknown, never taken from ours.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lineal.capture.captured import Captured, captured, unknown
from lineal.capture.secrets import redact_argv

_SCRIPTS = {".py", ".sh", ".r", ".jl", ".ipynb"}
_OF_THE_PROCESS = ("modules", "edited_packages", "seeds", "rng_states", "determinism", "blas", "cuda", "world")
_OF_THE_INTERPRETER = ("python", "environment", "index_urls", "editable")
_ELSEWHERE = "the command ran in a process of its own that did not tell"
_NO_SCRIPT = "the command names no script file"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, and the PYTHONHASHSEED it is started with."""

    words: Sequence[str]
    hash_seed: str

    @property
    def script(self) -> Path | None:
        """The script it names: the first word that is a file with an ending of one, or what `-m package.train` runs."""
        named = (Path(word) for word in self.words if Path(word).suffix.lower() in _SCRIPTS)
        found = next((path.absolute() for path in named if path.is_file()), None)
        return found or next((path for path in self._of_module() if path.is_file()), None)

    def _of_module(self) -> Iterator[Path]:
        """Yield where the file of `-m package.train` may lie: below where it starts, or on PYTHONPATH."""
        words = list(self.words)
        if "-m" not in words[:-1]:
            return
        module = words[words.index("-m") + 1].replace(".", os.sep)
        for place in ("", *os.environ.get("PYTHONPATH", "").split(os.pathsep)):
            yield Path(place, f"{module}.py").absolute()
            yield Path(place, module, "__main__.py").absolute()

    @property
    def place(self) -> Path:
        """The file whose directory says which repository is meant: the script, else one in this directory."""
        return self.script or Path.cwd() / "command"

    @property
    def is_ours(self) -> bool:
        """Whether it starts the interpreter, and so the packages, that we run in."""
        program = shutil.which(self.words[0])
        if program is None or not Path(program).name.startswith("python"):
            return False
        return Path(program).absolute().parent == Path(sys.executable).absolute().parent


def of_command(record: Mapping[str, Captured], command: Command) -> dict[str, Captured]:
    """Return the record of our process as the record of a command."""
    lost = _OF_THE_PROCESS if command.is_ours else (*_OF_THE_PROCESS, *_OF_THE_INTERPRETER)
    known = {**record, **{name: unknown(_ELSEWHERE) for name in lost}}
    known["argv"] = captured(redact_argv(command.words))
    if command.hash_seed == "random":
        known["hash_seed"] = captured("random", "PYTHONHASHSEED asks for it: sets of text vary in order")
    else:
        known["hash_seed"] = captured(command.hash_seed)
    if command.script is None:
        known["script"] = unknown(_NO_SCRIPT)
    return known


def unknown_of_process(record: Mapping[str, Captured]) -> frozenset[str]:
    """Return the items of a command's record that the process of the command can tell, and we could not."""
    reasons = {_ELSEWHERE, _NO_SCRIPT}
    return frozenset(name for name, item in record.items() if item.status == "unknown" and item.reason in reasons)
