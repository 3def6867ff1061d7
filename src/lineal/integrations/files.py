"""Files that the program opens, by an audit hook: what a plain script reads and writes without any library we know.

Python tells of every `open` before it happens. Such a hook can never be taken out, so it is put in once and rests while
nobody listens. It must not raise: that would refuse the open.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Protocol

from lineal.capture.reached import OUTSIDE, hear, hear_made
from lineal.capture.widening import note_name
from lineal.integrations.hooks import Undo, telling
from lineal.integrations.loading import hear_code
from lineal.integrations.named import is_named, opens_itself
from lineal.integrations.own import OwnFiles
from lineal.integrations.reaching import EVENTS, PLACES, hear_event, hear_open
from lineal.integrations.started import STARTS, hear_started

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120
_STANDARD = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120
_INSTALLED = f"{os.sep}site-packages{os.sep}"
_EVENTS = frozenset(
    {"open", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect", "os.listdir", "os.scandir", *EVENTS, *STARTS}
)
_LOOKING_FOR_MODULES = ("<frozen importlib", f"{_STANDARD}importlib{os.sep}", f"{_STANDARD}pkgutil.py")
_READERS = frozenset(
    [
        "dask",
        "datasets",
        "fsspec",
        "keras",
        "lightning",
        "pandas",
        "polars",
        "pyarrow",
        "pytorch_lightning",
        "skimage",
        "sklearn",
        "tensorflow",
        "torch",
        "torchaudio",
        "torchvision",
        "transformers",
    ]
)
"""Packages that list directories of the user's data for the user."""
_MOST_FRAMES = 12


class FileListener(Protocol):
    """Hears of files, by absolute path, before it happens. May be called from any thread."""

    def opened(self, path: str, *, reads: bool, writes: bool, keeps: bool = False) -> bool:
        """Hear that a file is about to be opened; `keeps` is written after what is in it, which is not read.

        True says that the next time it is read need not be told, until `tell_again`.
        """

    def connected(self, path: str, *, is_new: bool) -> bool:
        """Hear that a database in a file is about to be opened; what is done with it is not told."""

    def listed(self, directory: str) -> None:
        """Hear that the names in a directory of the project are about to be asked for; told once of each."""

    def named(self, path: str) -> None:
        """Hear that another program is about to be started, whose words name this file."""

    def renamed(self, source: str, target: str) -> None:
        """Hear that a file gets another name."""

    def removed(self, path: str) -> None:
        """Hear that a file is removed."""


class _Watch:
    """What the one audit hook of this process does: nothing without a listener."""

    def __init__(self) -> None:
        self.listener: FileListener | None = None
        self.own = OwnFiles()
        self.is_hooked = False
        self.told: set[str] = set()
        self.told_listed: set[str] = set()

    def hear(self, event: str, args: tuple[object, ...]) -> None:
        listener = self.listener
        if listener is None or event not in _EVENTS:
            return
        with telling("the hook on files"):
            if event in EVENTS:
                hear_event(event, args)
            elif event in STARTS:
                self._started(listener, event, args)
            elif event == "open":
                self._opened(listener, args)
            elif event == "sqlite3.connect":
                self._connected(listener, args[0])
            elif event in ("os.listdir", "os.scandir"):
                self._listed(listener, args[0])
            elif event == "os.mkdir":
                self._made(args[0])
            elif event == "os.remove":
                self._removed(listener, args[0])
            else:
                self._renamed(listener, args[0], args[1])

    def _opened(self, listener: FileListener, args: tuple[object, ...]) -> None:
        hear_code(args[0], sys._getframe(1).f_back)  # noqa: SLF001  whoever opens it
        reads, writes, keeps = _access(args[1], args[2])
        note_name(args[0], self.own.base)
        path = self._path(args[0])
        if path is None:
            self._reached(args[0], writes=writes)
        if path is None or not (reads or writes) or (path in self.told and not writes):
            return
        if not _is_file(path, or_new=writes) or _is_our_doing():
            return
        if listener.opened(path, reads=reads, writes=writes, keeps=keeps):
            self.told.add(path)

    def _started(self, listener: FileListener, event: str, args: tuple[object, ...]) -> None:
        for path in hear_started(event, args, self.own.base):
            if self.own.is_own(path):
                listener.named(path)

    def _reached(self, name: object, *, writes: bool) -> None:
        """Hear of what is no data of the program, and that a rebuild may not have: a person, a file elsewhere."""
        if name == 0 or (isinstance(name, str) and name.startswith(PLACES)):
            hear_open(name, writes=writes)
        elif writes:
            path = _absolute(name)
            if path is not None and self.own.is_hidden_elsewhere(path) and opens_itself():
                hear(OUTSIDE, path)

    def _connected(self, listener: FileListener, database: object) -> None:
        path = self._path(database)
        if path is not None and _is_file(path, or_new=True) and not _is_our_doing():
            listener.connected(path, is_new=not _is_file(path, or_new=False))

    def _listed(self, listener: FileListener, name: object) -> None:
        note_name(name, self.own.base)
        path = _absolute("." if name is None else name)
        if path is None or path in self.told_listed or not self.own.is_project(path):
            return
        if _is_listed_for_data():
            self.told_listed.add(path)
            listener.listed(path)

    def _made(self, name: object) -> None:
        path = _absolute(name)
        if path is not None and self.own.is_data(path):
            hear_made(path, self.own.base)

    def _removed(self, listener: FileListener, name: object) -> None:
        path = self._path(name)
        if path is not None and not _is_our_doing():
            self.told.discard(path)
            listener.removed(path)

    def _renamed(self, listener: FileListener, name: object, other: object) -> None:
        source, target = _absolute(name), self._path(other)
        if source is not None and target is not None and not _is_our_doing():
            self.told.clear()
            listener.renamed(source, target)

    def _path(self, name: object) -> str | None:
        path = _absolute(name)
        return path if path is not None and (self.own.is_own(path) or self._is_named(path)) else None

    def _is_named(self, path: str) -> bool:
        return is_named(path) and self.own.is_data(path)


