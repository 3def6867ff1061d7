"""The public fixtures, as a user gets them; and no test inside a run that another one left open."""

from __future__ import annotations

import pytest

from lineal.sdk.run import CURRENT
from lineal.testing import fake_clock, recorded_run, workspace  # noqa: F401


@pytest.fixture(autouse=True)
def _in_no_run():
    CURRENT._variable.set(None)
