"""The mount: the tree at the very path it was recorded at, for programs that name their files by absolute paths.

Only the rebuilt program sees it, where the system allows that; else the words of its command name the tree instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lineal.rebuild.environment import Environment
from lineal.rebuild.layout import Layout
from lineal.rebuild.place import Place
from lineal.rebuild.starter import Mount

_OURSELVES = Path(__file__).resolve().parents[1]


def mount_of(layout: Layout, place: Place, environment: Environment) -> Mount | None:
    """Return what to mount, or None where the recorded directory is not here or cannot be covered without harm."""
    if layout.root is None or not layout.is_whole:
        return None  # the directory above two that lie apart holds much else
    at = Path(layout.root)
    if not at.is_dir() or at.resolve() != at:
        return None
    needed = [*_interpreters(environment), _OURSELVES, place.root]
    if any(at.is_relative_to(path) for path in needed):
        return None
    if any(path.is_relative_to(at) for path in (_OURSELVES, place.root)):
        return None
    keep = [str(path) for path in _interpreters(environment) if path.is_relative_to(at)]
    return Mount(at=str(at), tree=place.tree, keep=tuple(dict.fromkeys(keep)))


def with_borrowed(mount: Mount, borrowed: Iterable[str]) -> Mount:
    """Keep what the tree's repository borrows from the directory that it covers: git would find no object there."""
    return replace(mount, keep=(*mount.keep, *(path for path in borrowed if Path(path).is_relative_to(mount.at))))


def hide_kept(mount: Mount, code: Path) -> None:
    """Keep the directories that are mounted into the tree out of what git takes for untracked files."""
    exclude = code / ".git" / "info" / "exclude"
    if mount.keep and exclude.parent.is_dir():
        lines = [f"/{Path(path).relative_to(mount.at)}/\n" for path in mount.keep]
        exclude.write_text("".join(lines), encoding="utf-8")


def _interpreters(environment: Environment) -> Iterable[Path]:
    prefix = environment.python.parent.parent
    return (prefix, Path(sys.prefix), Path(sys.base_prefix))
