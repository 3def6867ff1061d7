"""Checking out: a commit, its diff and untracked files, in a repository of their own below the rebuild directory.

Objects are borrowed or fetched, nothing is written where they come from, and nothing unfolds without limit.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lineal.capture.git import GitUnavailable, ask
from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.model.values import Json
from lineal.rebuild.patches import unfolded
from lineal.rebuild.verdict import refused

MOST_BYTES = 4 << 30
"""What a commit or a diff may unfold to: small archives can hold endless files."""

MOST_PATCH = 512 << 20
"""What a diff itself may have."""

_MOST_MEMORY = 4 << 30
"""What git may hold in memory: an object is unfolded there before it is known what it is."""

_LISTING = 100 << 20
"""Bytes of the list of a commit's files: about a million of them."""

_TIMEOUT_S = 300.0
_NOT_THERE = "not initialised"
_BORROWED = ".git/objects/info/alternates"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSource:
    """Where the code comes from: `repository`, `bundle`, `remote` or `files`; `where` is the path, URL or commit."""

    kind: str
    where: str
    commit: str | None = None

    @property
    def sentence(self) -> str:
        """The source for people."""
        if self.kind == "files":
            return f"the {self.where} the record keeps"
        place = {"repository": "the repository", "bundle": "the kept bundle", "remote": "the remote"}[self.kind]
        return f"commit {str(self.commit)[:12]} from {place} {self.where}".rstrip()


def check_out(record: Mapping[str, Item], files: Files, code: Path, source: CodeSource) -> None:
    """Put the commit with its diff, its submodules and its untracked files into `code`.

    Raises GitUnavailable where git cannot, NotRunnable for what unfolds too far or leads out of the tree.
    """
    commit = str(source.commit)
    _git(code, "init", "--quiet")
    if source.kind == "repository":
        _borrow(Path(source.where), code)
    elif source.kind == "bundle":
        bundle = str(bundle_of(record))
        files.open(bundle).close()
        _git(code, "fetch", "--quiet", "--no-tags", str(files.path(bundle)), "+HEAD:refs/lineal/bundle")
    else:
        _git(code, "fetch", "--quiet", "--no-tags", "--depth=1", "--", source.where, commit)
    _materialise(record, files, code, commit)
    _submodules(record, files, code, source)


def borrowed_by(record: Mapping[str, Item], code: Path) -> list[str]:
    """Return the directories in which the repositories of the code find objects that they have not themselves."""
    places = [code, *(safe_target(code, path) for path, _, _ in _recorded_submodules(record))]
    lists = [place / _BORROWED for place in places]
    return [os.fsdecode(line) for path in lists if path.is_file() for line in path.read_bytes().splitlines()]


def bundle_of(record: Mapping[str, Item]) -> str | None:
    """Return the fingerprint of the bundle that holds the whole history of the commit, or None."""
    found = item(record, "bundle")
    value = found.value if found.captured and isinstance(found.value, Mapping) else {}
    fingerprint = value.get("fingerprint")
    return fingerprint if value.get("whole") and isinstance(fingerprint, str) else None


def is_commit(text: str) -> bool:
    """Return whether a recorded commit is one: anything else could be an option of git, which runs programs."""
    return re.fullmatch(r"[0-9a-f]{7,64}", text) is not None


def has_commit(repository: Path, commit: str) -> bool:
    """Return whether a repository has this commit."""
    if not (repository / ".git").exists() or not is_commit(commit):
        return False
    try:
        ask(repository, "cat-file", "-e", f"{commit}^{{commit}}")
    except GitUnavailable:
        return False
    return True


def safe_target(tree: Path, name: str) -> Path:
    """Return where a recorded relative name lies below the tree; NotRunnable for one that would leave it.

    So does one in a place that a link of the tree leads away from, and git's own files, which name programs to run.
    """
    pure = PurePosixPath(name)
    target = tree / pure
    if pure.is_absolute() or ".." in pure.parts or not leads_inside(target, tree.resolve()):
        raise refused("code", name, f"the recorded name {name!r} leads out of the tree")
    if any(part.casefold() == ".git" for part in pure.parts):
        raise refused("code", name, f"the recorded name {name!r} is one of git's own files")
    return target


def leads_inside(path: Path, top: Path) -> bool:
    """Return whether a path, all links followed, lies below the directory `top`."""
    try:
        return path.resolve().is_relative_to(top)
    except (OSError, RuntimeError):
        return False  # a circle of links


def symlink_outside(directory: Path, top: Path) -> Path | None:
    """Return a symbolic link below a directory that leads out of `top`, or None. Git's own files are left out."""
    for above, folders, names in os.walk(directory):
        if ".git" in folders:
            folders.remove(".git")
        for name in (*folders, *names):
            path = Path(above, name)
            if path.is_symlink() and not leads_inside(path, top):
                return path
    return None


