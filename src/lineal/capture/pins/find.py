"""Find the version of data kept elsewhere: the first system that knows the place says it; no network is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lineal.capture.pins import annex, delta, dvc, huggingface, iceberg, lakefs, lfs, objects, oci
from lineal.capture.pins.pin import Pin

T = TypeVar("T")

_URLS: tuple[Callable[[str], Pin | None], ...] = (lakefs.of_url, huggingface.of_url, oci.of_url, objects.of_url)
_PATHS: tuple[Callable[[Path], Pin | None], ...] = (annex.of_path, lfs.of_path, huggingface.of_path, dvc.of_path)
_DIRECTORIES: tuple[Callable[[Path], Pin | None], ...] = (delta.in_directory, iceberg.in_directory, oci.in_directory)

_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError)
"""What damaged metadata may come to: it is no version, and no reason to end a run."""


def pin_of_url(url: str) -> Pin | None:
    """Return the version that a URL names, or None where no system is known by it."""
    return _first(_URLS, url)


def pin_of_path(path: Path) -> Pin | None:
    """Return the version of a file or directory, or of the table that a file is a part of, or None."""
    place = Path(path).absolute()
    return _first(_PATHS, place) or (_first(_DIRECTORIES, place) if place.is_dir() else None)


def _first(systems: tuple[Callable[[T], Pin | None], ...], place: T) -> Pin | None:
    for system in systems:
        try:
            found = system(place)
        except _UNREADABLE as error:
            name = system.__module__.rpartition(".")[2]
            return Pin(name, None, f"its metadata cannot be read: {error}")
        if found is not None:
            return found
    return None