_WATCH = _Watch()


def watch_files(listener: FileListener, own: OwnFiles) -> Undo:
    """Tell this listener of the user's own files from now on, instead of the one before; the undo ends it."""
    _WATCH.own = own
    tell_again()
    _WATCH.listener = listener
    if not _WATCH.is_hooked:
        _WATCH.is_hooked = True
        sys.addaudithook(_WATCH.hear)

    def undo() -> None:
        if _WATCH.listener is listener:
            _WATCH.listener = None

    return undo


def tell_again() -> None:
    """Tell of files anew that were told before: what is read from now on is another run's."""
    _WATCH.told.clear()
    _WATCH.told_listed.clear()


def _absolute(name: object) -> str | None:
    """Return the absolute path; None for a file descriptor, and for `:memory:` and URIs of SQLite."""
    if not isinstance(name, str | bytes | os.PathLike):
        return None
    path = os.fsdecode(name)
    if not path or "\0" in path or path.startswith((":", "file:")):
        return None
    return os.path.abspath(path)  # noqa: PTH100


def _access(mode: object, flags: object) -> tuple[bool, bool, bool]:
    """Return whether a file is opened for reading, for writing, and so that what is in it stays.

    From a mode, or from the flags of `os.open`.
    """
    if isinstance(mode, str):
        writes = any(letter in mode for letter in "wax+")
        return "r" in mode, writes, "a" in mode
    if not isinstance(flags, int):
        return False, False, False
    access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
    writes = access != os.O_RDONLY
    return access != os.O_WRONLY, writes, writes and not flags & (os.O_TRUNC | os.O_EXCL)


def _is_file(path: str, *, or_new: bool) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return or_new


def _is_listed_for_data() -> bool:
    """Whether the program lists, or a library that reads data: not Python or a package that looks for modules."""
    for name in _callers():
        if name.startswith((_OURS, *_LOOKING_FOR_MODULES)):
            return False
        _, is_installed, below = name.rpartition(_INSTALLED)
        if is_installed:
            return below.partition(os.sep)[0] in _READERS
        if not name.startswith((_STANDARD, "<frozen")):
            return True
    return False


def _is_our_doing() -> bool:
    """Whether Lineal itself opens the file: to fingerprint or keep it, say. The standard library is in between."""
    for name in _callers():
        if name.startswith(_OURS):
            return True
        if not name.startswith((_STANDARD, "<frozen")) or _INSTALLED in name:
            return False
    return False


def _callers() -> Iterator[str]:
    """Yield the files of the code that led here, the nearest first; those of this file are left out."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  the documented way to one's caller
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return
        yield frame.f_code.co_filename
        frame = frame.f_back
