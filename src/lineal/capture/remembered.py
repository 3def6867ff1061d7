"""Answers that stay true while an environment stays as it is, kept in the user's cache from one run to the next.

Each stands beside the stamp of what it was found in: names, versions, times, sizes and places of the packages' files.
Only a saving: what cannot be read or written is found out again, and the directory may be removed at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from lineal.capture.cache_directory import cache_directory, is_ours
from lineal.model.values import Json

DIRECTORY = "remembered"

MOST = 64
"""Environments that are remembered; those that were met longest ago are forgotten."""


class Remembered:
    """The answers about the environment we run in: one small file, read once, written by `save`.

    `root` is another place than the user's cache: for answers that are true within one workspace only.
    """

    def __init__(self, root: Path | None = None) -> None:
        name = hashlib.sha256(f"{sys.prefix}\n{sys.version}".encode("utf-8", "backslashreplace")).hexdigest()
        self._path: Path | None = None
        with suppress(RuntimeError):  # there is no home directory
            self._path = (root or cache_directory()) / DIRECTORY / f"{name[:16]}.json"
        self._known = _read(self._path)
        self._changed = False
        self._saved_at = time.monotonic()

    def recall(self, name: str, stamp: object, find: Callable[[], Json]) -> Json:
        """Return what `find` found under the same stamp before, else what it finds now. The stamp's text counts."""
        if self._is_known(name, stamp):
            return self.known(name, stamp)
        value = find()
        self.put(name, stamp, value)
        return value

    def known(self, name: str, stamp: object) -> Json:
        """Return what was found under the same stamp before, None for nothing."""
        known = self._known.get(name)
        return known.get("answer") if self._is_known(name, stamp) and isinstance(known, Mapping) else None

    def put(self, name: str, stamp: object, answer: Json) -> None:
        """Note what was found under this stamp."""
        self._known[name] = {"stamp": _key(stamp), "answer": answer}
        self._changed = True

    def _is_known(self, name: str, stamp: object) -> bool:
        known = self._known.get(name)
        return isinstance(known, Mapping) and known.get("stamp") == _key(stamp)

    def save(self, *, least_s: float = 0.0) -> None:
        """Keep what was found since; with `least_s` only where that took so long that it is worth it already."""
        if time.monotonic() - self._saved_at < least_s:
            return
        self._saved_at = time.monotonic()
        if not self._changed or self._path is None:
            return
        part = self._path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            is_new = not self._path.exists()
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.touch(mode=0o600)
            part.write_text(json.dumps(self._known), encoding="utf-8")
            part.replace(self._path)
            self._changed = False
            if is_new:
                _forget_oldest(self._path.parent)
        except OSError:
            return  # it is found out again next time


def _key(stamp: object) -> str:
    return hashlib.sha256(repr(stamp).encode("utf-8", "backslashreplace")).hexdigest()


def _forget_oldest(directory: Path) -> None:
    kept = sorted(directory.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in kept[:-MOST]:
        path.unlink(missing_ok=True)


def _read(path: Path | None) -> dict[str, Json]:
    try:
        if path is None or not is_ours(path.stat()):
            return {}
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}  # never found out, or half of it is gone
    return known if isinstance(known, dict) else {}
