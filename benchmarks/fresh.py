"""Programs in fresh processes: bytecode compiled beforehand, children of the process counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROLOGUE = """
import json, os, resource, sys, time

def cpu():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime

def peak_mib():
    try:
        # getrusage remembers the size of whoever started this process.
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == "darwin" else peak / 1024

"""


class Interpreter:
    """Runs programs, with this interpreter or another.

    The first run of each writes bytecode into `cache`, so run it once unmeasured.
    """

    def __init__(self, cache: Path, *, python: Path | None = None) -> None:
        self._python = python or sys.executable
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self._environment["PYTHONPYCACHEPREFIX"] = str(cache)
        if python is None:
            # What finds this Lineal must still do so from another directory.
            self._environment["PYTHONPATH"] = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry)

    def run(self, program: str, *arguments: str) -> list[float | list[str]]:
        """Return the JSON array that a program printed as its last line."""
        done = subprocess.run(
            [self._python, "-c", PROLOGUE + program, *arguments],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        found: list[float | list[str]] = json.loads(done.stdout.splitlines()[-1])
        return found
