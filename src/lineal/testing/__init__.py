"""Pytest fixtures for whatever records with Lineal: a workspace of its own, a clock turned by hand, a recorded run.

Put `pytest_plugins = ["lineal.testing"]` into the `conftest.py` at the root of your tests.
"""

from lineal.testing.clock import FakeClock
from lineal.testing.fixtures import fake_clock, recorded_run, workspace

__all__ = ["FakeClock", "fake_clock", "recorded_run", "workspace"]
