"""Items 13 to 15: the installed packages as exact pins, where they came from, and which are no plain releases.

Names of directories are enough: reading every package's METADATA costs ten times as much. No subprocess, no pip.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lineal.capture.captured import Captured, captured, not_applicable
from lineal.capture.secrets import redact
from lineal.files import Files
from lineal.model.values import Json

_INDEX_VARIABLES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
)
_INDEX_LINE = r"(?m)^\s*(?:(?:extra-)?index-url|find-links|url)\s*=\s*[\"']?(?P<url>[^\"'\s]+)"


class _Package(NamedTuple):
    name: str
    version: str
    directory: str


class _Installed(NamedTuple):
    stamp: tuple[tuple[str, int], ...]
    packages: tuple[_Package, ...]


_last: _Installed | None = None
_lock = threading.Lock()


def environment_item(files: Files) -> Captured:
    """Keep the pins of all installed packages and return the fingerprint of that text and their number.

    The pins carry no fingerprints of wheels: an installer keeps none.
    """
    pins = "".join(f"{package.name}=={package.version}\n" for package in installed_packages())
    return captured({"fingerprint": files.put_bytes(pins.encode()), "packages": pins.count("\n")})


def editable_item() -> Captured:
    """Return the packages installed from a path, a repository or a URL instead of an index."""
    found: list[Json] = []
    for package in installed_packages():
        try:
            text = (Path(package.directory) / "direct_url.json").read_text(encoding="utf-8")
        except OSError:
            continue
        found.append({"name": package.name, **_direct(text)})
    return captured(found) if found else not_applicable("every package is a release from an index")


def index_urls_item() -> Captured:
    """Return where packages are fetched from, by variables and configuration files, credentials cut out."""
    found: list[Json] = [
        {"source": name, "url": redact(os.environ[name])} for name in _INDEX_VARIABLES if os.environ.get(name)
    ]
    for path in _configurations():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        found += [{"source": path.name, "url": redact(match["url"])} for match in re.finditer(_INDEX_LINE, text)]
    return captured(found, None if found else "no index is configured: the default one is used")


def installed_packages() -> tuple[_Package, ...]:
    """Return name and version of every package on the path, sorted by name; the first on the path wins.

    Kept per process until a directory of packages changes.
    """
    global _last  # noqa: PLW0603 — one memory per process: the interpreter has one path
    stamp = tuple(_stamps())
    with _lock:
        if _last is None or _last.stamp != stamp:
            _last = _Installed(stamp, tuple(_scan([directory for directory, _ in stamp])))
        return _last.packages


def _stamps() -> Iterator[tuple[str, int]]:
    for directory in dict.fromkeys(sys.path):
        try:
            yield directory or ".", os.stat(directory or ".").st_mtime_ns  # noqa: PTH116
        except OSError:
            continue


def _scan(directories: list[str]) -> list[_Package]:
    packages: dict[str, _Package] = {}
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


def _package(directory: str, entry: str) -> _Package | None:
    name, dash, version = entry.rpartition(".")[0].partition("-")
    if entry.endswith(".egg-info"):
        version = re.sub(r"-py\d[\d.]*$", "", version)
    path = os.path.join(directory, entry)  # noqa: PTH118
    if not dash or not re.match(r"\d", version) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._]*", name):
        name, version = _from_metadata(path)
    return _Package(re.sub(r"[-_.]+", "-", name).lower(), version, path) if name else None


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


def _direct(text: str) -> dict[str, Json]:
    direct = json.loads(text)
    described: dict[str, Json] = {"url": redact(str(direct.get("url", "")))}
    if direct.get("dir_info", {}).get("editable"):
        described["editable"] = True
    if "vcs_info" in direct:
        described["commit"] = str(direct["vcs_info"].get("commit_id", ""))
    return described


def _configurations() -> Iterator[Path]:
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    given = os.environ.get("PIP_CONFIG_FILE")
    if given:
        yield Path(given)
    yield from (Path("/etc/pip.conf"), config / "pip/pip.conf", home / ".pip/pip.conf", Path(sys.prefix) / "pip.conf")
    yield from (Path("/etc/uv/uv.toml"), config / "uv/uv.toml", Path("uv.toml"))
