"""What lay outside of the project, in a recipe: written there it is refused, read from the home it comes along.

Whoever runs a recipe sees their own machine: a path that the program's own text names is the owner's real file there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from lineal.errors import NotRunnable
from lineal.model.values import Json
from lineal.rebuild.layout import Layout
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.since import SET_BY_A_REBUILD
from lineal.rebuild.variables import program_variables

_FOR_PEOPLE = (".md", ".rst")
_LARGEST_TEXT = 1 << 20
"""Files up to this size are searched for paths."""


def check_written(recipe: Recipe, layout: Layout) -> None:
    """Raise NotRunnable for a path outside the tree that no word of the command leads elsewhere."""
    paths = layout.unmoved(_words(recipe))
    if paths:
        raise _refused(recipe, f"{paths[0]} (and {len(paths) - 1} more)" if len(paths) > 1 else paths[0])


def check_texts(recipe: Recipe, layout: Layout, code: Path) -> None:
    """Raise NotRunnable for a path outside the tree that the code names: a word of the command may lead only others."""
    named = [(path, (path.encode(), str(PurePosixPath(path).parent).encode())) for path in layout.outside]
    for content in _texts(code) if named else ():
        for path, names in named:
            if any(name in content for name in names):
                raise _refused(recipe, path)


def _refused(recipe: Recipe, path: str) -> NotRunnable:
    return NotRunnable(
        f"{recipe.reference} cannot be exported as a recipe: it writes {path}, which lies outside the "
        "project, and whoever runs the recipe would have what is there written over",
        missing=("output",),
        hint="give the path as an argument only, or let the script write below its own directory",
    )


def _texts(tree: Path) -> Iterator[bytes]:
    files = (path for path in tree.rglob("*") if path.suffix not in _FOR_PEOPLE and path.is_file())
    return (path.read_bytes() for path in files if path.stat().st_size <= _LARGEST_TEXT)


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
    return any(home.encode() in content for content in _texts(tree) for home in homes)


def _words(recipe: Recipe) -> list[str]:
    """Return the words of the command and what variables say, without those that a recipe sets to its own."""
    variables = program_variables(recipe.record).items()
    said = (text for name, text in variables if name not in SET_BY_A_REBUILD and isinstance(text, str))
    return [*recipe.argv, *said]
