"""The report: a table for people, JSON for programs, and the conditions beside every figure."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.timing import Figure, Spread


def machine() -> dict[str, str | int]:
    """Return the class of this machine; never its name."""
    return {
        "cores": os.cpu_count() or 0,
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def save(path: Path, figures: Iterable[Figure], arguments: Mapping[str, str | int | bool]) -> None:
    """Write one file of figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "machine": machine(),
        "arguments": dict(arguments),
        "reading": "ratio = Lineal's time ÷ the other's, within a round; median and range of the rounds",
        "figures": [asdict(figure) for figure in figures],
    }
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def line(figure: Figure) -> str:
    """Return a figure as lines of a table: Lineal's time, then each other's time and the ratio to it."""
    first = f"{figure.name:<58} {_number(figure.lineal.median):>9} {figure.unit:<4}{_range(figure.lineal)}"
    rest = [
        f"    {name:<54} {_number(spread.median):>9} {figure.unit:<4}ratio {_number(figure.ratios[name].median)}"
        f"{_range(figure.ratios[name])}"
        for name, spread in figure.others.items()
    ]
    return "\n".join([first, *rest])


def heading() -> str:
    """Return what stands above the table."""
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    return (
        f"{facts}\nratio = Lineal's time / the other's, median (range) of interleaved rounds; trust it, not the times\n"
    )


def say(text: str) -> None:
    """Print at once, so that a long measurement shows how far it is."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _range(spread: Spread) -> str:
    return f" ({_number(spread.low)} to {_number(spread.high)})"


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
