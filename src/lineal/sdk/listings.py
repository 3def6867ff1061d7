"""Listings: the names of a directory that the program asked for. A rebuild needs them too, opened or not.

Small files that were listed and never opened are kept with the run's inputs, so that a rebuild finds their names; what
is not kept, and which directories were there, is told in a fact of the run. What a repository brings along is left out.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lineal.capture.data import fingerprint_of_path
from lineal.capture.git import GitUnavailable, ask, find_root
from lineal.capture.program import file_of, main_script, own_modules
from lineal.errors import LinealError
from lineal.files import Files
from lineal.integrations.hooks import telling
from lineal.integrations.own import OwnFiles
from lineal.model.capture_items import LISTED, LISTINGS
from lineal.model.values import Json
from lineal.sdk.keeping import is_kept
from lineal.sdk.observing import Observed
from lineal.sdk.seen import Seen
from lineal.sdk.touches import Touch
from lineal.sdk.training import storable

MOST_DIRECTORIES = 200
MOST_NAMES = 1_000
"""Names of one directory that are looked at; of a larger one only their number is known."""

KEPT_SIZE = 1 << 20
KEPT_FILES = 200
KEPT_BYTES = 16 << 20
_NAMED = 20


@dataclass(slots=True)
class _Names:
    """What lay in a directory: files from before the run began, directories and whether they are as old, all names.

    `is_found` says that nothing was added to the directory itself since.
    """

    files: list[str]
    directories: list[tuple[str, bool]]
    number: int
    is_found: bool


class Listings:
    """The directories that one run listed, each with the names that were in it then. Safe in threads.

    What is younger than `began` is of the program's own making.
    """

    def __init__(self) -> None:
        self.began = time.time_ns()
        self._lock = threading.Lock()
        self.directories: dict[str, _Names] = {}
        self.more = 0

    def note(self, directory: str) -> None:
        """Note what is in a directory now: soon there may be others, of the program's own making."""
        with self._lock:
            if directory in self.directories:
                return
            if len(self.directories) >= MOST_DIRECTORIES:
                self.more += 1
                return
            try:
                self.directories[directory] = _names(directory, before=self.began)
            except OSError:
                return  # the program is told so too

    def move_to(self, other: Listings) -> None:
        """Give all to a run that starts now."""
        with self._lock:
            moved, self.directories = self.directories, {}
        for directory, names in moved.items():
            other.directories.setdefault(directory, names)


class _Opened(Protocol):
    """What a run was seen doing, as far as it matters here."""

    listings: Listings

    @property
    def reads(self) -> Mapping[str, object]:
        """What it read, by path."""

    @property
    def writes(self) -> Mapping[str, Seen]:
        """What it wrote, by path."""

    @property
    def crowds(self) -> Mapping[tuple[str, bool], object]:
        """Directories that are told as one, and whether they were read."""


def settle_listings(run: Observed, seen: _Opened, files: Files, own: OwnFiles) -> None:
    """Keep what was listed and not opened, within the limits, and tell what is left out."""
    if not seen.listings.directories:
        return
    with telling("recording what was listed"):
        places = run.recorder.touches.places
        whole = tuple(os.path.join(directory, "") for directory, is_read in seen.crowds if is_read)  # noqa: PTH118
        code = _code()
        unopened = {
            directory: [path for path in names.files if path not in code and _is_only_a_name(seen, path)]
            for directory, names in seen.listings.directories.items()
            if not os.path.join(directory, "").startswith(whole)  # noqa: PTH118  an input itself, with all in it
        }
        wanted = set(_not_in_repository(places.base, [path for paths in unopened.values() for path in paths]))
        keeper = _Keeper(run, files)
        told: list[Json] = []
        for directory in sorted(unopened):
            names = seen.listings.directories[directory]
            mine = [path for path in unopened[directory] if path in wanted]
            left = [
                Path(path).name
                for path in mine
                if not keeper.is_kept(path, whole=own.is_own(path) and path not in seen.writes)
            ]
            entry: dict[str, Json] = {"path": places.named(directory), "names": names.number}
            if left:
                entry |= {"left": len(left), "not_kept": left[:_NAMED]}
            if names.number > MOST_NAMES:
                entry["left"] = names.number - MOST_NAMES
            told.append(entry | _directories(names, own, is_empty=not names.files))
        run.recorder.add_parameters(storable({LISTINGS: told}))


