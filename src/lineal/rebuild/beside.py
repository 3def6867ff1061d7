"""Beside the tree: recorded paths that lie outside of it, and how the program finds them as they were.

Where the system lets a program see directories of its own, what it wrote there is absent until it is written again,
what it read is there with its recorded content, and all else is as it is now, read-only. Nothing of the user's is
written.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from lineal.capture.reached import DIRECTORIES
from lineal.lineage.foresight import reached
from lineal.rebuild.confinement import covers_here
from lineal.rebuild.confining.beside import MOST_NAMES
from lineal.rebuild.layout import Layout
from lineal.rebuild.place import Place
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.starter import Cover

_NEVER = ("/proc", "/sys", "/dev")


def written_beside(recipe: Recipe, layout: Layout) -> dict[str, str]:
    """Return the paths outside the tree that the program wrote, each with the directory that it found and wrote into.

    Directories that it made itself lie below that one, and are for it to make again.
    """
    found = {name for step in recipe.steps for name in reached(step.record).get(DIRECTORIES, ())}
    return {path: _found(path, found) for path in layout.outside}


def can_be_shown(path: str, directory: str | None = None) -> bool:
    """Return whether a path outside the tree can be shown here as recorded, in that directory or its own."""
    above = _nearest(directory or posixpath.dirname(path))
    return above is not None and covers_here() and _is_small(above)


def why_not_shown(directory: str) -> str:
    """Return the end of a sentence: why a directory cannot be shown here as recorded; "" where none can."""
    above = _nearest(directory)
    if not covers_here():
        return ""
    if above is None:
        return f", and {directory} cannot be made for it to see"
    return f", and {above} has more than {MOST_NAMES} names, or cannot be listed"


def covers_of(written: Mapping[str, str], read: Iterable[str], place: Place) -> list[Cover]:
    """Return what to cover for a program that writes to these paths, and finds these inputs; makes the directories.

    `written` is path → directory as `written_beside` gives it. What cannot be shown is left out; words of the command
    may lead to its directory all the same.
    """
    wanted = dict(written) | {path: posixpath.dirname(path) for path in read}
    for directory in wanted.values():
        place.beside(directory).mkdir(parents=True, exist_ok=True)
    near = {path: _nearest(directory) for path, directory in wanted.items()}
    shown = {path: above for path, above in near.items() if above is not None}
    tops = [one for one in dict.fromkeys(shown.values()) if not any(_is_below(one, other) for other in shown.values())]
    return [
        _cover(top, {path: wanted[path] for path, above in shown.items() if _is_in(above, top)}, place) for top in tops
    ]


def _cover(top: str, paths: Mapping[str, str], place: Place) -> Cover:
    at = os.path.realpath(top)
    fresh = {_first_below(path, directory) for path, directory in paths.items()}
    also = {one for directory in paths.values() for one in _between(top, directory)}
    return Cover(
        at=at,
        named=top,
        place=place.beside(top),
        fresh=tuple(sorted(at + path.removeprefix(top) for path in fresh)),
        also=tuple(sorted(at + path.removeprefix(top) for path in also)),
    )


def _found(path: str, found: set[str]) -> str:
    parent = posixpath.dirname(path)
    return next((above for above in (parent, *map(str, Path(parent).parents)) if above in found), parent)


def _nearest(directory: str) -> str | None:
    """Return the nearest directory above that is there; None where that is the root, or of the system itself."""
    if not posixpath.isabs(directory) or posixpath.normpath(directory) != directory or directory.startswith("//"):
        return None
    with suppress(OSError, ValueError):
        while not os.path.isdir(directory):  # noqa: PTH112
            directory = posixpath.dirname(directory)
        real = os.path.realpath(directory)
        if real != "/" and not any(_is_in(real, never) for never in _NEVER):
            return directory
    return None


def _is_small(directory: str) -> bool:
    """Whether what lies there can be shown again, name by name."""
    try:
        with os.scandir(directory) as entries:
            return sum(1 for _ in zip(entries, range(MOST_NAMES + 1), strict=False)) <= MOST_NAMES
    except OSError:
        return False


def _first_below(path: str, directory: str) -> str:
    return posixpath.join(directory, path.removeprefix(directory).lstrip("/").partition("/")[0])


def _between(top: str, directory: str) -> Iterator[str]:
    while _is_below(directory, top):
        yield directory
        directory = posixpath.dirname(directory)


def _is_in(path: str, directory: str) -> bool:
    return path == directory or _is_below(path, directory)


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/")
