"""Item 7: the script and the local modules that were loaded.

Taken at the start; at the end again, because modules load late and files are edited while a run goes on.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lineal.capture.captured import Captured, captured, not_applicable, unknown
from lineal.capture.fingerprints.files import of_file
from lineal.capture.program import (
    KEPT_SIZE,
    MOST_MODULES,
    command_line_code,
    file_of,
    is_installed,
    loaded_modules,
    main_script,
    notebook_shell,
    own_modules,
    standard_input,
)
from lineal.capture.secrets import has_secret, redact
from lineal.errors import LinealError
from lineal.files import Files
from lineal.model.fingerprint import of_bytes
from lineal.model.values import Json

INLINE = 200
"""Modules named one by one; more than these are in a list of their own, in the files."""

_SECRET = "it holds a secret: its bytes are not kept"  # noqa: S105 — a reason, not a password


def script_item(files: Files, script: Path | None, base: Path) -> Captured:
    """Keep the entry script and return its path below `base` and its fingerprint."""
    path = script or main_script()
    if path is not None:
        kept = _kept(files, _relative(path, base), path.read_bytes())
        about = kept.value if isinstance(kept.value, Mapping) else {}
        return replace(kept, value={**about, "executable": True}) if os.access(path, os.X_OK) else kept
    code = command_line_code()
    if code is not None:
        return _kept(files, "-c", code.encode("utf-8", "surrogateescape"))
    given = standard_input()
    if given is not None:
        return _kept(files, "-", given)
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
    elsewhere = _elsewhere(files, base)
    value = {**_described(files, found), **_executable(found, base)}
    return captured({**value, "elsewhere": elsewhere} if elsewhere else value, reason)


def modules_at_end(files: Files, start: Captured, base: Path, *, keep: bool) -> Captured:
    """Return the modules of start and end together; one that was edited keeps its first fingerprint and is named."""
    end = modules_item(files, base, keep=keep)
    if start.status != "captured":
        return replace(end, reason=f"as it is at the end; at the start: {start.reason}")
    before = start.value.get("files") if isinstance(start.value, Mapping) else None
    after = end.value.get("files") if isinstance(end.value, Mapping) else None
    if not isinstance(before, Mapping) or not isinstance(after, Mapping) or not isinstance(end.value, Mapping):
        return start
    changed = sorted(name for name in before if name in after and before[name] != after[name])
    value = {**end.value, **_described(files, {**after, **before}), "changed_during_run": changed}
    return captured(value, f"edited during the run: {', '.join(changed)}" if changed else end.reason)


def with_script(modules: Captured, script: Captured | None) -> Captured:
    """Return the modules with the fingerprint the script had when it was recorded: it may be edited since."""
    about = script.value if script is not None and isinstance(script.value, Mapping) else {}
    named = modules.value.get("files") if isinstance(modules.value, Mapping) else None
    path = about.get("path")
    if not isinstance(named, Mapping) or not isinstance(path, str) or path not in named:
        return modules
    assert isinstance(modules.value, Mapping)
    return replace(modules, value={**modules.value, "files": {**named, path: about.get("fingerprint")}})


def with_packages(modules: Captured, packages: Sequence[str]) -> Captured:
    """Return the modules with the names of the installed packages that were loaded: another one changes no result."""
    if not packages or not isinstance(modules.value, Mapping):
        return modules
    return replace(modules, value={**modules.value, "packages": list(packages)})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file of code that another process loaded, the name it is imported under if known, when it was written last."""

    path: str
    name: str | None
    written_at: int


