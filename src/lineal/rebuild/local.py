"""Packages that lie in a directory and are in no lock: where the rebuilt program imports them from.

What lies below the tree comes from the record; what lies elsewhere is read where it is, and modules that changed or
are gone come from the record before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.lineage.capture_record import Item, item
from lineal.rebuild.layout import Layout


def local_roots(record: Mapping[str, Item], layout: Layout, tree: Path) -> Iterator[str]:
    """Yield the directories to import from, for the packages that the record says were installed from a directory."""
    value = item(record, "editable").value
    for entry in value if isinstance(value, list | tuple) else ():
        if not isinstance(entry, Mapping) or "editable" not in entry or entry.get("name") == "lineal":
            continue
        parts = urlsplit(str(entry.get("url")))
        path = unquote(parts.path) if parts.scheme == "file" else ""
        inside = layout.inside(path) if path else None
        place = tree / inside if inside is not None else Path(path)
        source = place / "src"
        if path and place.is_dir():
            yield str(source if source.is_dir() else place)
