"""The starter: the process that confines itself and becomes the program; what it is told and what it tells.

It is told by a file, and tells by a pipe that the program does not get: nothing of that is the program's own word.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from lineal.rebuild.verdict import Confinement

_REPORT = 64 << 10
_PACKAGES = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.append(sys.argv[1]); from lineal.rebuild.confining.start import main; "
    "main(sys.argv[2], int(sys.argv[3]))"
)
_LEASH = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)\n"
    "os.getppid() == int(sys.argv[1]) or sys.exit(1)\n"
    "os.execvp(sys.argv[2], sys.argv[2:])"
)
_WITH_SOCKETS = ("/tmp", "/var/tmp", "/run", "/var/run")  # noqa: S108  where other programs put theirs


_SECRETS = (
    *(".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config/gcloud", ".config/gh", ".config/rclone"),
    *(".netrc", ".pypirc", ".git-credentials", ".pgpass", ".my.cnf"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """`tree` is to be seen at `at`, and the directories `keep` below it as they are: interpreters lie there."""

    at: str
    tree: Path
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A directory `at`, recorded as `named`, for which the program finds `place`, a directory of the rebuild.

    What lies there is shown in it again, but for the paths `fresh`; of the directories `also` each thing on its own.
    """

    at: str
    named: str
    place: Path
    fresh: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A program and what it may: it writes below `root` and the directories `beside` only, and `home` is its home.

    Directories and files `hidden` are empty for it, those of `covers` as recorded; `network` lets it out.
    """

    argv: Sequence[str]
    root: Path
    cwd: Path
    home: Path
    most_bytes: int
    environment: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    mount: Mount | None = None
    hidden: Sequence[Path] = ()
    beside: Sequence[Path] = ()
    covers: Sequence[Cover] = ()

    def put(self, path: Path) -> None:
        """Write it into the file that the starter reads."""
        mount = self.mount
        spec = {
            "argv": list(self.argv),
            "cwd": str(self.cwd),
            "environment": dict(self.environment),
            "parent": os.getpid(),
            "network": "on" if self.network else "off",
            "root": str(self.root),
            "beside": [str(path) for path in self.beside],
            "inside": [] if mount is None else [str(mount.tree)],
            "apart": _apart(),
            "hidden": [str(path) for path in self.hidden],
            "mount": None if mount is None else {"at": mount.at, "tree": str(mount.tree), "keep": list(mount.keep)},
            "covers": [{**asdict(cover), "place": str(cover.place)} for cover in self.covers],
            "most_bytes": self.most_bytes,
            "home": {"real": str(Path.home()), "place": str(self.home)},
        }
        path.write_text(json.dumps(spec), encoding="utf-8", errors="surrogateescape")


@dataclass(frozen=True, slots=True)
class Report:
    """The pipe through which a starter tells what it achieved."""

    inlet: int
    outlet: IO[bytes]

    def read(self) -> Confinement:
        """Return what was told, once the program is over."""
        self.outlet.close()
        try:
            said = json.loads(os.read(self.inlet, _REPORT))
        except ValueError:
            return Confinement()
        words = {name: str(word) for name, word in said.items() if name != "how"}
        return Confinement(**words, how=tuple(map(str, said["how"])))


@contextmanager
def reporting() -> Iterator[Report]:
    """A pipe for one program."""
    inlet, outlet = os.pipe()
    try:
        with os.fdopen(outlet, "wb") as writer:
            yield Report(inlet, writer)
    finally:
        os.close(inlet)


def start(spec: Path, source: IO[bytes], report: Report) -> subprocess.Popen[bytes]:
    """Start what a file asks for, in a session of its own, in our own environment.

    A recorded LD_PRELOAD would run what it names before anything is confined.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-c", _START, str(_PACKAGES), str(spec), str(report.outlet.fileno())],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[report.outlet.fileno()],
        start_new_session=True,
    )


def secrets_of_home() -> list[Path]:
    """Return the places of the user's home where tools keep keys and passwords, as far as they are there."""
    return [path for path in (Path.home() / name for name in _SECRETS) if path.exists()]


def leashed(command: Sequence[str]) -> list[str]:
    """Return the words that start a command which ends with us, however we end; on Linux only."""
    return (
        [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid()), *command]
        if sys.platform == "linux"
        else list(command)
    )


def _apart() -> list[str]:
    """Return the directories in which sockets of other programs are likely; none of them lies in another."""
    found = [Path(path) for path in (*_WITH_SOCKETS, Path.home(), os.environ.get("XDG_RUNTIME_DIR", ""))]
    real = {path.resolve() for path in found if path.is_absolute()} - {Path("/")}
    return sorted(str(path) for path in real if real.isdisjoint(path.parents))
