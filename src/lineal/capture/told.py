"""Told: what one process of a run told of itself, as it is found when the run is over."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lineal.model.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One program of a command, or a worker of one, and what it told of itself, by kind.

    `recorded_at` is when it gave the record of the run back, 0 for one that did not write it.
    """

    script: str | None
    place: str
    is_worker: bool
    has_ended: bool
    recorded_at: int
    told: Mapping[str, Sequence[Sequence[Json]]] = field(default_factory=dict)

    def named(self, base: str) -> str:
        """Return what people call it: its script below where the code lies."""
        if self.script is None:
            return "python"
        return os.path.relpath(self.script, base) if self.script.startswith(os.path.join(base, "")) else self.script  # noqa: PTH118

    def all_of(self, kind: str) -> list[Sequence[Json]]:
        """Return all it told of one kind."""
        return list(self.told.get(kind, ()))
