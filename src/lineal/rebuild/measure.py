"""Measuring: what a rebuilt program left, read by us once all of it has ended, instead of what it says that it made.

The program records itself, so its scratch workspace holds its own word. Bytes and fitted states that it left are read
again; of what left nothing (a frame in memory, a metric) its word is all there is, and the verdict says so.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

from lineal.capture.fingerprints.directories import of_directory
from lineal.capture.fingerprints.files import StampCache, of_file
from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.nodes import Artifact
from lineal.model.values import Value
from lineal.rebuild.content import path_of, place_of
from lineal.rebuild.layout import Layout
from lineal.rebuild.place import Place
from lineal.rebuild.recipe import Step

MEASURED, MEASURED_STATE, MEASURED_COPY = "measured", "measured_state", "measured_copy"
"""Facts that we add to an artifact: its bytes, its fitted state, its kept copy were read and are what they are said."""

_OF_BYTES = (None, "file", "dir")


def measured(step: Step, kept: Files, layout: Layout, place: Place) -> Step:
    """Return a run that a rebuilt program recorded, with its outputs as they were measured."""
    return replace(step, outputs=tuple(_measured(artifact, kept, layout, place) for artifact in step.outputs))


def only_plain(directory: Path) -> None:
    """Leave directories and plain files below a directory only: a link could lead to the user's own, a pipe hold us up.

    Called when the program has ended; it raises OSError where even the directory is no directory any more.
    """
    if not stat.S_ISDIR(directory.lstat().st_mode):
        raise NotADirectoryError(f"{directory} is no directory any more")
    for above, folders, names in os.walk(directory):
        for name in (*folders, *names):
            path = Path(above, name)
            mode = path.lstat().st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                path.unlink()


def _measured(artifact: Artifact, kept: Files, layout: Layout, place: Place) -> Artifact:
    ours = (MEASURED, MEASURED_STATE, MEASURED_COPY)
    facts: dict[str, Value] = {name: value for name, value in artifact.custom_properties.items() if name not in ours}
    claimed = artifact.fingerprint
    facts |= {MEASURED_STATE: True} if _is_kept(artifact.properties.get("canonical"), kept) else {}
    facts |= {MEASURED_COPY: True} if _is_kept(facts.get("kept"), kept) else {}
    if facts.get("fingerprint_kind") in _OF_BYTES and claimed is not None:
        if _is_kept(claimed, kept):
            return replace(artifact, custom_properties={**facts, MEASURED: True})
        found = _read(_written(artifact, layout, place))
        if found is not None:
            return replace(artifact, fingerprint=found, custom_properties={**facts, MEASURED: True})
    return replace(artifact, custom_properties=facts)


def _is_kept(fingerprint: object, kept: Files) -> bool:
    """Whether the scratch workspace has the bytes of this fingerprint, and they are these."""
    if not isinstance(fingerprint, str) or not fingerprint.startswith("sha256:"):
        return False
    try:
        if kept.has(fingerprint):
            kept.open(fingerprint).close()
            return True
    except LinealError:
        return False
    return False


def _written(artifact: Artifact, layout: Layout, place: Place) -> Path | None:
    """Return what the program wrote at the artifact's path, where that lies below the rebuild directory."""
    path = path_of(artifact)
    return None if path is None else place_of(path, layout, place)


def _read(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        found = of_directory(path) if path.is_dir() else of_file(path, cache=StampCache())
    except LinealError:
        return None
    return found.fingerprint
