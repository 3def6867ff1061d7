"""Observing: what runs tell whoever watches the program (`lineal.autolog`), so that neither needs to know the other.

Nobody watches by default. A watcher that fails does not fail a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from lineal.integrations.hooks import telling
from lineal.model.nodes import Artifact
from lineal.sdk.recorder import Recorder
from lineal.sdk.session import Session
from lineal.sdk.wanted import Wanted


class Observed(Protocol):
    """A run, as a watcher needs it."""

    @property
    def id(self) -> str:
        """The run's id."""

    @property
    def recorder(self) -> Recorder:
        """What writes the run."""

    @property
    def session(self) -> Session:
        """What the run is recorded through."""

    def record(self, wanted: Wanted) -> Artifact:
        """Write one artifact with its event."""

    def observe_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Record metrics that were seen, not stated."""

    def known_metrics(self) -> Mapping[str, float]:
        """Return the last value of each metric that the run has by now."""


class Watcher(Protocol):
    """Sees what the program does and adds it to the runs."""

    def run_started(self, run: Observed) -> None:
        """Hear that a run has started; what is seen from now on belongs to it."""

    def run_ends(self, run: Observed) -> None:
        """Hear that a run is about to end: the last moment to record something for it."""

    def declared(self, run: Observed, thing: object, wanted: Wanted) -> Wanted:
        """Hear that the user declares a thing, and return what is wanted with what was seen of it."""


_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> None:
    """Tell this watcher of every run from now on."""
    _watchers[:] = [watcher]


def forget(watcher: Watcher) -> None:
    """Tell this watcher no more."""
    if watcher in _watchers:
        _watchers.remove(watcher)


def started(run: Observed) -> None:
    """Say that a run has started."""
    for watcher in _watchers:
        with telling("the observing of a run's start"):
            watcher.run_started(run)


def ends(run: Observed) -> None:
    """Say that a run is about to end."""
    for watcher in _watchers:
        with telling("the observing of a run's end"):
            watcher.run_ends(run)


def declared(run: Observed, thing: object, wanted: Wanted) -> Wanted:
    """Say that the user declares a thing, and return what to record."""
    for watcher in _watchers:
        with telling("the observing of what was declared"):
            return watcher.declared(run, thing, wanted)
    return wanted
