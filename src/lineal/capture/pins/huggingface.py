"""Hugging Face: the commit of a snapshot in the local cache, or in `hf://datasets/owner/name@commit/…`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.capture.pins.pin import Pin, is_commit, moving

_KINDS = ("models--", "datasets--", "spaces--")
_FEW = 3


def of_path(path: Path) -> Pin | None:
    """Return the commit of a path in the cache: `…/datasets--owner--name/snapshots/COMMIT/…`."""
    parts = path.parts
    for place in range(1, len(parts) - 1):
        is_repository = parts[place - 1].startswith(_KINDS)
        if parts[place] == "snapshots" and is_repository and is_commit(parts[place + 1]):
            return Pin("huggingface", parts[place + 1])
    return None


def of_url(url: str) -> Pin | None:
    """Return the commit that a URL names; a branch, or none, moves."""
    parts = urlsplit(url)
    if parts.scheme != "hf":
        return None
    path = f"{parts.netloc}{parts.path}"
    name = "/".join(path.split("/")[:_FEW])
    revision = unquote(name.partition("@")[2]) or unquote(path.partition("@")[2]).partition("/")[0]
    return Pin("huggingface", revision) if is_commit(revision) else moving("huggingface", revision, "a commit")
