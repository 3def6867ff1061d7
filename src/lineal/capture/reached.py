"""Reached: what the program reached for beside files, as far as Python tells: a person, its input, the network.

A rebuild has none of these, so that it is known before one is tried. `integrations` tells, the record keeps it.
"""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable
from lineal.capture.outlet import MADE, REACHED, has_outlet, pass_on
from lineal.capture.program import own_sources
from lineal.model.values import Json

TERMINAL, STANDARD_INPUT, IS_TERMINAL, NETWORK, OUTSIDE, ACCELERATOR = (
    "terminal",
    "stdin",
    "isatty",
    "network",
    "outside",
    "accelerator",
)
"""A person who is asked, input that is no terminal, whether there is a person, hosts, shared places, devices."""

DIRECTORIES = "directories"
"""Directories that held outputs and that the program did not make: they were there, also where no code brings them."""

_MOST = 20
_MOST_MADE = 1_000
_heard: dict[str, dict[str, None]] = {}
_shared: dict[str, None] = {}
_made: set[str] = set()


def hear(kind: str, what: str) -> None:
    """Keep that the program reached for something."""
    known = _heard.setdefault(kind, {})
    if what not in known and len(known) < _MOST:
        known[what] = None
        pass_on(REACHED, kind, what)


def has_heard(kind: str, what: str) -> bool:
    """Return whether that is known already."""
    return what in _heard.get(kind, ()) or len(_heard.get(kind, ())) >= _MOST


def has_any(kind: str) -> bool:
    """Return whether anything of this kind was reached for."""
    return bool(_heard.get(kind))


def hear_shared(path: str) -> None:
    """Keep that the program writes to a directory that all programs share, such as `/tmp`."""
    if path not in _shared and len(_shared) < _MOST:
        _shared[path] = None
        if has_outlet() and path in _named_by_the_program():
            pass_on(REACHED, OUTSIDE, path)


def hear_made(directory: str, base: str) -> None:
    """Keep that the program makes a directory, or makes sure that it is there; `base` is where it began."""
    is_new = not os.path.isdir(directory)  # noqa: PTH112
    if len(_made) < _MOST_MADE:
        _made.update(made_names(directory, base, is_new=is_new))
        pass_on(MADE, directory, is_new)


def made_names(directory: str, base: str, *, is_new: bool) -> set[str]:
    """Return the names under which such a directory is known: from `base`, and the absolute one if it is new."""
    named = os.path.relpath(directory, base).replace(os.sep, "/")
    return {named, directory} if is_new else {named}


def reached_item(outputs: Sequence[Json] | None = None) -> Captured:
    """Return what the program reached for, by kind; `outputs` are the record's, whose directories it found."""
    value: dict[str, Json] = {kind: list(what) for kind, what in _heard.items()}
    found = found_directories(outputs or (), _made)
    if found:
        value[DIRECTORIES] = list(found)
    named = _named_by_the_program()
    if named:
        value[OUTSIDE] = named
    if _uses_accelerator():
        value[ACCELERATOR] = ["cuda"]
    return captured(value) if value else not_applicable("the program reached for nothing beside files")


def with_more_reached(item: Captured | None, more: Sequence[tuple[str, str]]) -> Captured | None:
    """Return the item with what other processes of the run reached for; None where nobody reached for anything."""
    known = item.value if item is not None and isinstance(item.value, Mapping) else {}
    value: dict[str, list[Json]] = {
        str(kind): list(what) if isinstance(what, list | tuple) else [] for kind, what in known.items()
    }
    for kind, what in more:
        listed = value.setdefault(kind, [])
        if what not in listed and len(listed) < (_MOST_MADE if kind == DIRECTORIES else _MOST):
            listed.append(what)
    return captured(dict(value)) if value else item


def found_directories(outputs: Sequence[Json], made: Collection[str]) -> list[str]:
    """Return the directories of a program's own outputs that it did not make itself; elsewhere the nearest above."""
    named = [entry.get("path") for entry in outputs if isinstance(entry, Mapping)]
    paths = [path for path in named if isinstance(path, str)]
    found = dict.fromkeys(_found(posixpath.dirname(path), made) for path in paths)
    return [directory for directory in found if directory and directory not in made][:_MOST_MADE]


def _found(directory: str, made: Collection[str]) -> str:
    while posixpath.isabs(directory) and directory in made:
        directory = posixpath.dirname(directory)
    return directory


def _named_by_the_program() -> list[Json]:
    """Return the shared paths that stand in the program's own text; the others it asked `tempfile` for."""
    if not _shared:
        return []
    texts = list(own_sources())
    return [path for path in _shared if any(_directory(path) in text for text in texts)]


def _directory(path: str) -> str:
    return f"{Path(path).anchor}{'/'.join(Path(path).parts[1:2])}/"


def _uses_accelerator() -> bool:
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    return bool(cuda is not None and hasattr(cuda, "is_initialized") and cuda.is_initialized())
