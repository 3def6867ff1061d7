"""The ways in which a world is changed."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from tests.planted.world import World

Plant = Callable[[World], None]


def edit(path: Path, old: str, new: str) -> None:
    """Put one text in place of another, as a new file: an installer may have linked the old one elsewhere too."""
    text = path.read_text(encoding="utf-8")
    assert old in text, (path, old)
    path.unlink()
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def in_project(name: str, old: str, new: str) -> Plant:
    """Edit a file of the project."""
    return lambda world: edit(world.project / name, old, new)


def in_script(old: str, new: str) -> Plant:
    """Edit the program."""
    return lambda world: edit(world.script, old, new)


def in_site_packages(name: str, old: str, new: str) -> Plant:
    """Edit an installed file by hand."""
    return lambda world: edit(world.site_packages / name, old, new)


def beside(name: str, old: str, new: str) -> Plant:
    """Edit a file that lies outside of the project."""
    return lambda world: edit(world.root / name, old, new)


def cell(name: str, line: int, column: int, value: str) -> Plant:
    """Change one cell of a table in text; line 1 is the first after the header."""

    def plant(world: World) -> None:
        path = world.project / name
        lines = path.read_text(encoding="utf-8").splitlines()
        words = lines[line].split(",")
        assert words[column] != value
        words[column] = value
        lines[line] = ",".join(words)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return plant


def without_row(name: str, line: int) -> Plant:
    """Leave one line of a text out."""

    def plant(world: World) -> None:
        path = world.project / name
        lines = path.read_text(encoding="utf-8").splitlines()
        del lines[line]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return plant


def shuffled(name: str) -> Plant:
    """Put the rows of a table in another order."""

    def plant(world: World) -> None:
        header, *lines = (world.project / name).read_text(encoding="utf-8").splitlines()
        random.Random(1).shuffle(lines)
        (world.project / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")

    return plant


def number(name: str, row: int, value: float) -> Plant:
    """Change one number of an array."""

    def plant(world: World) -> None:
        rows = np.load(world.project / name)
        rows[row, 0] = value
        np.save(world.project / name, rows)

    return plant


def rows_shuffled(name: str) -> Plant:
    """Put the rows of an array in another order."""

    def plant(world: World) -> None:
        rows = np.load(world.project / name)
        np.save(world.project / name, rows[np.random.default_rng(1).permutation(len(rows))])

    return plant


def parquet_cell(name: str, row: int, column: str, value: float) -> Plant:
    """Change one cell of a Parquet file."""

    def plant(world: World) -> None:
        table = pd.read_parquet(world.project / name)
        table.loc[row, column] = value
        table.to_parquet(world.project / name, index=False)

    return plant


def words(*more: str) -> Plant:
    """Start the program with these words in addition."""
    return lambda world: world.words.extend(more)


def variable(name: str, value: str) -> Plant:
    """Set a variable."""

    def plant(world: World) -> None:
        world.variables[name] = value

    return plant


def one_processor(world: World) -> None:
    """Let everything that is started use one processor only."""
    world.prefix = ("taskset", "--cpu-list", "0")


def version(name: str, number: str, files: dict[str, str]) -> Plant:
    """Install another version of a package."""
    return lambda world: world.install(name, number, files)


def removed(name: str) -> Plant:
    """Take a package away."""
    return lambda world: world.remove(name)


def files_lost(world: World) -> None:
    """The files that were kept of the runs are gone."""
    shutil.rmtree(world.root / "project" / ".lineal" / "files")


def both(*plants: Plant) -> Plant:
    """Do one after the other."""

    def plant(world: World) -> None:
        for one in plants:
            one(world)

    return plant
