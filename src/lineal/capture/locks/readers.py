"""Reads the locks of other tools: uv.lock, pylock.toml, poetry.lock, pdm.lock, Pipfile.lock, hashed requirements.

What is not understood is left out; a file that cannot be read at all raises ValueError.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence

from lineal.capture.locks.locked import Locked, LockedFile, name_in

_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*===?\s*([^\s;\\]+)")
_HASH = re.compile(r"--hash[= ](\w+:[0-9a-fA-F]+)")


def read_lock(name: str, text: str) -> list[Locked]:
    """Return the packages of a lock, its format known by the file's name."""
    if name.endswith(".txt"):
        return list(_requirements(text))
    if name == "Pipfile.lock":
        return list(_pipfile(json.loads(text)))
    tables = tomllib.loads(text)
    if name.startswith("pylock"):
        return [_pylock(entry) for entry in _tables(tables.get("packages"))]
    if name == "uv.lock":
        return [_uv(entry) for entry in _tables(tables.get("package")) if "version" in entry]
    old = tables.get("metadata", {}).get("files", {})  # poetry before 1.5 and pdm before 2.8 list files at the end
    return [_poetry(entry, old if isinstance(old, dict) else {}) for entry in _tables(tables.get("package"))]


def _uv(entry: Mapping[str, object]) -> Locked:
    source = entry.get("source")
    registry = source.get("registry") if isinstance(source, dict) else None
    index = str(registry) if registry is not None else None
    base = None if index is None or "://" in index else index
    files = (*_tables(entry.get("wheels")), *_tables([entry.get("sdist")]))
    return Locked(
        str(entry["name"]),
        str(entry["version"]),
        index,
        tuple(_uv_file(file, base) for file in files if "hash" in file),
    )


def _uv_file(file: Mapping[str, object], base: str | None) -> LockedFile:
    url, path = file.get("url"), file.get("path")
    where = str(url or path or file.get("filename") or "")
    below = f"{base}/{path}" if base and path else path
    return LockedFile(
        name_in(where),
        str(url) if url else None,
        str(below) if below else None,
        _size(file.get("size")),
        _split([str(file["hash"])]),
    )


def _pylock(entry: Mapping[str, object]) -> Locked:
    files = (*_tables(entry.get("wheels")), *_tables([entry.get("sdist")]))
    index = entry.get("index")
    return Locked(
        str(entry.get("name", "")),
        str(entry.get("version", "")),
        str(index) if index else None,
        tuple(_pylock_file(file) for file in files),
    )


def _pylock_file(file: Mapping[str, object]) -> LockedFile:
    url, path, fingerprints = file.get("url"), file.get("path"), file.get("hashes")
    known = fingerprints if isinstance(fingerprints, dict) else {}
    return LockedFile(
        str(file.get("name") or name_in(str(url or path or ""))),
        str(url) if url else None,
        str(path) if path else None,
        _size(file.get("size")),
        tuple((str(kind), str(digits)) for kind, digits in known.items()),
    )


def _poetry(entry: Mapping[str, object], old: Mapping[str, object]) -> Locked:
    name, version = str(entry.get("name", "")), str(entry.get("version", ""))
    listed = _tables(entry.get("files") or old.get(name) or old.get(f"{name} {version}"))
    files: list[LockedFile] = []
    for file in listed:
        if "hash" in file:
            url = str(file["url"]) if file.get("url") else None
            named = str(file.get("file") or name_in(url or ""))
            files.append(LockedFile(named, url, None, None, _split([str(file["hash"])])))
    return Locked(name, version, None, tuple(files))


def _pipfile(tables: object) -> Iterator[Locked]:
    groups = tables if isinstance(tables, dict) else {}
    for group in ("default", "develop"):
        for name, entry in (groups.get(group) or {}).items():
            version = str(entry.get("version", ""))
            if version.startswith("=="):
                yield Locked(name, version.lstrip("="), None, (), tuple(map(str, entry.get("hashes", ()))))


def _requirements(text: str) -> Iterator[Locked]:
    for line in text.replace("\\\n", " ").replace("\\\r\n", " ").splitlines():
        found, fingerprints = _REQUIREMENT.match(line.strip()), _HASH.findall(line)
        if found and fingerprints:
            yield Locked(found[1], found[2], None, (), tuple(fingerprints))


def _tables(value: object) -> Sequence[Mapping[str, object]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else ()


def _split(fingerprints: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, digits) for kind, _, digits in (each.partition(":") for each in fingerprints))


def _size(value: object) -> int | None:
    return value if isinstance(value, int) else None
