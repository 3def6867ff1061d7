"""The inputs: where each recorded input can be had from, checked by fingerprint before anything runs.

A file is taken from the kept files, else from where it lay; one that belongs to the code comes with it. What a
program made or fetched by itself (a frame without a file) needs nothing and is compared afterwards.
"""

from __future__ import annotations

import posixpath
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.capture.data import fingerprint_of
from lineal.errors import FileCorrupt, LinealError, NotRunnable
from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.lineage.training import reference_to
from lineal.model.capture_items import LISTED, STANDARD_INPUT
from lineal.model.nodes import Artifact
from lineal.model.values import Json
from lineal.rebuild.beside import can_be_shown, written_beside
from lineal.rebuild.checkout import safe_target, symlink_outside
from lineal.rebuild.kept_copies import KeptCopies
from lineal.rebuild.layout import Layout
from lineal.rebuild.place import FREE, GIVEN, OUTSIDE, is_full, size_of
from lineal.rebuild.recipe import Recipe
from lineal.rebuild.verdict import Missing, refused

_BY_BYTES = ("file", "dir")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSource:
    """One input of the process and where it comes from.

    `target` is where it belongs below the tree, an absolute path where the program is shown it outside of the tree,
    `<stdin>` where it is given it on standard input, None where it has no place. `origin` is `files`, `original` (the
    recorded path `path`), `place` (outside the tree, read where it lies), `code` or `program`.
    """

    name: str
    origin: str
    fingerprint: str | None = None
    kind: str | None = None
    kept: str | None = None
    path: str | None = None
    target: str | None = None
    is_listed: bool = False
    """The program saw its name in a directory and did not open it."""
    note: str = ""
    """What people should know of it before anything runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """An input as the record names it: by its artifact, by its path as the program opened it, or by both."""

    name: str
    fingerprint: str | None
    kind: str | None
    kept: str | None
    path: str | None
    local: str | None = None
    """The file that the artifact was, also where its path says something else."""

    @property
    def copy(self) -> str | None:
        """The fingerprint of the bytes that a copy of it would have."""
        return self.fingerprint if self.kind == "file" else None


def find_inputs(recipe: Recipe, layout: Layout, files: Files) -> tuple[list[InputSource], list[Missing]]:
    """Return where the inputs come from, and what of them is gone or is not what it was."""
    found: list[InputSource] = []
    missing: list[Missing] = []
    written, kept = written_beside(recipe, layout), KeptCopies(files)
    for recorded in _recorded(recipe):
        source = _find(recorded, layout, kept, written)
        if isinstance(source, Missing):
            missing.append(source)
        else:
            found.append(source)
    return [*found, *_listed(recipe, layout, files)], missing


def targets_of(recipe: Recipe, layout: Layout) -> dict[str, list[str]]:
    """Return where each input belongs, by its reference: below the tree, or at an absolute path that can be shown here.

    One that has no place is left out.
    """
    found: dict[str, list[str]] = {}
    for recorded in _recorded(recipe):
        target = None if recorded.path is None else _target(recorded.path, layout)
        if target is not None:
            found.setdefault(recorded.name, []).append(target)
    return found


def _target(path: str, layout: Layout) -> str | None:
    if path == STANDARD_INPUT:
        return path
    return layout.inside(path) or (path if can_be_shown(path) else None)


def place_inputs(sources: Iterable[InputSource], files: Files, tree: Path, *, free: int = FREE) -> list[str]:
    """Put the inputs where the program looks for them and check each; NotRunnable names the first that is wrong.

    So many bytes of the disk stay `free`. Returns notes: which kept copies are damaged, so that the original was taken.
    """
    notes: list[str] = []
    for source in sources:
        if source.target is None or source.origin not in ("files", "original", "code"):
            continue
        target = placed(tree, source.target)
        if source.is_listed and target.exists():
            continue  # the code brings it along
        try:
            _check_room(source, files, tree, free)
            if not _put(source, files, target):
                notes.append(f"the kept copy of {source.name} is damaged: {source.path} was read in its place")
            if not (posixpath.isabs(source.target) or source.target == STANDARD_INPUT):
                _check_symlinks(source, target, tree)
            _check(source, target)
        except NotRunnable:
            raise
        except (LinealError, OSError) as error:
            if is_full(error):
                raise
            raise refused("input", source.name, f"the input {source.name} cannot be put in place: {error}") from error
    return notes


def placed(tree: Path, target: str) -> Path:
    """Return where the target of an input lies: below the tree, below what stands for paths outside of it, or given."""
    if target == STANDARD_INPUT:
        return tree.parent / GIVEN
    return (
        safe_target(tree.parent / OUTSIDE, target.lstrip("/")) if posixpath.isabs(target) else safe_target(tree, target)
    )


def _recorded(recipe: Recipe) -> list[_Recorded]:
    """Return every input once: the artifacts of the graph, with the paths that the record tells of them."""
    paths = _opened(recipe)
    found: dict[tuple[str | None, str | None], _Recorded] = {}
    for artifact in recipe.inputs:
        name, fingerprint = reference_to(artifact), artifact.fingerprint
        kept = artifact.custom_properties.get("kept", fingerprint)
        where = paths.get(str(artifact.name)) or paths.get(str(fingerprint)) or [(_local(artifact), None)]
        for path, file in where:
            found[(fingerprint, path)] = _Recorded(
                name=name,
                fingerprint=file or fingerprint,
                kind="file" if file else _kind(artifact),
                kept=kept if isinstance(kept, str) else None,
                path=path,
                local=_local(artifact),
            )
    return _with_one_given(recipe, list(found.values()))


def _with_one_given(recipe: Recipe, found: list[_Recorded]) -> list[_Recorded]:
    """Return the inputs with one on standard input: of what several runs of a process read there, the most."""
    sizes = {artifact.fingerprint: artifact.properties.get("bytes") for artifact in recipe.inputs}
    given = [one for one in found if one.path == STANDARD_INPUT]
    most = sorted(given, key=lambda one: size if isinstance(size := sizes.get(one.fingerprint), int) else 0)[-1:]
    return [one for one in found if one.path != STANDARD_INPUT or one in most]


def _opened(recipe: Recipe) -> Mapping[str, Sequence[tuple[str | None, str | None]]]:
    """Return the paths of the record's item `inputs`, as the program opened them, by artifact and by fingerprint.

    With each goes the fingerprint of the file that lay there, where the artifact is a frame that was read from it.
    """
    paths: dict[str, list[tuple[str | None, str | None]]] = {}
    for step in recipe.steps:
        for entry in _entries(step.record):
            if not isinstance(entry.get("path"), str) or entry.get("reason") == LISTED:
                continue
            key = str(entry.get("artifact") or entry.get("fingerprint"))
            file = entry.get("file")
            paths.setdefault(key, []).append((str(entry["path"]), file if isinstance(file, str) else None))
    return paths


def _listed(recipe: Recipe, layout: Layout, files: Files) -> Iterator[InputSource]:
    """Yield the files whose names the program saw: their content was not read, so none of them can be missing."""
    for step in recipe.steps:
        for entry in _entries(step.record):
            path, kept = entry.get("path"), entry.get("fingerprint")
            if entry.get("reason") != LISTED or not isinstance(path, str) or not isinstance(kept, str):
                continue
            target = layout.inside(path)
            if target is not None and files.has(kept):
                yield InputSource(
                    name=path, origin="files", fingerprint=kept, kind="file", kept=kept, target=target, is_listed=True
                )


def _entries(record: Mapping[str, Item]) -> Iterator[Mapping[str, Json]]:
    value = item(record, "inputs").value
    listed = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else ()
    return (entry for entry in listed if isinstance(entry, Mapping))


def _kind(artifact: Artifact) -> str | None:
    kind = artifact.custom_properties.get("fingerprint_kind")
    if isinstance(kind, str):
        return kind
    return "file" if artifact.type == "Model" and artifact.properties.get("format") == "file" else None


def _local(artifact: Artifact) -> str | None:
    parts = urlsplit(artifact.uri or "")
    return unquote(parts.path) if parts.scheme == "file" else None


def _find(recorded: _Recorded, layout: Layout, kept: KeptCopies, written: Mapping[str, str]) -> InputSource | Missing:
    """Return where an input comes from; a damaged copy is no copy, and is named in the note or in what is missing."""
    found = _found(recorded, layout, kept, written)
    copy = recorded.copy
    if copy is None or not (kept.is_damaged(copy) or kept.is_unread(copy)):
        return found
    if kept.is_unread(copy):
        told = f"the kept copy of {recorded.name} is large, and is checked when it is put in place"
        return replace(found, note=told) if isinstance(found, InputSource) else found
    damaged = f"the kept copy of {recorded.name} is damaged"
    if isinstance(found, Missing):
        return replace(found, sentence=f"{damaged}, and {found.sentence}")
    return replace(found, note=f"{damaged}: {found.path} is read in its place")


def _found(recorded: _Recorded, layout: Layout, kept: KeptCopies, written: Mapping[str, str]) -> InputSource | Missing:
    if recorded.path is None:
        return InputSource(name=recorded.name, origin="program", fingerprint=recorded.fingerprint, kind=recorded.kind)
    if recorded.path == STANDARD_INPUT:
        return _find_given(recorded, kept)
    target = layout.inside(recorded.path)
    absolute = Path(layout.root or "/") / layout.cwd / recorded.path if layout.root else Path(recorded.path)
    if target is None:
        return _find_beside(recorded, str(absolute), kept, written)
    if recorded.copy is not None and kept.can_be_taken(recorded.copy):
        return _source(recorded, "files", target, absolute)
    odd = _is_odd(recorded, absolute)
    if odd is not None:
        return odd
    if layout.root is None and not absolute.exists():
        return _source(recorded, "code", target, absolute)  # it can only come with the code; checked once there
    return _wrong(recorded, absolute) or _source(recorded, "original", target, absolute)


def _find_given(recorded: _Recorded, kept: KeptCopies) -> InputSource | Missing:
    """Return what came on standard input: the kept copy, else the file that it was where that is what it was."""
    path = Path(recorded.local or STANDARD_INPUT)
    if recorded.copy is not None and kept.can_be_taken(recorded.copy):
        return _source(recorded, "files", STANDARD_INPUT, path)
    if recorded.local is not None:
        return _is_odd(recorded, path) or _wrong(recorded, path) or _source(recorded, "original", STANDARD_INPUT, path)
    return Missing(
        kind="input",
        what=recorded.name,
        sentence=f"what it read on standard input, {recorded.name}, is not kept",
        advice="let the script read a file, and name that as an argument",
    )


def _find_beside(recorded: _Recorded, path: str, kept: KeptCopies, written: Mapping[str, str]) -> InputSource | Missing:
    """Return an input outside the tree: where it lies as it was, else its kept copy where that can be shown there.

    What the program writes as well is shown in a directory that is not the user's, so that it has to be put there.
    """
    wrong = _is_odd(recorded, Path(path)) or _wrong(recorded, Path(path))
    if wrong is None and path not in written:
        return _source(recorded, "place", None, Path(path))
    is_kept = recorded.copy is not None and kept.can_be_taken(recorded.copy)
    if (wrong is not None and not is_kept) or not can_be_shown(path, written.get(path)):
        return wrong or _source(recorded, "place", None, Path(path))
    return _source(recorded, "files" if is_kept else "original", path, Path(path))


def _wrong(recorded: _Recorded, path: Path) -> Missing | None:
    """Return what is missing where the recorded content does not lie at a path."""
    return _mismatch(recorded, path) if path.exists() else _vanished(recorded, path)


def _source(recorded: _Recorded, origin: str, target: str | None, path: Path) -> InputSource:
    return InputSource(
        name=recorded.name,
        origin=origin,
        fingerprint=recorded.fingerprint,
        kind=recorded.kind,
        kept=recorded.fingerprint,
        path=str(path),
        target=target,
    )


def _vanished(recorded: _Recorded, path: Path) -> Missing:
    seen = f", last seen as {recorded.fingerprint[:19]}" if recorded.fingerprint else ""
    return Missing(
        kind="input",
        what=recorded.name,
        sentence=f"the input {recorded.name} is gone: there is nothing at {path}{seen}",
        advice="put it there again; log_dataset(…, keep=True) keeps a copy in the workspace",
    )


def _is_odd(recorded: _Recorded, path: Path) -> Missing | None:
    """Return what is missing where a pipe or a device lies: reading one may wait for ever, or never end."""
    kind = _kind_of(path)
    if kind is None:
        return None
    return Missing(
        kind="input",
        what=recorded.name,
        sentence=f"the input {recorded.name} is {kind}: {path} has no content that could be the recorded one",
        advice="put the recorded content there as a file",
    )


def _kind_of(path: Path) -> str | None:
    """Return what lies there if it is neither a file nor a directory."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return None
    kinds = (
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a disk"),
    )
    return next((word for is_kind, word in kinds if is_kind(mode)), None)


