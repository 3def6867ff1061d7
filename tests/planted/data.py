"""The rows that the programs read: the same ones each time."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

HEADER = ["date", "hour", "distance", "wind", "delay"]


def rows(count: int, seed: int = 4) -> list[list[str]]:
    """Return some flights as the words of a file."""
    drawn = random.Random(seed)
    found = []
    for number in range(count):
        hour, distance, wind = drawn.randint(0, 23), drawn.uniform(0.1, 9), drawn.uniform(0, 30)
        delay = 2 * hour + 0.5 * wind - distance + drawn.gauss(0, 6)
        found.append([f"2013-01-{1 + number % 28:02}", str(hour), f"{distance:.3f}", f"{wind:.2f}", f"{delay:.2f}"])
    return found


def write_rows(path: Path, count: int, seed: int = 4, without: tuple[str, ...] = ()) -> None:
    """Write a table of flights without some columns."""
    kept = [place for place, name in enumerate(HEADER) if name not in without]
    lines = [HEADER, *rows(count, seed)]
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(",".join(line[place] for place in kept) + "\n" for line in lines), encoding="utf-8")


def write_array(path: Path, count: int, width: int) -> None:
    """Write an array of numbers between 0 and 1."""
    np.save(path, np.random.default_rng(6).random((count, width)))


def _forest(project: Path) -> None:
    write_rows(project / "data" / "flights.csv", 240, without=("date",))


def _linear(project: Path) -> None:
    write_rows(project / "flights.csv", 240, without=("wind",))
    hours = pd.DataFrame(
        {"hour": range(24), "wind": [h * 1.5 % 7 for h in range(24)], "rain": [h % 5 / 2 for h in range(24)]}
    )
    hours.to_parquet(project / "weather.parquet", index=False)


def _numbers(project: Path) -> None:
    write_array(project / "rows.npy", 120, 4)
    np.savetxt(project / "targets.txt", np.random.default_rng(7).random(120))


def _boost(project: Path) -> None:
    write_rows(project / "rows.csv", 240, without=("date",))


def _light(project: Path) -> None:
    write_rows(project / "rows.csv", 240, without=("date",))


def _net(project: Path) -> None:
    write_array(project / "rows.npy", 128, 4)


def _plain(project: Path) -> None:
    for day in range(1, 4):
        write_rows(project / f"day-{day}.csv", 60, seed=day)


def _declared(project: Path) -> None:
    write_rows(project / "flights.csv", 240, without=("date",))


def nothing(project: Path) -> None:
    """Write nothing: the program reads no file of its project."""


MAKERS: dict[str, Callable[[Path], None]] = {
    "forest": _forest,
    "linear": _linear,
    "numbers": _numbers,
    "boost": _boost,
    "light": _light,
    "net": _net,
    "plain": _plain,
    "declared": _declared,
}
