"""Directories that a program found and wrote into: nothing that is kept brings an empty or ignored one along."""

from __future__ import annotations

from pathlib import Path

from lineal.capture.reached import DIRECTORIES
from lineal.lineage.foresight import reached
from lineal.rebuild.checkout import safe_target
from lineal.rebuild.layout import Layout
from lineal.rebuild.recipe import Recipe


def found_directories(recipe: Recipe, layout: Layout) -> list[str]:
    """Return such directories relative to the tree. One that the program made itself is none: it may insist on that."""
    named = [name for step in recipe.steps for name in reached(step.record).get(DIRECTORIES, ())]
    return [inside for inside in map(layout.inside, dict.fromkeys(named)) if inside not in (None, ".")]


def place_directories(recipe: Recipe, layout: Layout, tree: Path) -> None:
    """Make them below the tree where they are not there."""
    for name in found_directories(recipe, layout):
        target = safe_target(tree, name)
        if not target.exists():
            target.mkdir(parents=True)
