"""Both programs in turns, a fresh process each; the CPU of their processes is compared within a round."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from benchmarks.fresh import Interpreter
from benchmarks.mlflow.programs import COLUMNS, LINEAL, METRICS, MLFLOW, PARAMETERS, ROWS, STEPS, Costs
from benchmarks.timing import Figure, Spread, compare

PYTHON = Path(__file__).resolve().parents[2] / ".venv-mlflow" / "bin" / "python"
ROUNDS = 7

_CONDITIONS: dict[str, str | int | float] = {
    "parameters": PARAMETERS,
    "metrics": f"{METRICS}, a call each",
    "dataset": f"a pandas frame of {ROWS} by {COLUMNS}",
    "model": "a scikit-learn LogisticRegression",
    "children": "counted",
    "bytecode": "compiled",
    "MLflow's store": "SQLite, made and migrated before",
}


def measure(directory: Path, *, rounds: int) -> Iterator[Figure]:
    """Yield a first run, a further run and a training loop that logs each step, both trackers side by side."""
    lineal, mlflow = _side(directory, rounds)
    conditions = {**_CONDITIONS, "processes": rounds}
    for name, taken in (
        ("import and a first run, CPU beyond hashing", {"lineal": _beyond(lineal), "MLflow": _of(mlflow, "first")}),
        ("import and a first run, CPU", {"lineal": _of(lineal, "first"), "MLflow": _of(mlflow, "first")}),
        (
            "a further run in the same process, CPU",
            {"lineal": _of(lineal, "further"), "MLflow": _of(mlflow, "further")},
        ),
    ):
        yield compare(name, taken, unit="ms", scale=1e3, conditions=conditions)
    for name, costs in (("Lineal", lineal), ("MLflow", mlflow)):
        yield Figure(
            name=f"a training loop of {STEPS} steps, each logged by {name}",
            unit="%",
            lineal=Spread.of([(cost.loop - 1) * 100 for cost in costs]),
            rounds=rounds,
            conditions={
                "meaning": "CPU beside the same loop unlogged, the best of three each",
                "loop": f"MLPClassifier.partial_fit, {_step_ms(costs):.1f} ms a step",
            },
        )


def _side(directory: Path, rounds: int) -> tuple[list[Costs], list[Costs]]:
    ours, theirs = directory / "lineal-runs", directory / "mlflow-runs"
    interpreters = {
        "lineal": (Interpreter(directory / "lineal-bytecode"), LINEAL, ours),
        "mlflow": (Interpreter(directory / "mlflow-bytecode", python=PYTHON), MLFLOW, theirs),
    }
    theirs.mkdir()
    taken: dict[str, list[Costs]] = {name: [] for name in interpreters}
    for round_ in range(rounds + 1):  # the first one makes stores and bytecode, and is not counted
        names = list(interpreters)
        for name in names if round_ % 2 else names[::-1]:
            interpreter, program, place = interpreters[name]
            costs = Costs(*cast("list[float]", interpreter.run(program, str(place), str(round_))))
            if round_:
                taken[name].append(costs)
    shutil.rmtree(theirs)
    return taken["lineal"], taken["mlflow"]


def _step_ms(costs: list[Costs]) -> float:
    return sum(cost.plain for cost in costs) / len(costs) / STEPS * 1e3


def _of(costs: list[Costs], what: str) -> list[float]:
    return [getattr(cost, what) for cost in costs]


def _beyond(costs: list[Costs]) -> list[float]:
    return [cost.first - cost.hashing for cost in costs]


def is_there() -> bool:
    """Return whether the environment with MLflow is there; one word on stderr where it is not."""
    if not PYTHON.exists():
        sys.stderr.write("MLflow is not installed, so nothing is measured beside it: make mlflow\n")
    return PYTHON.exists()
