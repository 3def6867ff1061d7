"""The public fixtures, as a user gets them; and no test inside a run, or with hooks, that another one left behind."""

from __future__ import annotations

import pytest

import lineal
from lineal.sdk.run import CURRENT
from lineal.testing import fake_clock, recorded_run, workspace  # noqa: F401


@pytest.fixture(autouse=True)
def _in_no_run():
    CURRENT._variable.set(None)


@pytest.fixture(autouse=True)
def _off_afterwards():
    yield
    lineal.autolog(enabled=False)
