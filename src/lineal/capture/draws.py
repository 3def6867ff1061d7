"""Draws: notices when a worker first draws from a shared generator that nobody seeded, for it may not live to its end.

Asked after every task of a pool, so it looks at the states, after the first, second, fourth, eighth … task, and
at the seeds only when one has changed.
"""

from __future__ import annotations

import sys

from lineal.capture.generators import shared_state
from lineal.capture.seeds import unseeded_generators

_SHARED = ("random", "numpy")


class Draws:
    """The states of the shared generators as they were when this was made, or when they were last looked at."""

    def __init__(self) -> None:
        self._before = _states()
        self._open = set(_SHARED)
        self._asked = 0

    def unseeded(self) -> list[str]:
        """Return the generators that were drawn from since, without a seed; each is looked at until it has changed."""
        self._asked += 1
        if not self._open or self._asked & (self._asked - 1):
            return []
        now = _states()
        changed = {name for name in self._open if now.get(name) != self._before.get(name)}
        if not changed:
            return []
        self._before, self._open = now, self._open - changed
        return [name for name in unseeded_generators() if name in changed]


def _states() -> dict[str, str | None]:
    is_whole = hasattr(sys.modules.get("numpy.random"), "get_state")  # not while it is being imported
    return {name: shared_state(name) for name in _SHARED if name != "numpy" or is_whole}
