"""Confinement as this machine allows it: tried once in a process of its own; the plan and `lineal doctor` ask."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

from lineal.rebuild import confine
from lineal.rebuild.verdict import Confinement

_MOST_S = 30


@lru_cache(maxsize=1)
def confinement_here() -> Confinement:
    """Return how far a program can be confined on this machine; of what cannot be tried nothing is promised."""
    with tempfile.TemporaryDirectory(prefix="lineal-confinement-") as place:
        report, spec = Path(place, "report.json"), Path(place, "spec.json")
        wanted = {
            "argv": [sys.executable, "-I", "-S", "-c", ""],
            "cwd": place,
            "environment": {},
            "report": str(report),
            "network": "off",
            "writable": [place],
            "mount": None,
            "most_bytes": 1 << 20,
            "home": {"real": place, "place": place},
        }
        spec.write_text(json.dumps(wanted), encoding="utf-8")
        try:
            subprocess.run(
                [sys.executable, "-I", confine.__file__, str(spec)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_MOST_S,
            )
        except (OSError, subprocess.TimeoutExpired):
            return Confinement()
        return confinement_in(report)


def confinement_in(report: Path) -> Confinement:
    """Return what a confined process said that it achieved."""
    try:
        said = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Confinement()
    return Confinement(network=str(said["network"]), writes=str(said["writes"]), how=tuple(map(str, said["how"])))
