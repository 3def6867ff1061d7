"""The program: the file it was started with, which of the loaded code is its own, and the texts of that code.

Asked by everything here that looks at the user's code. Nothing is imported or loaded to find out.
"""

from __future__ import annotations

import itertools
import os
import stat
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import cast

KEPT_SIZE = 1 << 20
"""Source files above this are named by fingerprint only."""

MOST_MODULES = 200
"""So many of the program's own modules are looked into."""

_STARTED_IN = os.path.abspath("")  # noqa: PTH100
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120
_INSTALLED = tuple(os.sep + name + os.sep for name in ("site-packages", "dist-packages"))
_STANDARD = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120


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


@lru_cache(maxsize=1 << 14)
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
    if isinstance(path, str) and f"{os.sep}..{os.sep}" in path:
        return os.path.abspath(path)  # noqa: PTH100  found by way of `sys.path.append("../src")`
    return path if isinstance(path, str) else None


def own_sources() -> Iterator[str]:
    """Yield the texts of the program's own code: files, what was given with `-c`, cells of a notebook."""
    code, given = command_line_code(), standard_input()
    if code is not None:
        yield code
    if given is not None:
        yield given.decode("utf-8", "replace")
    cells = getattr(notebook_shell(), "user_ns", {}).get("In")
    yield from (str(cell) for cell in (cells[-MOST_MODULES:] if isinstance(cells, list) else ()))
    script = main_script()
    paths = [file_of(module) for _, module in itertools.islice(own_modules(), MOST_MODULES)]
    for path in dict.fromkeys([None if script is None else str(script), *paths]):
        try:
            if path is not None and path.endswith((".py", ".pyw")) and os.path.getsize(path) <= KEPT_SIZE:  # noqa: PTH202
                yield Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # an archive, or a file that is gone


def notebook_shell() -> object | None:
    """Return IPython's shell if this process runs inside one; IPython is not imported to find out."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_shell() if callable(get_shell) else None


def command_line_code() -> str | None:
    """Return the program where it was given with `-c`."""
    words = sys.orig_argv
    return words[words.index("-c") + 1] if "-c" in words[:-1] and sys.argv[:1] == ["-c"] else None


def standard_input() -> bytes | None:
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