def _mismatch(recorded: _Recorded, path: Path) -> Missing | None:
    """Return what is wrong with the file; a table's file cannot be judged before the program has parsed it."""
    if recorded.fingerprint is None or recorded.kind not in _BY_BYTES:
        return None
    try:
        found = fingerprint_of(path).fingerprint
    except LinealError as error:
        found = f"unreadable ({error.message})"
    if found == recorded.fingerprint:
        return None
    return Missing(
        kind="input",
        what=recorded.name,
        sentence=f"the input {recorded.name} is not what it was: {path} is {found[:19]}, "
        f"recorded was {recorded.fingerprint[:19]}",
        advice="put the recorded content there again",
    )


def _check_room(source: InputSource, files: Files, tree: Path, free: int) -> None:
    """Raise NotRunnable where an input does not fit on the disk: a directory may have grown since it was looked at."""
    if source.origin == "files":
        assert source.kept is not None
        needed = files.path(source.kept).stat().st_size
    elif source.origin == "original" and source.path is not None:
        path = Path(source.path)
        needed = size_of(path) if path.is_dir() else path.stat().st_size
    else:
        return
    room = shutil.disk_usage(tree).free - free
    if needed > room:
        where = tree.parent.parent
        raise refused(
            "disk",
            str(where),
            f"the input {source.name} takes {needed >> 20} MiB, and the disk of {where} has room for "
            f"{max(0, room) >> 20} MiB",
            "free some space, or set TMPDIR",
        )


