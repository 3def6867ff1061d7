"""Our lock of an environment: a PEP 751 `pylock.toml`, and the list of requirements an installer takes as well.

What PEP 751 has no place for (a pin whose file nobody can locate, a package that lies in a directory) stands under
`[tool.lineal]`, so that the rest is a lock every tool can install.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lineal.capture.locks.locked import Locked, LockedFile
from lineal.capture.secrets import redact

_TEXT = json.JSONEncoder(ensure_ascii=False)
"""Made once: a lock has thousands of texts."""

_SAFE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(?:==[A-Za-z0-9.!+_-]+| @ [^\s\"'\\]+)(?: --hash=[a-z0-9]+:[0-9A-Za-z]+)*"
)


@dataclass(frozen=True, slots=True)
class Direct:
    """A package that comes from a directory, a repository or a URL."""

    name: str
    version: str
    table: str
    """`directory`, `vcs` or `archive`, as in PEP 751."""

    entry: Mapping[str, object]

    @property
    def is_pinned(self) -> bool:
        """Whether it is known which bytes are meant: a commit, a fingerprint, or a directory recorded with the code."""
        return self.table == "directory" or bool(self.entry.get("commit-id") or self.entry.get("hashes"))


@dataclass(frozen=True, slots=True)
class Contents:
    """What is installed: packages with fingerprints, pins without, and direct ones."""

    locked: Sequence[Locked]
    pins: Sequence[tuple[str, str]]
    direct: Sequence[Direct]


def write_pylock(contents: Contents) -> str:
    """Return the text of the lock; the same contents on the same interpreter give the same text."""
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    lines = [
        'lock-version = "1.0"',
        'created-by = "lineal"',
        f'requires-python = "=={minor}.*"',
        f"environments = {_value([_environment(minor)])}",
    ]
    located = [package for package in contents.locked if _located(package)]
    bare = [package for package in contents.locked if not _located(package)]
    named: list[Locked | Direct] = [*located, *(one for one in contents.direct if one.table != "directory")]
    if not named:
        lines.append("packages = []")
    for package in sorted(named, key=lambda one: one.name):
        lines += ["", "[[packages]]", *_entry(package)]
    for package in bare:
        of_files = (f"{kind}:{digits}" for file in package.files for kind, digits in file.fingerprints)
        fingerprints = [*package.fingerprints, *of_files]
        pin = {"name": package.name, "version": package.version, "hashes": sorted(set(fingerprints))}
        lines += ["", "[[tool.lineal.pins]]", *_pairs(pin)]
    for name, version in contents.pins:
        lines += ["", "[[tool.lineal.pins]]", *_pairs({"name": name, "version": version})]
    for direct in contents.direct:
        if direct.table == "directory":
            entry = {"name": direct.name, "version": direct.version, **direct.entry}
            lines += ["", "[[tool.lineal.directories]]", *_pairs(entry)]
    return "\n".join([*lines, ""])


def requirements_of(pylock: str) -> list[str]:
    """Return the lock as lines of a requirements file: exact pins with every fingerprint that is known.

    Directories are left out: what lay in them is recorded with the code. A pin without a fingerprint has none here
    either, so an installer that insists on fingerprints refuses it. ValueError for a lock with an entry that is more
    than one requirement: an option, or a line of its own.
    """
    tables = tomllib.loads(pylock)
    own = tables.get("tool", {}).get("lineal", {})
    lines = [_requirement(package) for package in tables.get("packages", [])]
    pins = [
        f"{pin['name']}=={pin['version']}" + _fingerprint_options(pin.get("hashes", [])) for pin in own.get("pins", [])
    ]
    found = sorted([*lines, *pins])
    for line in found:
        if not _REQUIREMENT.fullmatch(line):
            raise ValueError(f"{line!r} is not one requirement")
    return found


def _requirement(package: Mapping[str, object]) -> str:
    name, vcs, archive = package["name"], package.get("vcs"), package.get("archive")
    if isinstance(vcs, dict):
        return f"{name} @ {vcs['type']}+{vcs['url']}@{vcs['commit-id']}"
    if isinstance(archive, dict):
        place = archive.get("url") or f"file://{archive['path']}"
        return f"{name} @ {place}" + _fingerprint_options(_fingerprints_of(archive))
    wheels, sdist = package.get("wheels"), package.get("sdist")
    files = [*(wheels if isinstance(wheels, list) else []), *([sdist] if isinstance(sdist, dict) else [])]
    return f"{name}=={package['version']}" + _fingerprint_options(
        [each for file in files for each in _fingerprints_of(file)]
    )


def _fingerprints_of(file: Mapping[str, object]) -> list[str]:
    fingerprints = file.get("hashes")
    return [f"{kind}:{digits}" for kind, digits in fingerprints.items()] if isinstance(fingerprints, dict) else []


def _fingerprint_options(fingerprints: Sequence[str]) -> str:
    return "".join(f" --hash={each}" for each in sorted(set(fingerprints)))


def _located(package: Locked) -> bool:
    return any(file.url or file.path for file in package.files)


def _environment(minor: str) -> str:
    import platform

    return (
        f"sys_platform == '{sys.platform}' and platform_machine == '{platform.machine()}' "
        f"and python_version == '{minor}' and implementation_name == '{sys.implementation.name}'"
    )


def _entry(package: Locked | Direct) -> Iterator[str]:
    yield from _pairs({"name": package.name, "version": package.version})
    if isinstance(package, Direct):
        yield f"{package.table} = {_value(package.entry)}"
        return
    if package.requires_python is not None:
        yield f"requires-python = {_value(package.requires_python)}"
    if package.index is not None:
        yield f"index = {_value(redact(package.index))}"
    files = [file for file in package.files if file.url or file.path]
    sources = [file for file in files if not file.is_wheel]
    if sources:
        yield f"sdist = {_value(_file(sources[0]))}"
    wheels = [file for file in files if file.is_wheel]
    if wheels:
        yield f"wheels = [{', '.join(_value(_file(file)) for file in wheels)}]"


def _file(file: LockedFile) -> Mapping[str, object]:
    where = {"url": redact(file.url)} if file.url else {"path": file.path}
    size = {} if file.size is None else {"size": file.size}
    return {"name": file.name, **where, **size, "hashes": dict(file.fingerprints)}


def _pairs(entry: Mapping[str, object]) -> Iterator[str]:
    return (f"{_key(name)} = {_value(value)}" for name, value in entry.items())


def _key(name: str) -> str:
    return name if _SAFE_KEY.fullmatch(name) else _value(name)


def _value(value: object) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    # A basic string of TOML is one of JSON, but for the one control character JSON lets through.
    text = str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    return _TEXT.encode(text).replace("\x7f", "\\u007f")
