"""Lineal: ask any model or prediction where it came from, and prove it.

>>> import tempfile, lineal
>>> directory = tempfile.TemporaryDirectory()
>>> with lineal.run("train", params={"depth": 4}, seed=42, url=directory.name) as run:
...     flights = run.use([{"delay": 4}, {"delay": 6}], name="flights")
...     run.log_metrics({"rmse": 1.5})
...     model = run.log_model({"mean": 5.0}, name="delay")
>>> with lineal.open(directory.name) as workspace:
...     graph = workspace.trace("model:delay@v1")
>>> [artifact.name for artifact in graph.artifacts("Dataset")]
['flights@v1']
>>> lineal.load_model("model:delay", url=directory.name).model
{'mean': 5.0}
>>> directory.cleanup()
"""

from __future__ import annotations

from lineal.errors import LinealError
from lineal.sdk import sources
from lineal.sdk.autolog import autolog
from lineal.sdk.loading import load_model
from lineal.sdk.run import Run, current_run, set_seed
from lineal.sdk.starting import run
from lineal.sdk.step import step
from lineal.sdk.tracker import LineageTracker
from lineal.workspace import Workspace
from lineal.workspace import open_workspace as open  # noqa: A004  `lineal.open` reads best

__all__ = [
    "LineageTracker",
    "LinealError",
    "Run",
    "Workspace",
    "autolog",
    "current_run",
    "load_model",
    "open",
    "run",
    "set_seed",
    "sources",
    "step",
]
