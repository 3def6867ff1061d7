"""Outlet: what a process hears of itself is passed on the moment it is heard, so that one that is killed has told it.

The processes of a command have an outlet (`sdk/notes`). Elsewhere there is none, and nothing is passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lineal.model.values import Json

SEED, ENTROPY, CLOCK, UNSEEDED, VARIABLE, REACHED, CODE, MADE = (
    "seed",
    "entropy",
    "clock",
    "unseeded",
    "variable",
    "reached",
    "code",
    "made",
)
"""What can be told: a seeding call, a line that asks for entropy, one that seeds with the time of day, a generator that
nobody seeded and that was drawn from, a variable that was read, something reached for, a file of code that was loaded,
a directory that was made."""

Outlet = Callable[[str, Sequence[Json]], None]
"""Takes the kind and what is told of it. Must not raise."""

_outlets: list[Outlet] = []


def set_outlet(outlet: Outlet) -> None:
    """Pass everything on to this one from now on."""
    _outlets[:] = [outlet]


def pass_on(kind: str, *told: Json) -> None:
    """Tell the outlet, if there is one."""
    for outlet in _outlets:
        outlet(kind, told)


def has_outlet() -> bool:
    """Return whether there is one: what costs something to find out need not be told to nobody."""
    return bool(_outlets)
