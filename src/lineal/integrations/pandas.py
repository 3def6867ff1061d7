"""pandas: each `read_…` of a file or URL is one observed input, each `to_…` to one an observed output."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType

from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Written

GROUP = "data"
"""Readers and writers of data call each other; the outermost one is told."""

_READ = "csv table fwf json parquet feather orc excel pickle hdf stata sas spss xml html"
_WRITTEN = "csv json parquet feather orc excel pickle hdf stata xml html latex"
_PLACES = ("filepath_or_buffer", "path", "path_or_buf", "path_or_buffer", "io", "excel_writer", "buf")


def install(pandas: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook the readers and the writers of frames and series."""
    for name in (f"read_{kind}" for kind in _READ.split()):
        patches.patch_function("pandas", getattr(pandas, name, None), after(_told_read(listener, name), group=GROUP))
    for owner, name in sorted(_writers(pandas), key=str):
        patches.patch(owner, name, after(_told_write(listener, name), group=GROUP))


def place_of(thing: object) -> str | None:
    """Return the path or URL that a reader was given, also as an open file with a name; None for bytes in memory."""
    if isinstance(thing, str | bytes | os.PathLike):
        return os.fsdecode(thing)
    name = getattr(thing, "name", None)
    return name if isinstance(name, str) else None


def _writers(pandas: ModuleType) -> set[tuple[type, str]]:
    """Return the writers with the class that has them: some are defined once for frames and series."""
    found: set[tuple[type, str]] = set()
    for owner in (pandas.DataFrame, pandas.Series):
        for name in (f"to_{kind}" for kind in _WRITTEN.split()):
            holder = next((cls for cls in owner.__mro__ if name in vars(cls)), None)
            if holder is not None:
                found.add((holder, name))
    return found


def _told_read(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(_place(call, 0))
        if path is not None:
            listener.read(Read(by=f"pandas.{name}", path=path, thing=call.result))

    return tell


def _told_write(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(_place(call, 1))
        if path is not None:
            listener.wrote(Written(by=f"pandas.{name}", path=path, thing=call.args[0]))

    return tell


def _place(call: Call, position: int) -> object:
    if position < len(call.args):
        return call.args[position]
    return next((call.kwargs[name] for name in _PLACES if name in call.kwargs), None)