def with_more_modules(
    files: Files, modules: Captured, loaded: Sequence[Loaded], packages: Collection[str], base: Path
) -> Captured:
    """Return the modules with what other processes of the run loaded, as it is now, and the packages they loaded."""
    known = modules.value if isinstance(modules.value, Mapping) else {}
    value = dict(known)
    named = _named(files, known)
    elsewhere: dict[str, str] = {}
    edited: list[str] = []
    withheld = 0
    for one in loaded:
        path = Path(one.path)
        if path.is_relative_to(base):
            name = path.relative_to(base).as_posix()
            if name not in named and path.is_file():
                edited += [name] if path.stat().st_mtime_ns != one.written_at else []
                kept = _kept(files, name, path.read_bytes())
                named[name] = kept.value.get("fingerprint") if isinstance(kept.value, Mapping) else None
                withheld += kept.reason is not None
        elif one.name is not None and one.path.endswith(".py"):
            elsewhere[one.name] = one.path
    value.pop("fingerprint", None)
    value |= {**_described(files, named), **_executable(named, base)}
    outside = _texts_elsewhere(files, elsewhere, known.get("elsewhere"))
    if outside:
        value["elsewhere"] = outside
    before = known.get("packages")
    every = {*packages, *(map(str, before) if isinstance(before, list | tuple) else ())}
    if every:
        value["packages"] = sorted(every)
    reasons = [modules.reason] if modules.reason else []
    if withheld:
        reasons.append(f"{withheld} of other processes are not kept: a secret in them, or too large")
    if edited:
        reasons.append(f"edited during the run: {', '.join(edited)}")
        changed = known.get("changed_during_run")
        earlier = map(str, changed) if isinstance(changed, list | tuple) else ()
        value["changed_during_run"] = sorted({*edited, *earlier})
    return replace(modules, value=value, reason="; ".join(reasons) or None)


def _named(files: Files, value: Mapping[str, Json]) -> dict[str, Json]:
    """Return the modules by path, also where they are in a list of their own."""
    listed = value.get("files")
    if isinstance(listed, Mapping):
        return dict(listed)
    fingerprint = value.get("fingerprint")
    return dict(json.loads(files.get(fingerprint))) if isinstance(fingerprint, str) else {}


def _local_modules(base: Path) -> Iterator[str]:
    prefix = str(base) + os.sep
    for name, module in loaded_modules():
        # Lineal itself is in the lock, or in its own repository's commit.
        if name == "lineal" or name.startswith("lineal."):
            continue
        path = str(main_script()) if name == "__main__" else file_of(module)
        if path is not None and path.startswith(prefix) and not is_installed(path):
            yield path[len(prefix) :]


def _elsewhere(files: Files, base: Path) -> dict[str, Json]:
    """Keep the loaded modules that lie outside `base` and in no package."""
    prefix = str(base) + os.sep
    found: dict[str, str] = {}
    for name, module in itertools.islice(own_modules(), MOST_MODULES):
        path = file_of(module)
        if name != "__main__" and path is not None and not path.startswith(prefix) and path.endswith(".py"):
            found[name] = path
    return _texts_elsewhere(files, found, None)


def _texts_elsewhere(files: Files, found: Mapping[str, str], before: Json) -> dict[str, Json]:
    """Keep modules by name and path in one file, with those of `before`: a repository elsewhere may move.

    The file is JSON, module name → path and text; what holds a secret or is too large is named and left out of it.
    """
    kept = before if isinstance(before, Mapping) else {}
    known, fingerprint = kept.get("modules"), kept.get("fingerprint")
    named: dict[str, Json] = dict(known) if isinstance(known, Mapping) else {}
    texts: dict[str, Json] = json.loads(files.get(fingerprint)) if isinstance(fingerprint, str) else {}
    for name, path in found.items():
        try:
            data = Path(path).read_bytes()
        except OSError:
            continue  # it was loaded and is gone: nobody can tell what it was
        if name in named:
            continue
        named[name] = {"path": path, "fingerprint": of_bytes(data)}
        if len(data) <= KEPT_SIZE and not has_secret(data):
            texts[name] = {"path": path, "text": data.decode("utf-8", "surrogateescape")}
    if not named:
        return {}
    return {"fingerprint": files.put_bytes(json.dumps(texts, sort_keys=True).encode()), "modules": named}


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


def _executable(found: Collection[str], base: Path) -> dict[str, Json]:
    """Return which modules can be started by their own name: one may start another so."""
    names: list[Json] = [name for name in sorted(found) if os.access(base / name, os.X_OK)]
    return {"executable": names} if names else {}


def _relative(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)
