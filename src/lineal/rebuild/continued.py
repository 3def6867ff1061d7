"""Files that a run wrote on, after their end: a rebuild begins with what was in them before.

They stand in the record by their path and the fingerprint of what was there; the bytes are among the kept files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from lineal.errors import LinealError
from lineal.files import Files
from lineal.lineage.capture_record import item
from lineal.rebuild.checkout import safe_target, write
from lineal.rebuild.layout import Layout
from lineal.rebuild.recipe import Recipe


def place_continued(recipe: Recipe, layout: Layout, files: Files, tree: Path, *, outside: Path | None = None) -> None:
    """Put what was in such files before where the program opens them; inputs come after that, and may replace it.

    `outside` is the directory for what lies outside the tree.
    """
    for path, before in _continued(recipe):
        inside = layout.inside(path)
        if not files.has(before) or (inside is None and (outside is None or not path.startswith("/"))):
            continue
        try:
            content = files.get(before)
        except LinealError:
            continue  # a spoilt copy is none: what comes out says so
        if inside is not None:
            write(safe_target(tree, inside), content)
        elif outside is not None:
            outside.mkdir(exist_ok=True)
            write(safe_target(outside, path.lstrip("/")), content)


def lost_beginnings(recipe: Recipe, files: Files) -> list[str]:
    """Return a sentence for each file whose beginning is not kept."""
    lost = [path for path, before in _continued(recipe) if not files.has(before)]
    return [f"what was in {path} before the run wrote on is not kept: it begins empty" for path in lost]


def _continued(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Yield path and fingerprint; of a file that several runs of the process wrote, as the first one found it."""
    seen: set[str] = set()
    for step in recipe.steps:
        value = item(step.record, "outputs").value
        for entry in value if isinstance(value, list | tuple) else ():
            if not isinstance(entry, Mapping) or not isinstance(entry.get("path"), str):
                continue
            path, before = str(entry["path"]), entry.get("before")
            if path not in seen and isinstance(before, str):
                yield path, before
            seen.add(path)
