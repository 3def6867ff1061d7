"""The public fixtures, as a user gets them."""

from lineal.testing import fake_clock, recorded_run, workspace  # noqa: F401
