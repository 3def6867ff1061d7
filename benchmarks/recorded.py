"""A recorded run (20 parameters, 100 metrics, 1 dataset, 1 model): CPU beyond hashing; and `log_metrics`, a call."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import cast

import lineal
from benchmarks.fresh import Interpreter
from benchmarks.timing import Figure, Spread, compare, quiet

DATASET_BYTES = 16 * 1024 * 1024
PARAMETERS = {f"parameter_{number}": number / 3 for number in range(20)}
METRICS = 100

_RECORD = """
with lineal.run("train", params={f"parameter_{n}": n / 3 for n in range(20)}, seed=42, url=sys.argv[1]) as run:
    run.use(pathlib.Path(sys.argv[2]), name="measured")
    for step in range(100):
        run.log_metrics({"loss": 1 / (step + 1)}, step=step)
    run.log_model({"weights": [0.25, 0.5]}, name="model")
"""
_PROGRAM = f"""
import hashlib, pathlib
bare = cpu()
import lineal
{_RECORD}
whole = cpu()
with open(sys.argv[2], "rb") as file:
    hashlib.file_digest(file, "sha256")
hashing = cpu() - whole
print(json.dumps([whole - bare - hashing]))
"""


def measure(directory: Path, *, rounds: int, small: bool) -> Iterator[Figure]:
    """Yield the CPU of a run beside the hashing of its dataset, and the time of one `log_metrics`."""
    bytes_ = DATASET_BYTES // 64 if small else DATASET_BYTES
    taken: dict[str, list[float]] = {"lineal": [], "hashing its dataset": []}
    with lineal.open(directory / "runs") as workspace:
        for round_ in range(rounds + 1):
            dataset = directory / f"data-{round_}.bin"
            # New bytes each time: a file that was seen is not hashed again.
            dataset.write_bytes(os.urandom(bytes_))
            whole = _cpu(partial(_record, workspace, dataset))
            hashing = _cpu(partial(_hash, dataset))
            dataset.unlink()
            if round_:
                taken["lineal"].append(whole - hashing)
                taken["hashing its dataset"].append(hashing)
        conditions: dict[str, str | int | float] = {
            "parameters": len(PARAMETERS),
            "metrics": METRICS,
            "dataset": f"a file of {bytes_ / 2**20:g} MiB",
            "model": "a dict",
            "subtracted": "the CPU of SHA-256 over the same file, measured in the same round",
            "durability": "WAL, synchronous=FULL",
        }
        yield compare(
            "a run in a process that had one before: CPU beyond hashing",
            taken,
            unit="ms",
            scale=1e3,
            conditions=conditions,
        )
        yield _log_metrics(workspace, 200 if small else 5000)
    yield _fresh(directory, bytes_, conditions, rounds)


def _fresh(directory: Path, bytes_: int, conditions: dict[str, str | int | float], rounds: int) -> Figure:
    """Return the CPU of a whole program with one run in it: import, git and everything captured included."""
    python = Interpreter(directory / "run-bytecode")
    programs: list[float] = []
    for round_ in range(rounds + 1):
        dataset = directory / f"fresh-{round_}.bin"
        dataset.write_bytes(os.urandom(bytes_))
        (program,) = python.run(_PROGRAM, str(directory / "fresh"), str(dataset))
        dataset.unlink()
        if round_:
            programs.append(cast("float", program) * 1e3)
    return Figure(
        name="import lineal and a first run: CPU beyond hashing",
        unit="ms",
        lineal=Spread.of(programs),
        rounds=rounds,
        conditions={**conditions, "processes": rounds, "bytecode": "compiled", "children (git)": "counted"},
    )


def _record(workspace: lineal.Workspace, dataset: Path) -> None:
    with lineal.run("train", params=PARAMETERS, seed=42, workspace=workspace) as run:
        run.use(dataset, name="measured")
        for step in range(METRICS):
            run.log_metrics({"loss": 1 / (step + 1)}, step=step)
        run.log_model({"weights": [0.25, 0.5]}, name="model")


def _hash(path: Path) -> None:
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")


def _cpu(call: Callable[[], object]) -> float:
    with quiet():
        began = _used()
        call()
        return _used() - began


def _used() -> float:
    """Return the CPU of this process and of the programs it ran, git above all."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def _log_metrics(workspace: lineal.Workspace, calls: int) -> Figure:
    took: list[float] = []
    with lineal.run("measure", workspace=workspace) as run:
        for step in range(calls):
            began = time.perf_counter_ns()
            run.log_metrics({"loss": 0.5, "accuracy": 0.25}, step=step)
            took.append((time.perf_counter_ns() - began) / 1e3)
    ordered = sorted(took)
    spread = Spread(median(ordered), ordered[len(ordered) // 100], ordered[len(ordered) * 99 // 100])
    conditions: dict[str, str | int | float] = {"calls": calls, "range": "1st to 99th percentile", "metrics a call": 2}
    return Figure(name="log_metrics, a call", unit="µs", lineal=spread, rounds=calls, conditions=conditions)
