"""Between two recorded runs: the first thing that can be why they differ, found as a rebuild finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lineal.errors import InvalidArgument, NotFound
from lineal.files import Files
from lineal.lineage.diff import Diff
from lineal.rebuild.compare import Pair
from lineal.rebuild.difference import differences_between
from lineal.rebuild.layout import layout_of
from lineal.rebuild.recipe import recipe_of
from lineal.rebuild.verdict import Difference, causes_first
from lineal.store.protocol import Store


def with_first_difference(found: Diff, store: Store, files: Files) -> Diff:
    """Return a diff of two runs, or of what two runs made, with the first cause of what differs between them.

    As it is where nothing recorded can be a cause, or where no run made one of both.
    """
    try:
        causes = causes_between(store, files, str(found.before.key), str(found.after.key))
    except (NotFound, InvalidArgument):
        return found  # raw data, a serving revision, an export: there are no two recipes to compare
    first = next((cause for cause in causes if not cause.aside), None)
    return found if first is None else replace(found, first_difference=first.document())


def causes_between(store: Store, files: Files, before: str, after: str) -> Sequence[Difference]:
    """Return every recorded fact that differs between two runs, in the order of causes; what can be none is last.

    Raises NotFound where no recorded run made one of both.
    """
    one, other = (recipe_of(store, reference) for reference in (before, after))
    layout, there = layout_of(one.record), layout_of(other.record)
    pair = Pair(recorded=one.target, rebuilt=other.target)
    tree = there.root or layout.root or "/"
    return causes_first(differences_between(pair, files, files, layout, tree, is_rebuild=False))
