"""Draws: a rebuild of a program that nobody seeded may begin with the recorded states of its generators.

Only where it is asked for: without it the rebuild says truthfully that the recipe does not repeat itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from lineal.capture.first_states import VARIABLE
from lineal.errors import LinealError
from lineal.files import Files
from lineal.lineage.capture_record import item
from lineal.model.values import Json
from lineal.rebuild.place import Place
from lineal.rebuild.recipe import Recipe


def unseeded(recipe: Recipe) -> list[str]:
    """Return the generators that nobody seeded and whose first states or seeds the record keeps."""
    return [*_states(recipe)[1], *(str(one["name"]) for one in _made(recipe) if can_be_drawn_again(one))]


def can_be_drawn_again(one: Mapping[str, Json]) -> bool:
    """Return whether a generator was made without a seed, and the record keeps the one that the system gave it."""
    return one.get("asked") is None and str(one.get("seed")).isdecimal()


def place_draws(recipe: Recipe, files: Files, place: Place) -> tuple[dict[str, str], list[str]]:
    """Put the states where the program finds them; return the variable that says so, and a note for people."""
    fingerprint, names = _states(recipe)
    states: Json = {}
    if fingerprint is not None:
        try:
            states = json.loads(files.get(fingerprint))["states"]
        except (LinealError, ValueError, KeyError):
            names = []
    made = _made(recipe)
    seeds = [one.get("seed") if can_be_drawn_again(one) else None for one in made]
    names = [*names, *(str(one["name"]) for one in made if can_be_drawn_again(one))]
    if not names:
        return {}, ["no generator of it was left without a seed, so there is nothing to begin with"]
    path = place.root / "draws.json"
    path.write_text(json.dumps({"states": states, "made": seeds}), encoding="utf-8")
    told = f"nobody seeded {', '.join(names)}: it began with what the record keeps of it, and draws the same numbers"
    return {VARIABLE: str(path)}, [told]


def _states(recipe: Recipe) -> tuple[str | None, list[str]]:
    for step in recipe.steps:
        value = item(step.record, "rng_states").value
        kept = value.get("kept") if isinstance(value, Mapping) else None
        if isinstance(kept, Mapping) and isinstance(kept.get("fingerprint"), str):
            names = kept.get("of")
            return str(kept["fingerprint"]), [str(name) for name in names] if isinstance(names, list | tuple) else []
    return None, []


def _made(recipe: Recipe) -> list[Mapping[str, Json]]:
    """Return the generators that the program made while it was listened to, in order; the last run knows them all."""
    found: list[Mapping[str, Json]] = []
    for step in recipe.steps:
        value = item(step.record, "seeds").value
        listed = value.get("generators") if isinstance(value, Mapping) else None
        ones = [one for one in listed or () if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []
        made = [one for one in ones if one.get("where") is not None]
        found = made if len(made) > len(found) else found
    return found
