"""The project: the directory that holds a program with all that belongs to it, and that a rebuild's tree stands for.

In a repository that is its top. Without one it is what holds both the code and the directory the program begins in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lineal.capture.captured import Captured
from lineal.capture.git import find_root
from lineal.capture.program import is_installed, main_script

TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108
"""Directories that all programs share for what is gone soon; TMPDIR may name one more."""

_SIBLINGS_BELOW = 2
"""Of two directories that lie apart the one above both is a project only so deep: `/srv` and `/home` hold many."""


def project_of(code: Path, place: Path) -> Path:
    """Return the project of code that lies in the directory `code`, of a program that begins in `place`."""
    top = find_root(code)
    if top is not None:
        return top
    code, place = Path(os.path.abspath(code)), Path(os.path.abspath(place))  # noqa: PTH100  links stay as they are named
    above = Path(os.path.commonpath([code, place]))
    lie_apart = above not in (code, place)
    if is_shared(above) or (lie_apart and len(above.parts) <= _SIBLINGS_BELOW):
        return code
    return above


def project_here(place: Path) -> Path:
    """Return the project of this process's program, which begins in `place`."""
    script = main_script()
    is_own = script is not None and not is_installed(str(script))
    return project_of(script.parent if script is not None and is_own else place, place)


def recorded_project(record: Mapping[str, Captured]) -> Path | None:
    """Return the project as a capture record names it: another process of the run may lie deeper in it."""
    item = record.get("cwd")
    root = item.value.get("root") if item is not None and isinstance(item.value, Mapping) else None
    return Path(root) if isinstance(root, str) else None


def is_shared(directory: Path) -> bool:
    """Return whether a directory holds much else: a home, a place for temporary files, or what is above these."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  it never raises
    places = [home, *map(Path, TEMPORARY)]
    if any(directory == place or directory in place.parents for place in places):
        return True
    return str(directory) == os.path.abspath(os.environ.get("TMPDIR") or "/tmp")  # noqa: PTH100, S108
