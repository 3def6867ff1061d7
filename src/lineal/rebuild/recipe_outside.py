"""What lay outside of the project, in a recipe: written there it is refused, read from the home it comes along.

Whoever runs a recipe sees their own machine: a path that the program's own text names is the owner's real file there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from lineal.errors import NotRunnable
from lineal.model.values import Json
from lineal.rebuild.layout import Layout
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.since import SET_BY_A_REBUILD
from lineal.rebuild.variables import program_variables

_LARGEST_TEXT = 1 << 20
"""Files up to this size are searched for the name of the home directory."""


def check_written(recipe: Recipe, layout: Layout) -> None:
    """Raise NotRunnable for a path outside the tree that no word of the command leads elsewhere."""
    paths = layout.unmoved(_words(recipe))
    if paths:
        more = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
        raise NotRunnable(
            f"{recipe.reference} cannot be exported as a recipe: it writes {paths[0]}{more}, which lies outside the "
            "project, and whoever runs the recipe would have what is there written over",
            missing=("output",),
            hint="give the path as an argument, or let the script write below its own directory",
        )


def in_home(inputs: Sequence[Mapping[str, Json]], recipe: Recipe, tree: Path) -> list[dict[str, Json]]:
    """Return the inputs, each with where it has to lie below the home directory that the recipe gives the program.

    Where a text of the program names the home directory itself, the recorded place is asked for as well.
    """
    homes = {str(Path.home()), str(Path.home().resolve())} - {"/"}
    below = [_below(one["place"], homes) for one in inputs]
    is_named = any(below) and _is_named(homes, recipe, tree)
    return [_placed(one, home, is_named=is_named) for one, home in zip(inputs, below, strict=True)]


def _placed(one: Mapping[str, Json], home: str | None, *, is_named: bool) -> dict[str, Json]:
    mark = one["sha256"] or str(one["fingerprint"] or "").partition(":")[2]
    at = one["at"] if is_named or not mark else one["at"] or f"inputs/{mark}"
    if home is None or at is None:
        return {**one, "home": None}
    return {**one, "home": home, "at": at, "place": one["place"] if is_named else None}


def _below(place: Json, homes: set[str]) -> str | None:
    path = PurePosixPath(str(place or ""))
    if ".." in path.parts:
        return None
    return next((str(path.relative_to(home)) for home in homes if path.is_relative_to(home)), None)


def _is_named(homes: set[str], recipe: Recipe, tree: Path) -> bool:
    """Whether a word of the command or a text of the tree holds the name of the home directory."""
    if any(home in word for word in _words(recipe) for home in homes):
        return True
    texts = (path for path in tree.rglob("*") if path.is_file() and path.stat().st_size <= _LARGEST_TEXT)
    return any(home.encode() in content for content in map(Path.read_bytes, texts) for home in homes)


def _words(recipe: Recipe) -> list[str]:
    """Return the words of the command and what variables say, without those that a recipe sets to its own."""
    variables = program_variables(recipe.record).items()
    said = (text for name, text in variables if name not in SET_BY_A_REBUILD and isinstance(text, str))
    return [*recipe.argv, *said]
