"""Modules that lay outside the tree: a package of one's own in another directory, as the record keeps its text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json
from lineal.rebuild.checkout import safe_target, write
from lineal.rebuild.verdict import refused


def place_elsewhere(record: Mapping[str, Item], files: Files, directory: Path) -> list[str]:
    """Put the modules that lay outside the tree below `directory`, as the record keeps them; return their names.

    Those that are still where they were, and what they were, are left alone.
    """
    value = item(record, "modules").value
    elsewhere = value.get("elsewhere") if isinstance(value, Mapping) else None
    named = elsewhere.get("modules") if isinstance(elsewhere, Mapping) else None
    if not isinstance(elsewhere, Mapping) or not isinstance(named, Mapping):
        return []
    gone = [str(name) for name, one in named.items() if isinstance(one, Mapping) and not _is_as_it_was(one)]
    if not gone:
        return []
    texts = json.loads(files.get(str(elsewhere["fingerprint"])))
    for name in gone:
        if name not in texts:
            raise refused("code", name, f"the module {name} lay outside the repository, is gone, and is not kept")
        is_package = str(texts[name]["path"]).endswith("__init__.py")
        path = name.replace(".", "/") + ("/__init__.py" if is_package else ".py")
        write(safe_target(directory, path), str(texts[name]["text"]).encode("utf-8", "surrogateescape"))
    return gone


def _is_as_it_was(module: Mapping[str, Json]) -> bool:
    try:
        return of_bytes(Path(str(module.get("path"))).read_bytes()) == module.get("fingerprint")
    except OSError:
        return False
