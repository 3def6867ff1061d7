"""What changes beside the planted fault and has nothing to do with the result."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from tests.planted.changes import edit
from tests.planted.world import LOGGIT, TRINKET, World


def touched(world: World) -> None:
    """Every file of the project looks new."""
    for path in world.project.rglob("*"):
        if path.is_file() and ".git" not in path.parts and ".lineal" not in path.parts:
            os.utime(path)


def comment(world: World) -> None:
    """The program has a comment more."""
    text = world.script.read_text(encoding="utf-8")
    world.script.write_text(text.replace("\n\n", "\n\n# Looked through once more.\n", 1), encoding="utf-8")


def package(world: World) -> None:
    """A package that the program does not use has another version."""
    world.install("trinket", "0.4", TRINKET | {"trinket.py": "SHINE = 2\n"})


def another(world: World) -> None:
    """A package came in addition."""
    world.install("bauble", "1.0", {"bauble.py": "SHINE = 1\n"})


def edited(world: World) -> None:
    """A package that the program does not use was edited by hand."""
    edit(world.site_packages / "trinket.py", "1", "3")


def variable(world: World) -> None:
    """A variable that the program does not read is set."""
    world.variables |= {"EDITOR": "vim", "COLUMNS": "132"}


def listed(world: World) -> None:
    """A variable is set that is always recorded, and that nothing here depends on."""
    world.variables |= {"TZ": "Europe/Vienna", "NUMEXPR_NUM_THREADS": "2"}


def notes(world: World) -> None:
    """A new file lies in the project."""
    (world.project / "NOTES.md").write_text("Looks good.\n", encoding="utf-8")


def moved(world: World) -> None:
    """The project is a copy at another place; the workspace stays where it was."""
    ignored = shutil.ignore_patterns(".lineal")
    shutil.copytree(world.project, world.root / "copy", symlinks=True, ignore=ignored)
    world.place = "copy"


def used_package(world: World) -> None:
    """A package that the program uses, though not for its result, has another version. Hard: only a trial can tell."""
    world.install("loggit", "2.2", {"loggit.py": LOGGIT["loggit.py"].replace("*words", "'-', *words", 1)})


def read_variable(world: World) -> None:
    """A variable that the program reads, though not for its result, is set. Hard: only a trial can tell."""
    world.variables |= {"LOG_LEVEL": "loud"}


DECOYS: dict[str, Callable[[World], None]] = {
    made.__name__: made
    for made in (
        touched,
        comment,
        package,
        another,
        edited,
        variable,
        listed,
        notes,
        moved,
        used_package,
        read_variable,
    )
}
