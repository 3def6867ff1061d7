"""Items 1 to 6: commit, remote, branch, dirty flag, diff, untracked files, submodules. Three to five calls of git."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lineal.capture.bundle import bundle_item, is_on_a_remote
from lineal.capture.captured import Captured, captured, not_applicable, unknown
from lineal.capture.diff import diff_item
from lineal.capture.git import GitTimeout, GitUnavailable, ask, find_root
from lineal.capture.guard import guarded
from lineal.capture.lfs import lfs_item
from lineal.capture.secrets import redact
from lineal.capture.submodules import submodules_item
from lineal.capture.untracked import untracked_item
from lineal.files import Files

ITEMS = ("commit", "remote", "bundle", "branch", "tag", "dirty", "diff", "untracked", "submodules", "lfs")

_NO_COMMIT = "(initial)"
_CI_COMMITS = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "CIRCLE_SHA1", "GIT_COMMIT")


@dataclass
class _State:
    """What one `git status` said."""

    oid: str = ""
    head: str = ""
    upstream: str = ""
    ahead: int | None = None
    changed: list[bytes] = field(default_factory=list)
    untracked: list[bytes] = field(default_factory=list)


def repository_items(files: Files, start: Path, *, leave_out: Sequence[Path] = ()) -> dict[str, Captured]:
    """Return items 1 to 6 of the repository that holds the directory `start`.

    Files below `leave_out` are never taken for untracked files: they are Lineal's own.
    """
    root = find_root(start)
    if root is None:
        return _without_repository()
    try:
        state, names_known = _status(root)
    except GitUnavailable as error:
        return {name: unknown(str(error)) for name in ITEMS}
    settings = guarded(lambda: captured(_settings(root)))
    values = settings.value if isinstance(settings.value, Mapping) else {}
    has_commit = state.oid != _NO_COMMIT
    pushed = guarded(lambda: captured(_is_pushed(root, state, values)))
    return {
        "commit": captured(state.oid) if has_commit else unknown("the repository has no commit yet"),
        "branch": _branch(state),
        "tag": guarded(lambda: _tag(root, state)),
        "remote": guarded(lambda: _remote(values, state, pushed.value)) if settings.status == "captured" else settings,
        "bundle": _bundle(files, root, state, pushed),
        "dirty": captured(bool(state.changed)),
        "diff": guarded(lambda: diff_item(files, root, state.changed, base=_base(values, has_commit=has_commit))),
        "untracked": _untracked(files, root, state, names_known, leave_out),
        "submodules": guarded(lambda: submodules_item(files, root, _own_state)),
        "lfs": guarded(lambda: lfs_item(files, root)),
    }


def _own_state(files: Files, root: Path) -> dict[str, Captured]:
    """Return whether one working tree has changes of its own, and which."""
    try:
        state, names_known = _status(root)
    except GitUnavailable as error:
        return {"dirty": unknown(str(error))}
    return {
        "dirty": captured(bool(state.changed)),
        "diff": guarded(lambda: diff_item(files, root, state.changed, base="HEAD")),
        "untracked": _untracked(files, root, state, names_known, ()),
    }


def _without_repository() -> dict[str, Captured]:
    items = {name: not_applicable("not in a git repository") for name in ITEMS}
    for name in _CI_COMMITS:
        commit = os.environ.get(name)
        if commit:
            items["commit"] = captured(redact(commit), f"there is no repository; told by {name}")
            break
    return items


def _status(root: Path) -> tuple[_State, str | None]:
    """Return the state, and why its untracked names are not all there, if so."""
    arguments = ("status", "--porcelain=v2", "--branch", "-z", "--no-renames", "--ignore-submodules=none")
    try:
        out, cut = ask(root, *arguments, "--untracked-files=all")
        reason = "there are too many untracked files to name" if cut else None
    except GitTimeout:
        out, cut = ask(root, *arguments, "--untracked-files=no")
        reason = "looking for untracked files took too long"
    fields = out.split(b"\0")
    return _parsed(fields[:-1]), reason


def _parsed(fields: Sequence[bytes]) -> _State:
    state = _State()
    for entry in fields:
        kind, _, rest = entry.partition(b" ")
        if kind == b"#":
            _header(state, rest.decode("utf-8", "backslashreplace"))
        elif kind == b"1":
            state.changed.append(rest.split(b" ", 7)[-1])
        elif kind == b"u":
            state.changed.append(rest.split(b" ", 9)[-1])
        elif kind == b"?":
            state.untracked.append(rest)
    return state


def _header(state: _State, text: str) -> None:
    name, _, value = text.partition(" ")
    if name == "branch.oid":
        state.oid = value
    elif name == "branch.head":
        state.head = value
    elif name == "branch.upstream":
        state.upstream = value
    elif name == "branch.ab":
        state.ahead = int(value.split(" ")[0])


def _branch(state: _State) -> Captured:
    if state.head == "(detached)":
        return captured("detached", "HEAD is detached: the commit is on no branch by name")
    return captured(state.head)


def _tag(root: Path, state: _State) -> Captured:
    if state.oid == _NO_COMMIT:
        return not_applicable("there is no commit yet")
    out, _ = ask(root, "for-each-ref", "--count=20", "--format=%(refname:short)", "--points-at=HEAD", "refs/tags")
    tags = out.decode("utf-8", "backslashreplace").split()
    return captured(tags) if tags else not_applicable("no tag is at the commit")


def _settings(root: Path) -> dict[str, str]:
    try:
        out, _ = ask(root, "config", "-z", "--get-regexp", r"^(remote\..*\.url|extensions\.objectformat)$")
    except GitTimeout:
        raise
    except GitUnavailable:
        return {}  # git config exits 1 where nothing matches: a repository without a remote
    settings: dict[str, str] = {}
    for line in out.decode("utf-8", "backslashreplace").split("\0"):
        name, _, value = line.partition("\n")
        if name:
            settings.setdefault(name, value)
    return settings


def _is_pushed(root: Path, state: _State, settings: Mapping[str, object]) -> bool:
    """Return whether a remote has the commit, as far as this clone has heard."""
    if state.oid == _NO_COMMIT or not any(name.startswith("remote.") for name in settings):
        return False
    return state.ahead == 0 or is_on_a_remote(root)


def _bundle(files: Files, root: Path, state: _State, pushed: Captured) -> Captured:
    if state.oid == _NO_COMMIT:
        return not_applicable("there is no commit yet")
    if not isinstance(pushed.value, bool):
        return pushed
    is_there = pushed.value
    return guarded(lambda: bundle_item(files, root, state.oid, pushed=is_there))


def _remote(settings: Mapping[str, object], state: _State, pushed: object) -> Captured:
    urls = {
        name.removeprefix("remote.").removesuffix(".url"): redact(str(url))
        for name, url in settings.items()
        if name.startswith("remote.")
    }
    if not urls:
        return not_applicable("the repository has no remote")
    wanted = state.upstream.partition("/")[0]
    name = wanted if wanted in urls else ("origin" if "origin" in urls else min(urls))
    is_there = pushed if isinstance(pushed, bool) else None
    reason = {True: None, False: "the commit is not on the remote", None: "it is not known whether the commit is there"}
    return captured({"name": name, "url": urls[name], "pushed": is_there}, reason[is_there])


def _base(settings: Mapping[str, object], *, has_commit: bool) -> str:
    """Return what to compare with: HEAD, or the empty tree, which git knows without having it."""
    if has_commit:
        return "HEAD"
    if settings.get("extensions.objectformat") == "sha256":
        return "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    return "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def _untracked(files: Files, root: Path, state: _State, names_known: str | None, leave_out: Sequence[Path]) -> Captured:
    found = guarded(lambda: untracked_item(files, root, state.untracked, leave_out=leave_out))
    return found if names_known is None else unknown(names_known, found.value)
