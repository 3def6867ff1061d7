"""Items 13 and 14: the installed packages as a lock with fingerprints, and where packages are fetched from.

An installer keeps no fingerprint of what it installed, so they are taken from the locks the project has.
No subprocess, no pip, no network.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lineal.capture.captured import Captured, captured
from lineal.capture.conda import conda_list, is_condas
from lineal.capture.installed import Package, installed_packages, installed_stamp
from lineal.capture.locks.finding import LockFile, lock_files
from lineal.capture.locks.locked import Locked
from lineal.capture.locks.pylock import Contents, Direct, write_pylock
from lineal.capture.locks.readers import read_lock
from lineal.capture.remembered import Remembered
from lineal.capture.secrets import redact
from lineal.files import Files
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json

_RULE = 3
"""Raised when the lock is written in another way, so that what is remembered is written again."""

_TOOLS = ("pip", "setuptools", "uv", "wheel", "lineal")
"""What installs packages, or records: most locks leave it out, and no result depends on it."""

_NAMED = 20
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


def environment_item(files: Files, base: Path) -> Captured:
    """Keep a `pylock.toml` of all installed packages and return its fingerprint and how much of it has fingerprints.

    They come from locks in `base` and above it, and beside the environment. Pins without one are listed, and make
    the lock `partial`.
    """
    found = lock_files([base.absolute(), Path(sys.prefix)])
    stamp = (_RULE, sys.version, sys.prefix, installed_stamp(), found)
    memory = Remembered()
    value = memory.recall("lock", stamp, lambda: _lock(files, found))
    if isinstance(value, Mapping) and not files.has(str(value.get("fingerprint"))):
        value = _lock(files, found)  # the file was removed, what was remembered of it was not
    memory.save()
    lacking = value.get("unhashed") if isinstance(value, Mapping) else None
    return captured(value, f"partial: {lacking} packages without a fingerprint" if lacking else None)


def _lock(files: Files, found: Sequence[LockFile]) -> Json:
    packages = installed_packages()
    known, used = _fingerprints(found)
    conda = conda_list()
    contents, unhashed, sources = _contents(packages, known, by_conda=conda is not None)
    tools: list[Json] = [f"{name}=={version}" for name, version in contents.pins if name in _TOOLS]
    value: dict[str, Json] = {
        "format": "pylock.toml",
        "fingerprint": files.put_bytes(write_pylock(contents).encode()),
        "packages": len(packages),
        "hashed": len(packages) - len(unhashed) - len(contents.direct) - len(tools),
        "tools": tools,
        "direct": len(contents.direct),
        "unhashed": len(unhashed),
        "partial": bool(unhashed),
        "without_fingerprint": unhashed[:_NAMED],
        "sources": [{"path": str(path), "fingerprint": used[path]} for path in sorted(sources)],
    }
    if conda is not None:
        kept = files.put_bytes(redact(conda.text).encode("utf-8", "backslashreplace"))
        value["conda"] = {"fingerprint": kept, "packages": conda.packages}
    return value


def _fingerprints(
    found: Sequence[LockFile],
) -> tuple[dict[tuple[str, str], tuple[Locked, Path]], dict[Path, str]]:
    """Return name and version → what the nearest lock says, and the fingerprint of each lock read."""
    known: dict[tuple[str, str], tuple[Locked, Path]] = {}
    read: dict[Path, str] = {}
    for lock in found:
        try:
            data = lock.path.read_bytes()
            packages = read_lock(lock.path.name, data.decode("utf-8"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # no lock after all, or one of a format to come
        read[lock.path] = of_bytes(data)
        for package in packages:
            if package.fingerprints or any(file.fingerprints for file in package.files):
                known.setdefault(package.key, (package, lock.path))
    return known, read


def _contents(
    packages: Sequence[Package], known: Mapping[tuple[str, str], tuple[Locked, Path]], *, by_conda: bool
) -> tuple[Contents, list[Json], set[Path]]:
    """Return what the lock holds, the pins without a fingerprint, and the locks that gave one."""
    locked: list[Locked] = []
    pins: list[tuple[str, str]] = []
    direct: list[Direct] = []
    unhashed: list[Json] = []
    sources: set[Path] = set()
    for package in packages:
        whence = direct_of(package)
        if whence is not None and whence.is_pinned:
            direct.append(whence)
            continue
        if (package.name, package.version) in known:
            found, path = known[package.name, package.version]
            locked.append(replace(found.fitting(package.tags), requires_python=package.requires_python))
            sources.add(path)
            continue
        pins.append((package.name, package.version))
        if package.name in _TOOLS or (by_conda and is_condas(package.said("INSTALLER"))):
            continue
        unhashed.append(f"{package.name}=={package.version}")
    return Contents(locked, pins, direct), unhashed, sources


def direct_of(package: Package) -> Direct | None:
    """Return where a package comes from that is no release from an index (PEP 610), or None."""
    text = package.said("direct_url.json")
    try:
        said = json.loads(text) if text else None
    except ValueError:
        said = None
    if not isinstance(said, dict) or not said.get("url"):
        return None
    url = redact(str(said["url"]))
    if isinstance(said.get("vcs_info"), dict):
        info = said["vcs_info"]
        entry: dict[str, object] = {"type": info.get("vcs", "git"), "url": url, "commit-id": info.get("commit_id", "")}
        if info.get("requested_revision"):
            entry["requested-revision"] = info["requested_revision"]
        return Direct(package.name, package.version, "vcs", entry)
    if isinstance(said.get("archive_info"), dict):
        archive = said["archive_info"]
        fingerprints = archive.get("hashes") or dict(filter(None, [_old_fingerprint(archive)]))
        where = {"path": url.removeprefix("file://")} if url.startswith("file:") else {"url": url}
        return Direct(package.name, package.version, "archive", {**where, "hashes": fingerprints})
    editable = bool(said.get("dir_info", {}).get("editable"))
    return Direct(package.name, package.version, "directory", {"url": url, "editable": editable})


def _old_fingerprint(archive: Mapping[str, object]) -> tuple[str, str] | None:
    kind, equals, digits = str(archive.get("hash", "")).partition("=")
    return (kind, digits) if equals else None


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


def _configurations() -> Iterator[Path]:
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    given = os.environ.get("PIP_CONFIG_FILE")
    if given:
        yield Path(given)
    yield from (Path("/etc/pip.conf"), config / "pip/pip.conf", home / ".pip/pip.conf", Path(sys.prefix) / "pip.conf")
    yield from (Path("/etc/uv/uv.toml"), config / "uv/uv.toml", Path("uv.toml"))
