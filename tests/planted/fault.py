"""What a fault is: what is planted, beside which decoys, and what has to be named first.

A fault is asked about in one of two ways. `REBUILD`: it reaches the rebuild, because it lies in what a rebuild takes
from the world (installed packages, processors, a generator without a seed), or because what was kept is lost. `AGAIN`:
a rebuild would take the recorded thing, so the program is recorded a second time in the changed world.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tests.planted.changes import Plant
from tests.planted.world import World


class Ask(Enum):
    REBUILD = "rebuild"
    AGAIN = "again"


@dataclass(frozen=True)
class Fault:
    """One planted cause. `kinds` are the kinds that say it truly, `names` the words one of which has to be said."""

    kind: str
    program: str
    said: str
    plant: Plant
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    decoys: tuple[str, ...]
    ask: Ask = Ask.AGAIN
    words: tuple[str, ...] = ()

    @property
    def is_elsewhere(self) -> bool:
        """Whether it lies where a rebuild of the first run cannot see it: in the command, in a copy of the project."""
        return self.kind == "flag" or "moved" in self.decoys or self.said.startswith("--")

    @property
    def id(self) -> str:
        return f"{self.program}: {self.said}"


CODE = ("code",)
INPUT = ("input",)
PACKAGE = ("package",)
VARIABLE = ("variable",)
ARGUMENT = ("argument",)
SEED = ("seed",)
THREADS = ("threads",)


def nothing(_world: World) -> None:
    """Plant nothing: the program itself is the fault."""


def again(kind: str, program: str, said: str, plant: Plant, kinds: tuple[str, ...], name: str, *decoys: str) -> Fault:
    return Fault(kind, program, said, plant, kinds, tuple(name.split("|")), decoys)


def rebuilt(kind: str, program: str, said: str, plant: Plant, kinds: tuple[str, ...], name: str, *decoys: str) -> Fault:
    return Fault(kind, program, said, plant, kinds, tuple(name.split("|")), decoys, Ask.REBUILD)


def drawn(of: str, name: str, *decoys: str) -> Fault:
    return Fault(
        "seed", "draws", f"{of}, not seeded", nothing, SEED, tuple(name.split("|")), decoys, Ask.REBUILD, ("--of", of)
    )
