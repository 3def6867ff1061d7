"""A commit that is on no remote, kept as a git bundle: without it only this clone could give the code again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, unknown, withheld
from lineal.capture.git import LIMIT, ask
from lineal.capture.remembered import Remembered
from lineal.capture.secrets import has_secret
from lineal.files import Files
from lineal.model.values import Json

SMALL = 2 << 20
"""A history up to this size is bundled whole though a remote has most of it; looking for secrets in more takes long."""

_NOT_ON_A_REMOTE = ("HEAD", "--not", "--remotes")


def is_on_a_remote(root: Path) -> bool:
    """Return whether a branch of a remote, as this clone last saw it, has the commit."""
    out, _ = ask(root, "for-each-ref", "--count=1", "--format=%(refname)", "--contains", "HEAD", "refs/remotes")
    return bool(out.strip())


def bundle_item(files: Files, root: Path, commit: str, *, pushed: bool) -> Captured:
    """Keep a bundle with the commit and return its fingerprint, unless a remote has it.

    `whole` says that it holds the history from the first commit on, else it needs what the remote has. There is one
    bundle a commit: the next run at it has the same. What holds a secret or is too large is withheld.
    """
    if pushed:
        return not_applicable("the commit is on the remote")
    memory = Remembered(files.root)
    found = memory.recall(f"bundle {root}", commit, lambda: _bundle(files, root))
    if isinstance(found, Mapping) and "fingerprint" in found and not files.has(str(found["fingerprint"])):
        found = _bundle(files, root)
    memory.save()
    if not isinstance(found, Mapping):
        return unknown("the commits could not be bundled")
    reason = found.get("withheld")
    value = {name: each for name, each in found.items() if name != "withheld"}
    if reason is not None:
        return withheld(f"{reason}: a rebuild needs this clone", value)
    return captured(value)


def _bundle(files: Files, root: Path) -> Json:
    """Bundle the whole history where it is small, so that no remote is needed; else the commits no remote has."""
    remotes, _ = ask(root, "for-each-ref", "--count=1", "refs/remotes")
    if not remotes:
        return _bundled(files, root, ("HEAD",), LIMIT)
    whole = _bundled(files, root, ("HEAD",), SMALL)
    return whole if "fingerprint" in whole else _bundled(files, root, _NOT_ON_A_REMOTE, LIMIT)


def _bundled(files: Files, root: Path, wanted: tuple[str, ...], most: int) -> dict[str, Json]:
    commits, _ = ask(root, "rev-list", "--count", *wanted)
    value: dict[str, Json] = {"commits": int(commits), "whole": wanted == ("HEAD",)}
    shallow, _ = ask(root, "rev-parse", "--is-shallow-repository")
    if shallow.strip() == b"true" and value["whole"]:
        return {**value, "withheld": "a shallow clone does not have the whole history"}
    text, cut = ask(root, "log", "--patch", "--unified=0", "--no-textconv", "--no-ext-diff", *wanted, limit=most)
    if not cut and has_secret(text):
        return {**value, "withheld": "there is a secret in the commits"}
    if not cut:
        data, cut = ask(root, "-c", "pack.threads=1", "bundle", "create", "--quiet", "-", *wanted, limit=most)
        if not cut:
            return {**value, "fingerprint": files.put_bytes(data), "bytes": len(data)}
    return {**value, "withheld": f"the commits are too large: over {most >> 20} MiB"}
