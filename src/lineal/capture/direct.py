"""Item 15: packages that come from a path, a repository or a URL; of a path also the state of its code."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.capture.captured import Captured, captured, not_applicable, unknown
from lineal.capture.environment import direct_of
from lineal.capture.git import find_root
from lineal.capture.installed import installed_packages
from lineal.capture.repository import repository_items
from lineal.files import Files
from lineal.model.values import Json

_SAME = "the script's repository"
_OURSELVES = "lineal"


def editable_item(files: Files, root: Path | None) -> Captured:
    """Return the packages installed from elsewhere than an index, each with its own commit and changes.

    `root` is the repository of the script, whose state the record has already.
    """
    found: list[Json] = []
    gone: list[str] = []
    states: dict[Path, Json] = {}
    for package in installed_packages():
        direct = direct_of(package)
        if direct is None:
            continue
        url = str(direct.entry.get("url", direct.entry.get("path", "")))
        entry: dict[str, Json] = {"name": package.name, "version": package.version, "url": url}
        if direct.table == "directory":
            entry["editable"] = bool(direct.entry.get("editable"))
            if package.name == _OURSELVES:
                found.append(entry)  # it records the recipe and is no part of it
                continue
            place = _path_of(url)
            entry["repository"] = _state(files, place, root, states)
            if place is None or not place.is_dir():
                gone.append(package.name)
        elif direct.table == "vcs":
            entry["commit"] = str(direct.entry.get("commit-id", ""))
        found.append(entry)
    if not found:
        return not_applicable("every package is a release from an index")
    if gone:
        return unknown(f"the directory is gone of: {', '.join(gone)}", found)
    return captured(found)


def _path_of(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _state(files: Files, place: Path | None, root: Path | None, states: dict[Path, Json]) -> Json:
    """Return the state of the repository around a package's directory; each repository is asked once."""
    if place is None or not place.is_dir():
        return None
    top = find_root(place)
    if top is not None and top == root:
        return _SAME
    if top is None:
        return "in no repository: the modules that were loaded are kept"
    if top not in states:
        states[top] = {name: item.as_entry() for name, item in repository_items(files, place).items()}
    return states[top]
