"""One package of a lock, as every format of lock says it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class LockedFile:
    """One wheel or source archive: its name, where it lies (None: the lock does not say), size and fingerprints."""

    name: str
    url: str | None = None
    path: str | None = None
    size: int | None = None
    fingerprints: tuple[tuple[str, str], ...] = ()

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel."""
        return self.name.endswith(".whl")


@dataclass(frozen=True, slots=True)
class Locked:
    """One version of one package with its files; `fingerprints` are fingerprints of files the lock does not name."""

    name: str
    version: str
    index: str | None = None
    files: tuple[LockedFile, ...] = ()
    fingerprints: tuple[str, ...] = ()
    requires_python: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Name and version, comparable."""
        return normal(self.name), self.version

    def fitting(self, tags: frozenset[str]) -> Locked:
        """Return the package with the one wheel that is installed, known by its tags; all files where none is."""
        wheels = [file for file in self.files if file.is_wheel]
        exact = [file for file in wheels if tags and tags_of(file.name) == tags]
        near = exact or [file for file in wheels if tags & tags_of(file.name)]
        if not near:
            return self
        return replace(self, files=tuple(near))


def normal(name: str) -> str:
    """Return a package's name as all formats compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def tags_of(wheel: str) -> frozenset[str]:
    """Return the platforms a wheel's file name stands for, each as `cp311-cp311-linux_x86_64`."""
    parts = wheel.removesuffix(".whl").split("-")
    if len(parts) < 5:  # noqa: PLR2004  name, version and three tags
        return frozenset()
    pythons, abis, platforms = (part.split(".") for part in parts[-3:])
    found: Sequence[str] = [f"{python}-{abi}" for python in pythons for abi in abis]
    return frozenset(f"{start}-{platform}" for start in found for platform in platforms)


def name_in(url: str) -> str:
    """Return the file name at the end of a URL or path."""
    return url.partition("#")[0].partition("?")[0].replace("\\", "/").rpartition("/")[2].replace("%2B", "+")
