"""Modules that lay outside the tree: a package of one's own in another directory, as the record keeps its text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lineal.errors import LinealError
from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json
from lineal.rebuild.checkout import safe_target, write
from lineal.rebuild.verdict import refused


def place_elsewhere(
    record: Mapping[str, Item], files: Files, directory: Path, *, is_for_others: bool = False
) -> list[str]:
    """Put the modules that lay outside the tree below `directory`, as the record keeps them; return their names.

    Those that are still where they were, and what they were, are left alone unless it is for another machine.
    """
    gone = [name for name, one in modules_elsewhere(record).items() if is_for_others or not _is_as_it_was(one)]
    if not gone:
        return []
    texts = _texts(record, files)
    for name in gone:
        if name not in texts:
            raise refused("code", name, f"the module {name} lay outside the repository, is gone, and is not kept")
        is_package = str(texts[name]["path"]).endswith("__init__.py")
        path = name.replace(".", "/") + ("/__init__.py" if is_package else ".py")
        write(safe_target(directory, path), str(texts[name]["text"]).encode("utf-8", "surrogateescape"))
    return gone


def modules_elsewhere(record: Mapping[str, Item]) -> dict[str, Mapping[str, Json]]:
    """Return name → `path` and `fingerprint` of the modules that lay outside the tree."""
    named = _elsewhere(record).get("modules")
    found = named.items() if isinstance(named, Mapping) else ()
    return {str(name): one for name, one in found if isinstance(one, Mapping)}


def text_elsewhere(record: Mapping[str, Item], files: Files, name: str) -> bytes | None:
    """Return the kept text of a module that lay outside the tree, or None where it is not kept."""
    try:
        text = _texts(record, files)[name]["text"]
    except (LinealError, OSError, KeyError):
        return None
    return str(text).encode("utf-8", "surrogateescape")


def _texts(record: Mapping[str, Item], files: Files) -> dict[str, dict[str, Json]]:
    """Return the kept modules by name; NotRunnable where what is kept is something else."""
    try:
        found = json.loads(files.get(str(_elsewhere(record)["fingerprint"])))
        return {str(name): {"path": one["path"], "text": one["text"]} for name, one in found.items()}
    except (LinealError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        told = f"the modules that lay outside the repository cannot be read: {type(error).__name__}: {error}"
        raise refused("code", "modules", told) from error


def _elsewhere(record: Mapping[str, Item]) -> Mapping[str, Json]:
    value = item(record, "modules").value
    found = value.get("elsewhere") if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _is_as_it_was(module: Mapping[str, Json]) -> bool:
    try:
        return of_bytes(Path(str(module.get("path"))).read_bytes()) == module.get("fingerprint")
    except OSError:
        return False
