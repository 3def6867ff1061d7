"""Items 7 and 8: the script, the local modules that were loaded, and the cells of a notebook in the order they ran.

Taken at the start; at the end again, because modules load late and files are edited while a run goes on.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, unknown
from lineal.capture.fingerprints.files import of_file
from lineal.capture.secrets import has_secret, redact
from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json

INLINE = 200
"""Modules named one by one; more than these are in a list of their own, in the files."""

KEPT_SIZE = 1 << 20
"""Source files above this are named by fingerprint only."""

_SECRET = "it holds a secret: its bytes are not kept"  # noqa: S105 — a reason, not a password


def main_script() -> Path | None:
    """Return the file the interpreter was started with, or None in a notebook, a shell, `-c` or stdin."""
    name = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(os.path.abspath(name)) if isinstance(name, str) and os.path.isfile(name) else None  # noqa: PTH100, PTH113


def is_installed(path: str) -> bool:
    """Return whether a file belongs to Python or to an installed package, so the lock names it already."""
    parts = Path(path).parts
    if "site-packages" in parts or "dist-packages" in parts:
        return True
    return path.startswith(os.path.dirname(os.__file__) + os.sep)  # noqa: PTH120


def script_item(files: Files, script: Path | None, base: Path) -> Captured:
    """Keep the entry script and return its path below `base` and its fingerprint."""
    path = script or main_script()
    if path is not None:
        return _kept(files, _relative(path, base), path.read_bytes())
    code = _command_line_code()
    if code is not None:
        return _kept(files, "-c", code.encode("utf-8", "surrogateescape"))
    if notebook_shell() is not None:
        return not_applicable("the code runs in a notebook; its cells are the item `notebook`")
    return unknown("there is no script file: an interactive session, standard input or an embedded interpreter")


def modules_item(files: Files, base: Path, *, keep: bool) -> Captured:
    """Return the fingerprints of the loaded modules below `base`; `keep` stores their bytes as well."""
    found: dict[str, Json] = {}
    withheld = 0
    for name in sorted(set(_local_modules(base))):
        path = base / name
        try:
            found[name] = of_file(path).fingerprint
            if keep:
                withheld += _kept(files, name, path.read_bytes()).reason is not None
        except (OSError, LinealError) as error:
            found[name] = f"unknown: {redact(str(error))}"
    reason = f"{withheld} of them are not kept: a secret in them, or too large" if withheld else None
    return captured(_described(files, found), reason)


def modules_at_end(files: Files, start: Captured, base: Path, *, keep: bool) -> Captured:
    """Return the modules of start and end together; one that was edited keeps its first fingerprint and is named."""
    end = modules_item(files, base, keep=keep)
    if start.status != "captured":
        return replace(end, reason=f"as it is at the end; at the start: {start.reason}")
    before = start.value.get("files") if isinstance(start.value, Mapping) else None
    after = end.value.get("files") if isinstance(end.value, Mapping) else None
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return start
    changed = sorted(name for name in before if name in after and before[name] != after[name])
    value = {**_described(files, {**after, **before}), "changed_during_run": changed}
    return captured(value, f"edited during the run: {', '.join(changed)}" if changed else end.reason)


def notebook_item(files: Files) -> Captured:
    """Keep the cells run so far, in order, as executed."""
    shell = notebook_shell()
    if shell is None:
        return not_applicable("the code does not run in a notebook")
    cells = getattr(shell, "user_ns", {}).get("In")
    if not isinstance(cells, list):
        return unknown("the notebook keeps no list of its cells")
    texts = [redact(str(cell)) for cell in cells[1:]]
    content = json.dumps(texts, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return captured({"fingerprint": files.put_bytes(content), "cells": len(texts)})


def notebook_shell() -> object | None:
    """Return IPython's shell if this process runs inside one; IPython is not imported to find out."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_shell() if callable(get_shell) else None


def _local_modules(base: Path) -> Iterator[str]:
    prefix = str(base) + os.sep
    for name, module in list(sys.modules.items()):
        # Lineal itself is in the lock, or in its own repository's commit.
        if name == "lineal" or name.startswith("lineal."):
            continue
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and path.startswith(prefix) and not is_installed(path):
            yield path[len(prefix) :]


def _kept(files: Files, name: str, data: bytes) -> Captured:
    value: dict[str, Json] = {"path": name, "bytes": len(data)}
    if has_secret(data):
        return captured({**value, "fingerprint": of_bytes(data), "stored": False}, _SECRET)
    if len(data) > KEPT_SIZE:
        return captured({**value, "fingerprint": of_bytes(data), "stored": False}, "it is too large to be kept")
    return captured({**value, "fingerprint": files.put_bytes(data), "stored": True})


def _described(files: Files, found: Mapping[str, Json]) -> dict[str, Json]:
    if len(found) <= INLINE:
        return {"count": len(found), "files": found}
    listed = json.dumps(found, ensure_ascii=False, sort_keys=True).encode("utf-8", "backslashreplace")
    return {"count": len(found), "fingerprint": files.put_bytes(listed)}


def _command_line_code() -> str | None:
    words = sys.orig_argv
    return words[words.index("-c") + 1] if "-c" in words[:-1] and sys.argv[:1] == ["-c"] else None


def _relative(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)
