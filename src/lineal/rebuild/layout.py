"""The layout: where the recorded directories lie below the tree of a rebuild.

The tree stands for one recorded directory: the repository's top, or, where the code or the working directory lie
apart, the directory above both. Paths are as the recording machine wrote them (POSIX); nothing here touches a disk.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lineal.capture.widening import NARROWEST, steps_up
from lineal.lineage.capture_record import Item, item
from lineal.lineage.foresight import reached
from lineal.rebuild.place import outside_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`root` is the recorded directory that the tree stands for, None where it is not known.

    `code` is where the repository (else the script's directory) lies below it, `cwd` the working directory. `outside`
    are absolute paths beside the tree that the program is given other places for, where its words name them. A tree
    `is_wide` where it begins above the project, for the program opened files by names that lead there.
    """

    root: str | None
    code: str = "."
    cwd: str = "."
    outside: tuple[str, ...] = ()
    is_wide: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all of the directory is one project; what is above two that lie apart holds much else."""
        return self.is_wide or "." in (self.code, self.cwd)

    def inside(self, path: str) -> str | None:
        """Return a recorded path, absolute or as the program opened it, relative to the tree; None if it is outside."""
        if posixpath.isabs(path):
            is_ours = self.root is not None and any(_is_below(path, top) for top in self._tops)
            return posixpath.relpath(path, self.root) if is_ours else None
        joined = posixpath.normpath(posixpath.join(self.cwd, path))
        return None if joined.startswith("..") else joined

    @property
    def _tops(self) -> tuple[str, ...]:
        """The recorded directories that are in the tree: the code's and the working one, or what holds both."""
        if self.root is None:
            return ()
        tops = [posixpath.normpath(posixpath.join(self.root, part)) for part in (self.code, self.cwd)]
        if self.is_wide or self.root in tops:
            return (self.root,) if self.root != "/" else ()
        return tuple(tops)

    def moved(self, text: str, tree: str) -> str:
        """Return a word or a variable of the record with the recorded directory replaced by the tree."""
        return ":".join(self._moved(part, tree) for part in _parts(text))

    def _moved(self, part: str, tree: str) -> str:
        head, equals, value = part.rpartition("=")
        if not posixpath.isabs(value):
            return part
        plain = posixpath.normpath(value)
        if any(_is_below(plain, top) for top in self._tops):
            value = posixpath.normpath(posixpath.join(tree, posixpath.relpath(plain, self.root)))
        elif self._holds_outputs(plain):
            value = self.beside(plain, tree)
        return head + equals + value

    def _holds_outputs(self, plain: str) -> bool:
        """Whether a word is an output outside the tree, or a directory of such; never one above the tree itself."""
        if plain == "/" or (self.root is not None and _is_below(self.root, plain)):
            return False
        return any(_is_below(path, plain) for path in self.outside)

    def unmoved(self, words: Iterable[str]) -> list[str]:
        """Return the outputs outside the tree that no word leads elsewhere: the program's own text names them."""
        parts = [part for word in words for part in _parts(word)]
        named = [posixpath.normpath(part.rpartition("=")[2]) for part in parts]
        moved = [path for path in named if posixpath.isabs(path) and self._holds_outputs(path)]
        return [path for path in self.outside if not any(_is_below(path, part) for part in moved)]

    def beside(self, path: str, tree: str) -> str:
        """Return where a path outside the tree lies in a rebuild: in a directory beside it."""
        return outside_of(posixpath.dirname(tree), path)


def layout_of(record: Mapping[str, Item], *more: Mapping[str, Item]) -> Layout:
    """Return the layout that the record's directories ask for; `more` are the records of other runs of its process."""
    records = (record, *more)
    layout = _widened(_directories(record), [path for each in records for path in _named(each)])
    paths = [path for each in records for path in _written(each)]
    outside = [path for path in paths if posixpath.isabs(path) and layout.inside(path) is None]
    return replace(layout, outside=tuple(dict.fromkeys(map(posixpath.normpath, outside))))


def _written(record: Mapping[str, Item]) -> Iterator[str]:
    """Yield where a run wrote: its outputs, and shared places that its own text names."""
    yield from _paths(record, "outputs")
    yield from reached(record).get("outside", ())


def _named(record: Mapping[str, Item]) -> Iterator[str]:
    """Yield the paths of what a run read and wrote, as the program named them."""
    yield from _paths(record, "inputs")
    yield from _paths(record, "outputs")


def _paths(record: Mapping[str, Item], name: str) -> Iterator[str]:
    value = item(record, name).value
    entries = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else ()
    yield from (str(entry["path"]) for entry in entries if isinstance(entry, Mapping) and entry.get("path"))


def _widened(layout: Layout, named: Iterable[str]) -> Layout:
    """Return the layout of a tree that holds all relative names; as it is where they lead up too far."""
    names = [posixpath.join(layout.cwd, name) for name in named if not posixpath.isabs(name)]
    steps = steps_up(names)
    if layout.root is None or not steps:
        return layout
    parts = [part for part in layout.root.split("/") if part]
    if len(parts) - steps < NARROWEST - 1:
        return layout
    below = "/".join(parts[len(parts) - steps :])
    code, cwd = (posixpath.normpath(posixpath.join(below, part)) for part in (layout.code, layout.cwd))
    return replace(layout, root="/" + "/".join(parts[:-steps]), code=code, cwd=cwd, is_wide=layout.is_whole)


def _directories(record: Mapping[str, Item]) -> Layout:
    found = item(record, "cwd")
    value = found.value if found.captured and isinstance(found.value, Mapping) else {}
    path, root = str(value.get("path") or "."), value.get("root")
    top = root if isinstance(root, str) and posixpath.isabs(root) else None
    if not value.get("machine_bound", False):
        return Layout(root=top, cwd=posixpath.normpath(path))
    if not posixpath.isabs(path):
        return Layout(root=top)
    if top is None:
        return Layout(root=path)
    above = posixpath.commonpath([path, top])
    return Layout(root=above, code=posixpath.relpath(top, above), cwd=posixpath.relpath(path, above))


def _parts(text: str) -> list[str]:
    """Return the paths of a word: a list of them begins with one."""
    return text.split(":") if text.startswith("/") else [text]


def _is_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")
