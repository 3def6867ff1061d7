"""Locks: the packages of an environment, read out of the text of its lock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from lineal.errors import LinealError
from lineal.lineage.capture_record import Item
from lineal.model.values import Json


class ReadsFiles(Protocol):
    """Gives the bytes stored under a fingerprint."""

    def get(self, fingerprint: str) -> bytes:
        """Return the bytes, or raise NotFound or FileCorrupt."""


def packages_of(lock: Item, files: ReadsFiles | None) -> dict[str, Json] | None:
    """Return package → version of a captured environment, or None where its lock cannot be read."""
    value = lock.value if isinstance(lock.value, Mapping) else {}
    fingerprint = value.get("fingerprint")
    if files is None or not isinstance(fingerprint, str):
        return None
    try:
        text = files.get(fingerprint).decode("utf-8")
    except (LinealError, OSError, UnicodeDecodeError):
        return None
    return parse_lock(text)


def parse_lock(text: str) -> dict[str, Json] | None:
    """Return package → version of a `pylock.toml`, a `uv.lock` or a list of `name==version`; None if it is neither."""
    found = _from_toml(text)
    if found is not None:
        return found
    pins = [pin for pin in map(_PIN.match, text.splitlines()) if pin]
    return {_plain(pin[1]): pin[2] for pin in pins} or None


def _from_toml(text: str) -> dict[str, Json] | None:
    import tomllib  # only a diff of environments needs it

    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    listed = tables.get("packages", tables.get("package"))
    if not isinstance(listed, list):
        return None
    # What PEP 751 has no place for stands under `tool.lineal` in a lock of ours: pins and directories.
    own = tables.get("tool", {}).get("lineal", {})
    everything = [*listed, *own.get("pins", []), *own.get("directories", [])]
    named = [entry for entry in everything if isinstance(entry, dict) and "name" in entry]
    return {_plain(str(entry["name"])): str(entry.get("version", "")) for entry in named}


def _plain(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()


_PIN = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*===?\s*([^\s;#\\]+)")
_SEPARATORS = re.compile(r"[-_.]+")
