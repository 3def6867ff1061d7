"""Projects to record and rebuild in."""

from __future__ import annotations

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
