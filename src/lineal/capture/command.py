"""A command run in a process of its own: what of our process's record is true of it, and what is not.

Used for `lineal run -- COMMAND`. What only the command's own process can tell is unknown, never taken from ours.
"""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lineal.capture.captured import Captured, captured, unknown
from lineal.capture.programs import makefiles
from lineal.capture.secrets import redact_argv

_SCRIPTS = {".py", ".sh", ".r", ".jl", ".ipynb"}
_OF_THE_PROCESS = ("modules", "edited_packages", "seeds", "rng_states", "determinism", "blas", "cuda", "world")
_OF_THE_INTERPRETER = ("python", "environment", "index_urls", "editable")
_TAKE_TEXT = ("python", "pypy", "sh", "bash", "dash", "zsh", "ksh", "fish")
"""Programs whose `-c` is a program."""

_ELSEWHERE = "the command ran in a process of its own that did not tell"
_NO_SCRIPT = "the command names no script file"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, and the PYTHONHASHSEED it is started with."""

    words: Sequence[str]
    hash_seed: str

    @property
    def script(self) -> Path | None:
        """The script it names: a word with the ending of one, of a module or `make`, or the command itself."""
        named = (Path(word) for word in self.words if Path(word).suffix.lower() in _SCRIPTS)
        found = next(
            (path for path in (*named, *self._of_module(), *self._of_make(), *self._first()) if path.is_file()), None
        )
        return None if found is None else Path(os.path.abspath(found))  # noqa: PTH100  links stay as they are named

    @property
    def label(self) -> str:
        """What a run of it is called: its script, the module of `-m package.train`, or the program and `-c`."""
        words = list(self.words)
        program = Path(words[0]).name or words[0]
        options = list(itertools.takewhile(lambda word: word.startswith("-") and word != "-c", words[1:]))
        given = words[1 + len(options) :]
        if given[:1] == ["-c"] and program.startswith(_TAKE_TEXT):
            named = [] if program.startswith("python") else [Path(word) for word in _words(" ".join(given[1:2]))]
            return next((path.name for path in named if path.suffix.lower() in _SCRIPTS), f"{program} -c")
        scripts = [Path(word) for word in words if Path(word).suffix.lower() in _SCRIPTS]
        modules = [word for option, word in itertools.pairwise(words) if option == "-m" and word.isprintable()]
        return scripts[0].name if scripts else next(iter(modules), program)

    def _of_make(self) -> list[Path]:
        return makefiles(self.words) if self.words and self.words[0] == "make" else []

    def _of_module(self) -> Iterator[Path]:
        """Yield where the file of `-m package.train` may lie: below where it starts, or on PYTHONPATH."""
        words = list(self.words)
        if "-m" not in words[:-1]:
            return
        module = words[words.index("-m") + 1].replace(".", os.sep)
        for place in ("", *os.environ.get("PYTHONPATH", "").split(os.pathsep)):
            yield Path(place, f"{module}.py")
            yield Path(place, module, "__main__.py")

    def _first(self) -> Iterator[Path]:
        """Yield the command itself, where it is a script without an ending that belongs to no environment."""
        named = next(iter(self.words), "")  # none of a run whose command nobody knows any more
        program = Path(named)
        if os.sep in named and not (program.parent / "python").exists() and _has_shebang(program):
            yield program

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


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()  # a quote that is not closed


def _has_shebang(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


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
