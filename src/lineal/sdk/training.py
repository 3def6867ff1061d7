"""Trainings that were seen: a model fitted on data in memory, and what is known of both."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lineal.capture.worker import Answer, settled
from lineal.errors import InvalidArgument
from lineal.integrations.listener import Fit, FitEnd
from lineal.model.fingerprint import Fingerprinted
from lineal.model.values import Json, Proto, Value, check
from lineal.sdk.background import Fingerprints
from lineal.sdk.content import is_data
from lineal.sdk.identity import Identity

MOST = 20
"""Trainings of one run whose data is fingerprinted; a search over thousands of models trains on the same."""

DATA_BYTES = 256 << 20
"""Data in memory above this has no fingerprint: where it comes from a file, the file has one."""

_LONG = frozenset({"params", "feature_importances", "coefficients", "intercept", "candidates"})


@dataclass(slots=True)
class Training:
    """One training: what started, the fingerprints of its data, how it ended, and its model while that is held."""

    fit: Fit
    data: dict[str, Answer[Fingerprinted]] = field(default_factory=dict)
    end: FitEnd | None = None
    kind: str = ""
    predicts: bool = False
    _identity: Identity = field(default_factory=lambda: Identity(None))

    def over(self, end: FitEnd) -> None:
        """Note how it ended; the data it learned from is held no longer."""
        model = self.fit.model if end.model is None else end.model
        self.kind, self._identity = type(model).__name__, Identity(model)
        self.predicts = end.error is None and _predicts(model)
        self.end, self.fit = replace(end, model=model), replace(self.fit, model=None, data={})

    def let_go(self) -> None:
        """Hold the model no longer; it is recognised as long as the program holds it."""
        if self.end is not None:
            self.end = replace(self.end, model=None)

    @property
    def model(self) -> object | None:
        """The fitted model, while it is held here or by the program."""
        held = self.end.model if self.end is not None else self.fit.model
        return self._identity.get() if held is None else held

    def is_of(self, model: object) -> bool:
        """Return whether this very model was fitted."""
        return model is not None and self.model is model

    def is_in(self, thing: object) -> bool:
        """Return whether a thing is this model, or holds it: people write a dict of a model and its columns."""
        if isinstance(thing, Mapping):
            return any(self.is_of(one) for one in thing.values())
        if isinstance(thing, list | tuple):
            return any(self.is_of(one) for one in thing)
        return self.is_of(thing)

    @property
    def is_done(self) -> bool:
        """Whether it ended without an error."""
        return self.end is not None and self.end.error is None

    @property
    def facts(self) -> dict[str, Value]:
        """What is known of the training, as facts of its model."""
        facts = {**self.fit.facts, **(self.end.facts if self.end else {})}
        known = {name: found.value.fingerprint for name, found in self.data.items() if found.value is not None}
        if known:
            facts["training_data"] = known
        return storable(facts)

    @property
    def as_fact(self) -> dict[str, Json]:
        """What is known of it, as a fact of its run: without what is long, which the model's artifact tells."""
        told = {name: value for name, value in self.facts.items() if name not in _LONG and not isinstance(value, Proto)}
        return {"by": self.fit.by, "model": self.kind, **told}


class Trainings:
    """The trainings that go on, by their `Fit`. Fingerprints of data are taken while the model learns from it."""

    def __init__(self, fingerprints: Fingerprints) -> None:
        self._fingerprints = fingerprints
        self._lock = threading.Lock()
        self._open: dict[int, Training] = {}
        self._asked = 0

    def start(self, fit: Fit) -> Training:
        """Note a training that starts and ask for the fingerprints of its data."""
        training = Training(fit, predicts=_predicts(fit.model))
        with self._lock:
            self._open[id(fit)] = training
            self._asked += 1
            is_asked = self._asked <= MOST
        if is_asked:
            small = {name: thing for name, thing in fit.data.items() if is_data(thing) and _size(thing) <= DATA_BYTES}
            training.data = {name: self._fingerprints.of_data(thing) for name, thing in small.items()}
        return training

    def at_end(self, training: Training) -> None:
        """End a training that nobody ended, where it can be asked: the run is over."""
        if training.end is None and training.fit.at_end is not None:
            self.end(training.fit, training.fit.at_end())

    def end(self, fit: Fit, end: FitEnd) -> Training:
        """Note that a training is over and return it. Waits for its data's fingerprints: from now on it may change."""
        with self._lock:
            training = self._open.pop(id(fit), None) or Training(fit)
        for answer in training.data.values():
            settled(answer)
        training.over(end)
        return training


def _predicts(model: object) -> bool:
    return hasattr(model, "predict") or hasattr(model, "state_dict")


def storable(facts: Mapping[str, Value]) -> dict[str, Value]:
    """Return the facts that can be kept; an integration that told something else loses only that."""
    kept: dict[str, Value] = {}
    for name, value in facts.items():
        try:
            check(name, value)
        except InvalidArgument:
            continue
        kept[name] = value
    return kept


def _size(thing: object) -> int:
    size = getattr(thing, "nbytes", None)
    if isinstance(size, int):
        return size
    usage = getattr(thing, "memory_usage", None)
    if callable(usage):
        used = usage(deep=False)
        return int(used.sum()) if hasattr(used, "sum") else int(used)
    estimated = getattr(thing, "estimated_size", None)
    return int(estimated()) if callable(estimated) else 0
