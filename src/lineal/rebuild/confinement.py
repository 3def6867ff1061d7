"""Confinement as this machine allows it: tried once in a process of its own; the plan and `lineal doctor` ask."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

from lineal.rebuild.starter import Wanted, reporting, start
from lineal.rebuild.verdict import Confinement

_MOST_S = 30


@lru_cache(maxsize=1)
def confinement_here() -> Confinement:
    """Return how far a program can be confined on this machine; of what cannot be tried nothing is promised."""
    with tempfile.TemporaryDirectory(prefix="lineal-confinement-") as directory:
        place = Path(directory).resolve()
        argv = [sys.executable, "-I", "-S", "-c", ""]
        Wanted(argv=argv, root=place, cwd=place, home=place, most_bytes=1 << 20).put(place / "spec.json")
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
