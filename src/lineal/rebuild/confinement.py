"""Confinement as this machine allows it: tried once in a process of its own; the plan and `lineal doctor` ask."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from lineal.rebuild.confining.beside import BESIDE
from lineal.rebuild.starter import Cover, Wanted, reporting, start
from lineal.rebuild.verdict import Confinement

_MOST_S = 30


@lru_cache(maxsize=1)
def confinement_here() -> Confinement:
    """Return how far a program can be confined on this machine; of what cannot be tried nothing is promised."""
    return _tried(covers=False)


@lru_cache(maxsize=1)
def covers_here() -> bool:
    """Return whether a program can be shown directories of its own in the place of those that are there."""
    return sys.platform == "linux" and BESIDE in _tried(covers=True).how


def _tried(*, covers: bool) -> Confinement:
    with tempfile.TemporaryDirectory(prefix="lineal-confinement-") as directory:
        place = Path(directory).resolve()
        argv = [sys.executable, "-I", "-S", "-c", ""]
        wanted = Wanted(argv=argv, root=place, cwd=place, home=place, most_bytes=1 << 20)
        if covers:
            at, instead = place / "at", place / "instead"
            at.mkdir()
            instead.mkdir()
            wanted = replace(wanted, covers=[Cover(at=str(at), named=str(at), place=instead, fresh=())])
        wanted.put(place / "spec.json")
        with reporting() as report, Path(os.devnull).open("rb") as nothing:
            try:
                with start(place / "spec.json", nothing, report) as child:
                    try:
                        child.communicate(timeout=_MOST_S)
                    except subprocess.TimeoutExpired:
                        child.kill()
            except OSError:
                return Confinement()
            return report.read()
