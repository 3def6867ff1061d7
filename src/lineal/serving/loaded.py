"""Models that this process has loaded: what an answer can truthfully be stamped with.

Kept as long as the model itself is alive, so that a model that was replaced disappears by itself.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from typing import Any

from lineal.model.nodes import Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model whose bytes were verified against its fingerprint before anything was made of them."""

    # Whatever was pickled: only the caller knows its class.
    model: Any = field(repr=False)
    artifact: Artifact
    fingerprint: str
    reference: str


@dataclass(frozen=True, slots=True)
class LoadedFacts:
    """What is known of a loaded model without holding on to it."""

    artifact: Artifact
    fingerprint: str
    reference: str


class _Loaded:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[tuple[LoadedFacts, weakref.ref[object] | None]] = []
        self.generation = 0

    def add(self, loaded: LoadedModel) -> None:
        facts = LoadedFacts(loaded.artifact, loaded.fingerprint, loaded.reference)
        try:
            reference = weakref.ref(loaded.model)
        except TypeError:  # dicts, bytes and the like: nobody can tell when they are gone
            reference = None
        with self._lock:
            self._entries = [*self._alive(), (facts, reference)]
            self.generation += 1

    def facts(self) -> list[LoadedFacts]:
        with self._lock:
            self._entries = self._alive()
            return list({facts.fingerprint: facts for facts, _ in self._entries}.values())

    def clear(self) -> None:
        """Forget them all: for tests, and for a process that begins anew."""
        with self._lock:
            self._entries = []
            self.generation += 1

    def _alive(self) -> list[tuple[LoadedFacts, weakref.ref[object] | None]]:
        return [entry for entry in self._entries if entry[1] is None or entry[1]() is not None]


LOADED = _Loaded()
"""This process's models. A child made by a fork has its parent's, as it has the models themselves."""
