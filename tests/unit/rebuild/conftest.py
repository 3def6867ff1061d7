"""Projects to record and rebuild in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project, project_in


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_in(tmp_path)


@pytest.fixture
def trained(project: Project) -> Project:
    """A script that reads a file and logs a model and metrics, recorded once."""
    project.write("data.csv", "delay\n4\n6\n8\n")
    project.write(
        "train.py",
        """
        import random
        import lineal

        with lineal.run("train", seed=42, params={"shrink": 0.5}) as run:
            rows = open(run.use("data.csv", name="flights")).read().split()[1:]
            mean = sum(map(float, rows)) / len(rows)
            for step in range(3):
                run.log_metrics({"loss": mean * random.random()}, step=step)
            run.log_model({"mean": mean, "noise": random.random()}, name="delay")
        """,
    )
    project.run("train.py", PYTHONHASHSEED="0")
    return project


@pytest.fixture
def in_cells(project: Project) -> Callable[[list[str]], Project]:
    """Runs cells as a notebook does, one after the other; the kernel leaves nothing but the record."""

    def run(cells: list[str]) -> Project:
        kernel = project.write(
            "kernel.py",
            f"""
            from IPython.core.interactiveshell import InteractiveShell

            shell = InteractiveShell.instance()
            for cell in {json.dumps(cells)}:
                assert shell.run_cell(cell, store_history=True).success
            """,
        )
        project.run("kernel.py", IPYTHONDIR=str(project.root / ".ipython"))
        kernel.unlink()
        return project

    return run


@pytest.fixture
def warm_started(project: Project) -> Project:
    """A model `net@v2` that one program made from the `net@v1` of another."""
    project.write(
        "base.py", 'import lineal\n\nwith lineal.run("base") as run:\n    run.log_model({"w": 1}, name="net")\n'
    )
    project.write(
        "tune.py",
        """
        import lineal

        with lineal.run("tune") as run:
            base = lineal.load_model("model:net").model
            run.log_model({"w": base["w"] + 1}, name="net", parents=["model:net@v1"])
        """,
    )
    project.run("base.py")
    project.run("tune.py")
    return project
