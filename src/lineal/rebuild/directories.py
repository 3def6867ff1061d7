"""Directories that a program found, wrote into or listed: nothing that is kept brings an empty or ignored one along."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from lineal.capture.reached import DIRECTORIES
from lineal.lineage.foresight import reached
from lineal.model.capture_items import LISTINGS
from lineal.model.nodes import Execution
from lineal.rebuild.checkout import safe_target
from lineal.rebuild.layout import Layout
from lineal.rebuild.recipe import Recipe


def found_directories(recipe: Recipe, layout: Layout) -> list[str]:
    """Return such directories relative to the tree. One that the program made itself is none: it may insist on that."""
    named = [name for step in recipe.steps for name in reached(step.record).get(DIRECTORIES, ())]
    named += [name for step in recipe.steps for name in _listed(step.run)]
    return [inside for inside in map(layout.inside, dict.fromkeys(named)) if inside not in (None, ".")]


def place_directories(recipe: Recipe, layout: Layout, tree: Path) -> None:
    """Make them below the tree where they are not there."""
    for name in found_directories(recipe, layout):
        target = safe_target(tree, name)
        if not os.path.lexists(target):
            target.mkdir(parents=True)


def _listed(run: Execution) -> Iterator[str]:
    """Yield the directories whose names the program saw, also the one that a workspace lay in."""
    listings = run.custom_properties.get(LISTINGS)
    for one in listings if isinstance(listings, list | tuple) else ():
        names = one.get("directories") if isinstance(one, Mapping) else None
        for name in names if isinstance(names, list | tuple) else ():
            yield posixpath.normpath(posixpath.join(str(one.get("path")), str(name)))
