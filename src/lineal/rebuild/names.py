"""Names in the repository of a rebuild: branch, tags and remote, as the program could ask git for them.

Nothing is fetched. Tags of earlier commits are those that the repository has now; the record names the commit's own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from lineal.capture.git import GitUnavailable, ask
from lineal.lineage.capture_record import Item, item
from lineal.rebuild.checkout import CodeSource

_DETACHED = "detached"
_REMOTE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def name_as_recorded(record: Mapping[str, Item], code: Path, source: CodeSource) -> None:
    """Give the commit that is checked out in `code` its recorded names; one that git does not take is left out."""
    commit = str(source.commit)
    here = {name: (named, at) for name, named, at in _tags_here(source, commit)}
    earlier = [f"create refs/tags/{name}\0{named}\0" for name, (named, at) in here.items() if at != commit]
    with suppress(GitUnavailable):  # in one go: there may be thousands
        ask(code, "update-ref", "-z", "--stdin", given=os.fsencode("".join(earlier)))
    for name in _own_tags(record):
        named, at = here.get(name, (commit, commit))
        with suppress(GitUnavailable):
            ask(code, "update-ref", f"refs/tags/{name}", named if at == commit else commit)
    branch = item(record, "branch").value
    if isinstance(branch, str) and branch != _DETACHED:
        with suppress(GitUnavailable):
            ask(code, "update-ref", f"refs/heads/{branch}", commit)
            ask(code, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    remote = item(record, "remote").value
    if isinstance(remote, Mapping):
        name, url = str(remote.get("name")), str(remote.get("url"))
        if _REMOTE.fullmatch(name) and not url.startswith("-"):
            with suppress(GitUnavailable):
                ask(code, "config", "--local", f"remote.{name}.url", url)


def _own_tags(record: Mapping[str, Item]) -> list[str]:
    value = item(record, "tag").value
    return [str(name) for name in value] if isinstance(value, list | tuple) else []


def _tags_here(source: CodeSource, commit: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, object and commit of the tags that lead to `commit`, where the code is taken from a repository."""
    if source.kind != "repository":
        return
    layout = "--format=%(objectname) %(*objectname) %(refname:strip=2)"
    with suppress(GitUnavailable):
        out, is_cut = ask(Path(source.where), "for-each-ref", f"--merged={commit}", layout, "refs/tags")
        lines = out.splitlines()
        for line in lines[:-1] if is_cut else lines:
            named, at, name = os.fsdecode(line).split(" ", 2)
            yield name, named, at or named