def _check_symlinks(source: InputSource, target: Path, tree: Path) -> None:
    """Raise NotRunnable for a symbolic link of a directory that leads out of the tree."""
    if not target.is_dir() or source.origin != "original":
        return
    link = symlink_outside(target, tree.resolve())
    if link is not None:
        raise refused(
            "input",
            source.name,
            f"the input {source.name} holds the symbolic link {link.relative_to(target)} → {link.readlink()}, "
            "which leads out of the tree",
            "put the content there in the place of the link",
        )


def _put(source: InputSource, files: Files, target: Path) -> bool:
    """Put an input in its place; False where its kept copy is damaged, and the original was there to be taken."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.origin == "files":
        assert source.kept is not None
        try:
            kept = files.open(source.kept)
        except FileCorrupt:
            if source.path is None or not _is_unchanged(source.path, source.kept):
                raise
            shutil.copyfile(source.path, target)
            return False
        with kept as handle, target.open("wb") as copy:
            shutil.copyfileobj(handle, copy, 1 << 20)
    elif source.origin == "original" and source.path is not None:
        original = Path(source.path)
        if original.is_dir():
            shutil.copytree(original, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copyfile(original, target)
    return True


def _is_unchanged(path: str, fingerprint: str) -> bool:
    """Whether the original lies where it lay, as the file it was: a pipe in its place is never opened."""
    original = Path(path)
    return original.is_file() and fingerprint_of(original).fingerprint == fingerprint


def _check(source: InputSource, target: Path) -> None:
    if not target.exists():
        sentence = f"the input {source.name} is not part of the recorded code: there is no {source.target}"
        raise refused("input", source.name, sentence)
    if source.fingerprint is None or source.kind not in _BY_BYTES:
        return
    found = fingerprint_of(target).fingerprint
    if found != source.fingerprint:
        sentence = f"the input {source.name} came out as {found[:19]}, recorded was {source.fingerprint[:19]}"
        raise refused("input", source.name, sentence)