def write(target: Path, data: bytes, *, is_executable: bool = False) -> None:
    """Write a file with the directories above it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if is_executable:
        target.chmod(target.stat().st_mode | 0o111)


def write_untracked(record: Mapping[str, Item], files: Files, code: Path) -> None:
    """Write the untracked files that the record keeps."""
    value = item(record, "untracked").value
    listed = value.get("files") if isinstance(value, Mapping) else None
    environments = tuple(_environments(listed if isinstance(listed, Mapping) else {}))
    for name, one in listed.items() if isinstance(listed, Mapping) else ():
        if not isinstance(one, Mapping) or name.startswith(environments):
            continue
        target = safe_target(code, name)
        if "target" in one:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(str(one["target"]))
        elif "withheld" not in one and isinstance(one.get("fingerprint"), str):
            write(target, files.get(str(one["fingerprint"])), is_executable=one.get("executable") is True)


def _environments(listed: Mapping[str, Json]) -> Iterator[str]:
    """Yield the virtual environments among untracked files, each ending in a slash: they are no part of the code."""
    for name in listed:
        for sign in ("pyvenv.cfg", "bin/activate"):
            if name.endswith(f"/{sign}"):
                yield name.removesuffix(sign)


def _borrow(repository: Path, code: Path) -> None:
    objects, _ = ask(repository, "rev-parse", "--git-path", "objects")
    borrowed = (repository / os.fsdecode(objects.rstrip(b"\n"))).resolve()
    (code / _BORROWED).write_bytes(os.fsencode(borrowed) + b"\n")


def _materialise(record: Mapping[str, Item], files: Files, code: Path, commit: str) -> None:
    _check_size(code, commit)
    _git(code, "checkout", "--quiet", "--detach", "--force", commit)
    _apply_diff(record, files, code)
    write_untracked(record, files, code)


def _submodules(record: Mapping[str, Item], files: Files, code: Path, source: CodeSource) -> None:
    """Put each submodule that was there in its place, from where it lay in the clone."""
    for path, commit, inner in _recorded_submodules(record):
        target = safe_target(code, path)
        clone = Path(source.where) / path if source.kind == "repository" else None
        if clone is None or not has_commit(clone, commit):
            raise refused("code", path, f"commit {commit[:12]} of the submodule {path} is not to be had")
        target.mkdir(parents=True, exist_ok=True)
        _git(target, "init", "--quiet")
        _borrow(clone, target)
        _materialise(inner, files, target, commit)


def _recorded_submodules(record: Mapping[str, Item]) -> Iterator[tuple[str, str, dict[str, Item]]]:
    value = item(record, "submodules").value
    for one in value if isinstance(value, list | tuple) else ():
        if isinstance(one, Mapping) and one.get("state") != _NOT_THERE:
            inner = {name: _item(one[name]) for name in ("diff", "untracked") if name in one}
            yield str(one["path"]), str(one["commit"]), inner


def _item(entry: Json) -> Item:
    known = entry if isinstance(entry, Mapping) else {}
    return Item(str(known.get("status", "unknown")), known.get("value"))


def _check_size(code: Path, commit: str) -> None:
    listed, cut = ask(code, "ls-tree", "-r", "-l", "-z", commit, limit=_LISTING, timeout_s=_TIMEOUT_S)
    if cut:
        told = f"commit {commit[:12]} has too many files: their list is over {_LISTING >> 20} MiB"
        raise refused("code", commit, told)
    sizes = [entry.split(b"\t", 1)[0].split()[-1] for entry in listed.split(b"\0") if b"\t" in entry]
    total = sum(int(size) for size in sizes if size.isdigit())
    if total > MOST_BYTES:
        raise refused(
            "code", commit, f"commit {commit[:12]} unfolds to {total >> 20} MiB, more than {MOST_BYTES >> 20} MiB"
        )


def _apply_diff(record: Mapping[str, Item], files: Files, code: Path) -> None:
    value = item(record, "diff").value
    if not item(record, "diff").captured or not isinstance(value, Mapping):
        return
    fingerprint = str(value["fingerprint"])
    size = files.path(fingerprint).stat().st_size if files.has(fingerprint) else 0
    if size > MOST_PATCH:
        raise refused("code", "diff", f"the diff has {size >> 20} MiB, more than {MOST_PATCH >> 20} MiB")
    total = unfolded(files.get(fingerprint))
    if total > MOST_BYTES:
        raise refused("code", "diff", f"the diff unfolds to {total >> 20} MiB, more than {MOST_BYTES >> 20} MiB")
    _git(code, "apply", "--whitespace=nowarn", str(files.path(fingerprint)))


def _git(code: Path, *arguments: str) -> None:
    ask(code, *arguments, timeout_s=_TIMEOUT_S, limits=(_MOST_MEMORY, MOST_BYTES))
