"""Item 7: the script and the local modules that were loaded; which code is the user's own.

Taken at the start; at the end again, because modules load late and files are edited while a run goes on.
"""

from __future__ import annotations

import itertools
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import cast

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

_STARTED_IN = os.path.abspath("")  # noqa: PTH100

_SECRET = "it holds a secret: its bytes are not kept"  # noqa: S105 — a reason, not a password
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120
_INSTALLED = tuple(os.sep + name + os.sep for name in ("site-packages", "dist-packages"))
_STANDARD = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120
_MOST_TEXTS = 200


def main_script() -> Path | None:
    """Return the file the interpreter was started with, or None in a notebook, a shell, `-c` or stdin."""
    main = sys.modules.get("__main__")
    name = getattr(main, "__file__", None)
    is_over = name is None and getattr(main, "__spec__", None) is None and notebook_shell() is None
    if is_over and sys.argv[:1] not in ([], [""], ["-c"]):
        name = os.path.join(_STARTED_IN, sys.argv[0])  # noqa: PTH118  a script that is over has no __file__ any more
    if isinstance(name, str) and not os.path.isfile(name):  # noqa: PTH113
        name = os.path.dirname(name)  # noqa: PTH120  the archive, of `app.pyz/__main__.py`
    return Path(os.path.abspath(name)) if isinstance(name, str) and os.path.isfile(name) else None  # noqa: PTH100, PTH113


def is_installed(path: str) -> bool:
    """Return whether a file belongs to Python or to an installed package, so the lock names it already."""
    return any(place in path for place in _INSTALLED) or path.startswith(_STANDARD)


@lru_cache(maxsize=4096)
def is_own_code(file: str) -> bool:
    """Return whether code from `file` is the user's own: no package's, not Python's, not ours.

    Text given to the interpreter (`-c`, standard input, a notebook's cell) is.
    """
    if file.startswith("<"):
        return not file.startswith(("<frozen", "<__array_function__", "<attrs", "<decorator"))
    return not is_ours(file) and not file.endswith(".pyx") and not is_installed(file)


def is_ours(file: str) -> bool:
    """Return whether code from `file` is Lineal's."""
    return file.startswith(_OURS)


def own_modules() -> Iterator[tuple[str, ModuleType]]:
    """Yield the program's own modules that are loaded, by name; `__main__` is one of them wherever it lies."""
    # Asked twenty times a run, of thousands of modules: looked through again once another one was imported.
    for name in _own_names(len(sys.modules), next(reversed(sys.modules), "")):
        module = sys.modules.get(name)
        if module is not None:
            yield name, module


@lru_cache(maxsize=4)
def _own_names(_number: int, _last: str) -> tuple[str, ...]:
    names: list[str] = []
    for name, module in loaded_modules():
        path = file_of(module)
        if name == "__main__" or (path is not None and is_own_code(path)):
            names.append(name)
    return tuple(names)


def loaded_modules() -> Iterator[tuple[str, ModuleType]]:
    """Yield the modules that are loaded, by name."""
    loaded: list[tuple[str, object]] = list(sys.modules.items())  # anything may lie in there
    for name, module in loaded:
        if issubclass(type(module), ModuleType):
            yield name, cast("ModuleType", module)


def file_of(module: ModuleType) -> str | None:
    """Return the file of a module, without asking a lazy one, which would load what it stands for."""
    path = module.__dict__.get("__file__")
    return path if isinstance(path, str) else None


def own_sources() -> Iterator[str]:
    """Yield the texts of the program's own code: files, what was given with `-c`, cells of a notebook."""
    code, given = _command_line_code(), _standard_input()
    if code is not None:
        yield code
    if given is not None:
        yield given.decode("utf-8", "replace")
    cells = getattr(notebook_shell(), "user_ns", {}).get("In")
    yield from (str(cell) for cell in (cells[-_MOST_TEXTS:] if isinstance(cells, list) else ()))
    script = main_script()
    paths = [file_of(module) for _, module in itertools.islice(own_modules(), _MOST_TEXTS)]
    for path in dict.fromkeys([None if script is None else str(script), *paths]):
        try:
            if path is not None and path.endswith((".py", ".pyw")) and os.path.getsize(path) <= KEPT_SIZE:  # noqa: PTH202
                yield Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # an archive, or a file that is gone


def script_item(files: Files, script: Path | None, base: Path) -> Captured:
    """Keep the entry script and return its path below `base` and its fingerprint."""
    path = script or main_script()
    if path is not None:
        return _kept(files, _relative(path, base), path.read_bytes())
    code = _command_line_code()
    if code is not None:
        return _kept(files, "-c", code.encode("utf-8", "surrogateescape"))
    given = _standard_input()
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
    value = _described(files, found)
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


def notebook_shell() -> object | None:
    """Return IPython's shell if this process runs inside one; IPython is not imported to find out."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_shell() if callable(get_shell) else None


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
    """Keep the loaded modules that lie outside `base` and in no package, in one file: a repository elsewhere may move.

    The file is JSON, module name → path and text; what holds a secret or is too large is named and left out of it.
    """
    prefix = str(base) + os.sep
    named: dict[str, Json] = {}
    texts: dict[str, Json] = {}
    for name, module in itertools.islice(own_modules(), _MOST_TEXTS):
        path = file_of(module)
        if name == "__main__" or path is None or path.startswith(prefix) or not path.endswith(".py"):
            continue
        try:
            data = Path(path).read_bytes()
        except OSError:
            continue  # it was loaded and is gone: nobody can tell what it was
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


def _command_line_code() -> str | None:
    words = sys.orig_argv
    return words[words.index("-c") + 1] if "-c" in words[:-1] and sys.argv[:1] == ["-c"] else None


def _relative(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)


def _standard_input() -> bytes | None:
    """Return the program where it is a file given as standard input (`python < train.py`), read without moving on."""
    words = [word for word in sys.orig_argv[1:] if word == "-" or not word.startswith("-")]
    is_python = "python" in os.path.basename(sys.orig_argv[0] if sys.orig_argv else "")  # noqa: PTH119
    if not is_python or words[:1] not in ([], ["-"]) or not hasattr(os, "pread"):
        return None
    try:
        about = os.fstat(0)
        return os.pread(0, about.st_size, 0) if stat.S_ISREG(about.st_mode) and about.st_size <= KEPT_SIZE else None
    except OSError:
        return None  # closed
