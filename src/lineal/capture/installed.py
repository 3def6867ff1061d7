"""The installed packages: read from the directories on the path, never by a subprocess.

Names of directories are enough for names and versions: reading every package's METADATA costs ten times as much.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lineal.capture.forks import ForkedLock
from lineal.capture.locks.locked import normal


class Package(NamedTuple):
    """One installed package and the directory of its metadata."""

    name: str
    version: str
    directory: str

    def said(self, file: str) -> str:
        """Return the text of one file of its metadata, or "" where there is none."""
        try:
            with open(f"{self.directory}{os.sep}{file}", encoding="utf-8", errors="replace") as handle:  # noqa: PTH123 — hundreds
                return handle.read()
        except OSError:
            return ""

    @property
    def tags(self) -> frozenset[str]:
        """The platforms of the wheel it was installed from; empty where none is named."""
        return frozenset(re.findall(r"(?m)^Tag:\s*(\S+)", self.said("WHEEL")))

    @property
    def requires_python(self) -> str | None:
        """The versions of Python it says it is for, or None."""
        head = self.said("METADATA").partition("\n\n")[0]
        found = re.search(r"(?m)^Requires-Python:\s*(\S.*?)\s*$", head)
        return found[1] if found else None


class _Installed(NamedTuple):
    stamp: tuple[tuple[str, int], ...]
    packages: tuple[Package, ...]


_last: _Installed | None = None
_lock = ForkedLock()


def installed_packages() -> tuple[Package, ...]:
    """Return every package on the path, sorted by name; the first on the path wins.

    Kept per process until a directory of packages changes.
    """
    return _installed().packages


def packages_in(directory: Path) -> list[Package]:
    """Return the packages in one directory of packages, sorted by name."""
    return _scan([str(directory)])


def installed_stamp() -> tuple[object, ...]:
    """Return what changes when a package is installed, updated or removed, and only then."""
    found = _installed()
    places = {os.path.dirname(package.directory) for package in found.packages}  # noqa: PTH120
    # The directory of the script is on the path as well, and changes with every file a program writes into it.
    directories = tuple(entry for entry in found.stamp if entry[0] in places)
    # Images that are built to be reproducible give every directory one time: its place and change time still differ.
    return (found.packages, directories, tuple(_about(package) for package in found.packages))


def _about(package: Package) -> tuple[int, ...]:
    found: list[int] = []
    for place in (package.directory, f"{package.directory}{os.sep}RECORD"):
        try:
            about = os.stat(place)  # noqa: PTH116 — hundreds
        except OSError:
            found += (0, 0, 0, 0)
        else:
            found += (about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino)
    return tuple(found)


def _installed() -> _Installed:
    global _last  # noqa: PLW0603 — one memory per process: the interpreter has one path
    stamp = tuple(_stamps())
    with _lock:
        if _last is None or _last.stamp != stamp:
            _last = _Installed(stamp, tuple(_scan([directory for directory, _ in stamp])))
        return _last


def _stamps() -> Iterator[tuple[str, int]]:
    for directory in dict.fromkeys(sys.path):
        try:
            yield directory or ".", os.stat(directory or ".").st_mtime_ns  # noqa: PTH116
        except OSError:
            continue


def _scan(directories: list[str]) -> list[Package]:
    packages: dict[str, Package] = {}
    for directory in directories:
        try:
            names = os.listdir(directory)  # noqa: PTH208
        except OSError:
            continue  # an archive, or a directory that is gone
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                package = _package(directory, name)
                if package is not None:
                    packages.setdefault(package.name, package)
    return sorted(packages.values())


def _package(directory: str, entry: str) -> Package | None:
    name, dash, version = entry.rpartition(".")[0].partition("-")
    if entry.endswith(".egg-info"):
        version = re.sub(r"-py\d[\d.]*$", "", version)
    path = os.path.join(directory, entry)  # noqa: PTH118
    if not dash or not re.match(r"\d", version) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._]*", name):
        name, version = _from_metadata(path)
    return Package(normal(name), version, path) if name else None


def _from_metadata(path: str) -> tuple[str, str]:
    """Return name and version as the package itself says: for directories whose name does not."""
    for name in ("METADATA", "PKG-INFO", ""):
        try:
            text = (Path(path) / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        head = text.partition("\n\n")[0]
        named = re.search(r"^Name:\s*(\S+)", head, re.MULTILINE)
        version = re.search(r"^Version:\s*(\S+)", head, re.MULTILINE)
        return (named[1] if named else "", version[1] if version else "0")
    return "", ""
