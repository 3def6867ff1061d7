"""First states: those of the shared generators that nobody seeded are kept, and a rebuild may begin with them.

Only of Python's `random` and of NumPy: PyTorch begins with the same state in every process. A program that asks the
system for entropy itself (`os.urandom`, `secrets`) draws from no generator, and nothing repeats that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from types import ModuleType
from typing import Any

from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.values import Json

GENERATORS = ("random", "numpy")
"""The generators whose first states are held."""

VARIABLE = "LINEAL_DRAWS"
"""The variable that names the file of states for a program that is to draw what it drew when it was recorded."""

_held: dict[str, Any] = {}
_read: dict[str, Any] = {}


def begin_with_recorded(name: str, module: ModuleType) -> None:
    """Give a generator that is met for the first time the recorded state, if there is one for it."""
    state = _recorded().get("states", {}).get(name)
    if state is None:
        return
    if name == "random":
        version, words, gauss = state
        module.setstate((version, tuple(words), gauss))
    elif name == "numpy":
        kind, words, place, has_gauss, gauss = state
        module.set_state((kind, words, place, has_gauss, gauss))


def hold_first(name: str, module: ModuleType) -> None:
    """Hold the state that a generator has now, when it is met for the first time."""
    if name == "random":
        _held.setdefault(name, module.getstate())
    elif name == "numpy":
        _held.setdefault(name, module.get_state())


def keep_first(files: Files, names: Collection[str]) -> dict[str, Json] | None:
    """Keep the first states of these generators; return the fingerprint, and of which they are. None for none."""
    states = {name: _plain(_held[name]) for name in GENERATORS if name in names and name in _held}
    if not states:
        return None
    text = json.dumps({"states": states}, sort_keys=True)
    try:
        return {"fingerprint": files.put_bytes(text.encode()), "of": list(states)}
    except LinealError:
        return None  # without it the run is as repeatable as it was before


def recorded_seed(place: int) -> int | None:
    """Return the seed that the system gave the program's own generator of this number, from 0, when it was recorded."""
    seeds = _recorded().get("made", [])
    found = seeds[place] if place < len(seeds) else None
    return None if found is None else int(found)


def is_recorded() -> bool:
    """Return whether this process is to draw what was drawn when it was recorded."""
    return bool(_recorded())


def _recorded() -> Mapping[str, Any]:
    """Return what the variable names. It is taken away: processes that this one starts have generators of their own."""
    place = os.environ.pop(VARIABLE, None)
    if place is not None:
        try:
            with open(place, encoding="utf-8") as file:  # noqa: PTH123  no import that is not needed
                _read.update(json.load(file))
        except (OSError, ValueError):
            _read.clear()
    return _read


def _plain(state: Any) -> Json:
    """Return a state as JSON: NumPy's words are an array."""
    return [
        part.tolist() if hasattr(part, "tolist") else list(part) if isinstance(part, tuple) else part for part in state
    ]
