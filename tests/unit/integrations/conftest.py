"""A listener that keeps what it heard, and real libraries hooked for one test."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from lineal.integrations.libraries import install


@dataclass
class Heard:
    """What integrations told, in order, by the listener's method."""

    reads: list = field(default_factory=list)
    writes: list = field(default_factory=list)
    fits: list = field(default_factory=list)
    ends: list = field(default_factory=list)
    points: list = field(default_factory=list)
    parameters: list = field(default_factory=list)
    splits: list = field(default_factory=list)
    parents: list = field(default_factory=list)
    scores: list = field(default_factory=list)

    def read(self, read):
        self.reads.append(read)

    def wrote(self, written):
        self.writes.append(written)

    def fit_started(self, fit):
        self.fits.append(fit)

    def fit_ended(self, fit, end):
        self.ends.append((fit, end))

    def metrics(self, values, *, step=None):
        self.points.append((dict(values), step))

    def scored(self, score):
        self.scores.append(score)

    def params(self, params):
        self.parameters.append(dict(params))

    def split(self, split):
        self.splits.append(split)

    def parent(self, read):
        self.parents.append(read)


@pytest.fixture
def heard():
    """A listener to which every library is hooked, until the test ends."""
    listener = Heard()
    patches = install(listener)
    yield listener
    patches.undo()
