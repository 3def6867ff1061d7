"""The fixtures themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lineal.sdk.run import Run
from lineal.sdk.starting import run
from lineal.testing.clock import FakeClock
from lineal.workspace import Workspace, open_workspace


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that stands still until it is turned; the `workspace` fixture goes by it."""
    return FakeClock()


@pytest.fixture
def workspace(tmp_path: Path, fake_clock: FakeClock) -> Iterator[Workspace]:
    """An empty workspace in the test's own directory."""
    with open_workspace(tmp_path / "workspace", clock=fake_clock) as opened:
        yield opened


@pytest.fixture
def recorded_run(workspace: Workspace) -> Run:
    """A finished training in `workspace`: `dataset:flights@v1` went in, `model:delay@v1` came out."""
    with run("train", params={"depth": 4}, seed=42, workspace=workspace) as recorded:
        recorded.use([{"delay": 4}, {"delay": 6}], name="flights")
        recorded.log_metrics({"rmse": 1.5})
        recorded.log_model({"mean": 5.0}, name="delay")
    return recorded
