"""What the capture of one run costs in CPU, in fresh processes that have loaded NumPy, pandas and scikit-learn.

The first run in an environment reads every loaded package once, to see whether it was edited; what it found is
kept in the user's cache. Hashing alone, of the same bytes, is measured beside it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.fresh import Interpreter
from benchmarks.timing import Figure, Spread

GOAL_MS = 250
"""CPU of one run's capture beyond hashing."""

_PROGRAM = """
import base64, csv, hashlib
import numpy, pandas, sklearn.linear_model
import lineal
from pathlib import Path
from lineal.capture import edited
from lineal.capture.record import as_struct, at_end, at_start
from lineal.files import Files

os.chdir(sys.argv[1])
files, os.environ["LINEAL_CACHE"] = Files(Path(sys.argv[2])), sys.argv[2] + ".cache"
before = cpu()
start = at_start(files, script=Path("train.py"))
middle = cpu()
record = at_end(files, start, script=Path("train.py"), inputs=[], outputs=[])
used = cpu() - before

hashed, began = 0, cpu()
for path in sorted(path for path in edited._looked.owned if edited._TESTS not in path):
    with open(path, "rb", buffering=0) as handle:
        hashlib.file_digest(handle, "sha256")
    hashed += os.path.getsize(path)
print(json.dumps([used * 1e3, (middle - before) * 1e3, (cpu() - began) * 1e3, hashed / 2**20]))
"""


def measure(directory: Path, *, rounds: int) -> Iterator[Figure]:
    """Yield the CPU of a run's capture where the environment is known, and where it is met for the first time."""
    python = Interpreter(directory / "bytecode")
    project, files = _project(directory / "project"), directory / "kept"
    _numbers(python, project, files)
    known = [_numbers(python, project, files) for _ in range(rounds)]
    first: list[Sequence[float]] = []
    for _ in range(min(rounds, 3)):
        shutil.rmtree(files)
        shutil.rmtree(f"{files}.cache")
        first.append(_numbers(python, project, files))
    conditions: dict[str, str | int | float] = {"goal in ms": GOAL_MS, "MiB of packages": round(first[0][3])}
    yield Figure(
        name=f"capture of one run: CPU, a known environment (goal {GOAL_MS})",
        unit="ms",
        lineal=Spread.of([one[0] for one in known]),
        rounds=rounds,
        conditions=conditions | {"of it at the start": Spread.of([one[1] for one in known]).median},
    )
    yield Figure(
        name=f"capture of one run: CPU, the first in an environment, without hashing {round(first[0][3])} MiB",
        unit="ms",
        lineal=Spread.of([one[0] - one[2] for one in first]),
        rounds=len(first),
        conditions=conditions | {"hashing in ms": Spread.of([one[2] for one in first]).median},
    )


def _numbers(python: Interpreter, project: Path, files: Path) -> list[float]:
    return [float(number) for number in python.run(_PROGRAM, str(project), str(files)) if not isinstance(number, list)]


def _project(place: Path) -> Path:
    """Return a repository with one commit and one change: a script, and a module beside it."""
    place.mkdir(parents=True)
    (place / "train.py").write_text("import features\nprint(features.A)\n", encoding="utf-8")
    (place / "features.py").write_text("A = 1\n", encoding="utf-8")
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "-qm", "one"),
    ):
        subprocess.run(["git", *words], cwd=place, check=True)
    (place / "features.py").write_text("A = 2\n", encoding="utf-8")
    return place
