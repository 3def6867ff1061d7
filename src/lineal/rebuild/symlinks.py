"""Symbolic links that lead out of the tree: never followed in a rebuild, and left out.

What was read through one is an input like any other, and is laid out as a file where the link was. A link to another
place of the recorded tree leads to the same place of this one.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from lineal.lineage.capture_record import Item, item
from lineal.rebuild.checkout import leads_inside
from lineal.rebuild.layout import Layout

_NAMED = 5


def left_out(record: Mapping[str, Item], layout: Layout) -> list[str]:
    """Return what is to be said of the untracked links of a record that lead out of the tree, before they are made."""
    value = item(record, "untracked").value
    listed = value.get("files") if isinstance(value, Mapping) else None
    named = listed.items() if isinstance(listed, Mapping) else ()
    found = [(name, str(one["target"])) for name, one in named if isinstance(one, Mapping) and "target" in one]
    return _told([(name, target) for name, target in found if not _is_inside(layout, name, target)])


def settle_symlinks(layout: Layout, tree: Path) -> list[str]:
    """Take the links out of the tree that lead out of it, move those that led elsewhere in it; return what was done."""
    top = tree.resolve()
    gone: list[tuple[str, str]] = []
    for path in list(_symlinks_below(tree)):
        if leads_inside(path, top):
            continue
        target = os.fspath(path.readlink())
        path.unlink()
        moved = layout.moved(target, str(tree))
        if moved != target:
            path.symlink_to(os.path.relpath(moved, path.parent))
        if moved == target or not leads_inside(path, top):
            path.unlink(missing_ok=True)
            gone.append((path.relative_to(tree).as_posix(), target))
    return _told(gone)


def _symlinks_below(tree: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(tree):
        if ".git" in folders:
            folders.remove(".git")
        yield from (Path(directory) / name for name in (*folders, *names) if (Path(directory) / name).is_symlink())


def _is_inside(layout: Layout, name: str, target: str) -> bool:
    if posixpath.isabs(target):
        return layout.inside(target) is not None
    return not posixpath.normpath(posixpath.join(posixpath.dirname(name), target)).startswith("..")


def _told(gone: list[tuple[str, str]]) -> list[str]:
    if not gone:
        return []
    named = ", ".join(f"{name} → {target}" for name, target in gone[:_NAMED])
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    one = len(gone) == 1
    word, verb = ("symbolic link", "leads") if one else ("symbolic links", "lead")
    left = f"the {word} {named}{more} {verb} out of the tree and {'is' if one else 'are'} left out"
    return [f"{left}: recorded inputs are laid out as files there"]
