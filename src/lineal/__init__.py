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

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from lineal.errors import LinealError

if TYPE_CHECKING:
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

_PLACES = {
    "LineageTracker": "lineal.sdk.tracker",
    "Run": "lineal.sdk.run",
    "Workspace": "lineal.workspace",
    "autolog": "lineal.sdk.autolog",
    "current_run": "lineal.sdk.run",
    "load_model": "lineal.sdk.loading",
    "open": "lineal.workspace",
    "run": "lineal.sdk.starting",
    "set_seed": "lineal.sdk.run",
    "sources": "lineal.sdk.sources",
    "step": "lineal.sdk.step",
}


def __getattr__(name: str) -> object:
    """Return a name of `__all__`, imported when it is first asked for.

    Every process of a recorded command imports this package, a thousand workers as well: most need none of it.
    """
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'lineal' has no attribute {name!r}")
    beside = sys.modules.get("lineal.sdk.beside")
    if beside is not None and beside.leave_beside():
        import_module("lineal.sdk.adoption").adopt()  # a process that starts runs of its own is no mere worker
    module = import_module(place)
    found: object = module if name == "sources" else getattr(module, "open_workspace" if name == "open" else name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
