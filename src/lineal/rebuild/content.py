"""The bytes of an artifact: the kept copy, the file where it lies, or what a rebuild has just written."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from lineal.capture.data import fingerprint_of_path, is_table, of_table
from lineal.errors import LinealError, NotFound
from lineal.files import Files
from lineal.lineage.training import reference_to
from lineal.model.nodes import Artifact
from lineal.rebuild.layout import Layout
from lineal.rebuild.place import Place


def content_of(artifact: Artifact, files: Files) -> Path:
    """Return the file that holds an artifact's bytes, verified: the kept copy, else where it lies. NotFound else."""
    kept = artifact.custom_properties.get("kept", artifact.fingerprint)
    if isinstance(kept, str) and kept.startswith("sha256:") and files.has(kept):
        files.open(kept).close()
        return files.path(kept)
    path = path_of(artifact)
    if path is not None and path.is_file() and artifact.fingerprint is not None and _is_still(artifact, path):
        return path
    raise NotFound(
        f"the bytes of {reference_to(artifact)} are not at hand",
        hint="log it with keep=True, or give a file instead",
    )


def path_of(artifact: Artifact) -> Path | None:
    """Return the local path an artifact was recorded at, if it has one."""
    parts = urlsplit(artifact.uri or "")
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def kept_bytes(fingerprint: str | None, files: Files, most: int) -> bytes | None:
    """Return kept content of no more than so many bytes; None for more, and for what is damaged or not there."""
    try:
        if fingerprint is not None and files.has(fingerprint) and files.path(fingerprint).stat().st_size <= most:
            return files.get(fingerprint)
    except (LinealError, OSError):
        pass  # damaged, or gone
    return None


def name_of_file(artifact: Artifact) -> str:
    """Return a file name that says of what kind an artifact's bytes are."""
    path = path_of(artifact)
    kind = artifact.custom_properties.get("kept_format")
    if isinstance(kind, str) and artifact.custom_properties.get("kept") is not None:
        return f"kept.{kind}"
    if path is not None and path.suffix:
        return path.name
    return f"{(artifact.name or 'file').rpartition('/')[2]}.{artifact.properties.get('format') or 'bin'}"


def written_below(artifact: Artifact, layout: Layout, place: Place) -> Path | None:
    """Return the file that was written, below the rebuild directory: the program may have seen it at another path."""
    path = path_of(artifact)
    found = None if path is None else place_of(path, layout, place)
    return found if found is not None and found.is_file() else None


def place_of(path: Path, layout: Layout, place: Place) -> Path | None:
    """Return where what a program wrote at a path lies below the rebuild directory; None where nothing of it does.

    The program saw the tree, and directories outside of it, at their recorded paths, and its home through links.
    """
    if path.is_relative_to(place.root) and _is_below(path, place.root):
        return path
    if path.is_relative_to(place.home):
        path = Path.home() / path.relative_to(place.home)
    found = place.of(layout.inside(str(path)) or str(path))
    return found if _is_below(found, place.root) else None


def _is_below(path: Path, root: Path) -> bool:
    """Whether something lies there, and no link leads it out of the rebuild directory."""
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _is_still(artifact: Artifact, path: Path) -> bool:
    """Whether what lies there is what was recorded: by its bytes, or by its rows where those were recorded."""
    if fingerprint_of_path(path).fingerprint == artifact.fingerprint:
        return True
    if artifact.custom_properties.get("fingerprint_kind") != "frame" or not is_table(path):
        return False
    try:
        return of_table(path).fingerprint == artifact.fingerprint
    except LinealError:
        return False