def _code() -> set[str]:
    """Return the files of the program's own code, which the record has in another place."""
    script = main_script()
    loaded = {file_of(module) for _, module in own_modules()}
    return {path for path in (*loaded, None if script is None else str(script)) if path is not None}


def _is_only_a_name(seen: _Opened, path: str) -> bool:
    """Whether what was in a file when it was listed was not read, nor kept because the program wrote on after it."""
    written = seen.writes.get(path)
    return path not in seen.reads and (written is None or written.beginning is None)


def _directories(names: _Names, own: OwnFiles, *, is_empty: bool) -> dict[str, Json]:
    """Return the directories that were there; `.` is the listed one itself, where nothing that is kept brings it."""
    found: list[Json] = [
        os.path.basename(path)  # noqa: PTH119  text throughout
        for path, is_older in names.directories
        if is_older or own.is_left_out(path)
    ]
    found = found or (["."] if is_empty and names.is_found else [])
    return {"directories": found} if found else {}


class _Keeper:
    """Keeps listed files with the run's inputs, small ones, and not too many."""

    def __init__(self, run: Observed, files: Files) -> None:
        self._touches = run.recorder.touches
        self._files = files
        self._bytes = self._number = 0

    def is_kept(self, path: str, *, whole: bool) -> bool:
        """Keep a file and return True; False for what is too large, too much, gone or secret.

        Of one that is not `whole` the name only: settings, code, and what the program has written over since.
        """
        try:
            size = os.path.getsize(path) if whole else 0  # noqa: PTH202  a text path
            if size > KEPT_SIZE or self._bytes + size > KEPT_BYTES or self._number >= KEPT_FILES:
                return False
            if whole:
                fingerprint = fingerprint_of_path(path)
                if not is_kept(Path(path), fingerprint, KEPT_SIZE):
                    return False
                kept = fingerprint.fingerprint
                self._files.put_file(path)
            else:
                kept = self._files.put_bytes(b"")
        except (OSError, LinealError):
            return False
        self._bytes, self._number = self._bytes + size, self._number + 1
        place = self._touches.places.named(path)
        self._touches.put(
            Touch(
                is_input=True,
                type="Dataset",
                artifact=None,
                fingerprint=kept,
                place=place,
                reason=LISTED,
            )
        )
        return True


def _names(directory: str, *, before: int) -> _Names:
    files: list[str] = []
    directories: list[tuple[str, bool]] = []
    number = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            number += 1
            if number > MOST_NAMES or entry.name == ".git":
                continue
            if entry.is_dir():
                directories.append((entry.path, _is_older(entry, before)))
            elif entry.is_file() and _is_older(entry, before):
                files.append(entry.path)
    is_found = os.stat(directory).st_mtime_ns <= before  # noqa: PTH116
    return _Names(sorted(files), sorted(directories), number, is_found)


def _is_older(entry: os.DirEntry[str], before: int) -> bool:
    # Of what is there, which the entry knows already: a link that leads nowhere can be asked for nothing.
    return entry.stat().st_mtime_ns <= before


def _not_in_repository(base: Path, paths: list[str]) -> Iterable[str]:
    """Return the paths that git does not bring along: all of them without a repository, the ignored ones in one.

    An untracked file that is not ignored is kept with the code.
    """
    root = find_root(base)
    if root is None or not paths:
        return paths
    given = b"\0".join(os.fsencode(path) for path in paths)
    try:
        out, _ = ask(root, "check-ignore", "-z", "--stdin", given=given)
    except GitUnavailable:
        return ()  # it ends with 1 where nothing is ignored
    return _decoded(out)


def _decoded(out: bytes) -> Iterator[str]:
    return (os.fsdecode(path) for path in out.split(b"\0") if path)
