"""Answers that stay true while an environment stays as it is, kept beside the files from one run to the next.

Only a saving: what cannot be read or written is found out again, and the directory may be removed at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from lineal.files import Files
from lineal.model.values import Json

DIRECTORY = "remembered"


class Remembered:
    """The answers about the environment we run in: one small file, read once, written by `save`."""

    def __init__(self, files: Files) -> None:
        name = hashlib.sha256(f"{sys.prefix}\n{sys.version}".encode("utf-8", "backslashreplace")).hexdigest()
        self._path = files.root / DIRECTORY / f"{name[:16]}.json"
        self._known = _read(self._path)
        self._changed = False

    def recall(self, name: str, stamp: object, find: Callable[[], Json]) -> Json:
        """Return what `find` found under the same stamp before, else what it finds now. The stamp's text counts."""
        key = hashlib.sha256(repr(stamp).encode("utf-8", "backslashreplace")).hexdigest()
        known = self._known.get(name)
        if isinstance(known, Mapping) and known.get("stamp") == key:
            return known.get("answer")
        value = find()
        self._known[name] = {"stamp": key, "answer": value}
        self._changed = True
        return value

    def save(self) -> None:
        """Keep what was found since."""
        if not self._changed:
            return
        part = self._path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(self._known), encoding="utf-8")
            part.replace(self._path)
            self._changed = False
        except OSError:
            return  # it is found out again next time


def _read(path: Path) -> dict[str, Json]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}  # never found out, or half of it is gone
    return known if isinstance(known, dict) else {}
