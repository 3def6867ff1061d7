"""Others: what programs other than Python did to the files of a run, as far as words and the files themselves show it.

What their words name was read, and what was changed below the run's directory while it ran they have written, unless a
process told of it. So it is with notebooks that a command names: programs execute one, and no kernel writes it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lineal.capture.command import Command
from lineal.capture.outlet import MADE, REACHED
from lineal.capture.programs import started_by
from lineal.capture.told import Process
from lineal.integrations.own import OwnFiles
from lineal.integrations.started import files_named
from lineal.model.capture_items import PROGRAMS
from lineal.sdk.about import About
from lineal.sdk.observations import Observations

_OTHERS = "others"
_MOST = 50_000
_NOTEBOOK = ".ipynb"


def about_others(words: Sequence[str]) -> dict[str, object]:
    """Return what is to be known about the programs of a command before it runs, as it stands in what is told of it.

    No word of it that names no file: among the others are secrets.
    """
    started, base = started_by(words), os.path.abspath("")  # noqa: PTH100
    script = Command(words, "").script if words else None
    notebooks = [path for path in files_named(words, base) if path.endswith(_NOTEBOOK)]
    others = {
        "programs": started.programs,
        "reads": [*files_named(started.words, base), *(path for path in notebooks if path != str(script))],
        "made": [os.path.join(base, directory) for directory in started.made],  # noqa: PTH118
        "has_notebook": any(word.endswith(_NOTEBOOK) for word in words),
        "script": str(script or next(iter(words), "")),
        "cwd": base,
    }
    return {_OTHERS: others}


def starts_others(about: About) -> bool:
    """Return whether the command starts other programs than Python."""
    return bool(_told(about).get("programs"))


def observe_others(
    observations: Observations, about: About, processes: Sequence[Process], *, began: int, own: OwnFiles
) -> Process | None:
    """Observe what other programs of a command have read and written; return what they would tell, if there were any.

    `processes` are those that told themselves: they say which programs they started.
    """
    others = _told(about)
    programs = _texts(others.get("programs"))
    more = [what for one in processes for kind, what in one.all_of(REACHED) if kind == PROGRAMS]
    if not programs and not more and not others.get("has_notebook"):
        return None
    base = str(others.get("cwd"))
    if programs or more:
        observations.began = began
    for path in _texts(others.get("reads")):
        if not is_changed(path, began) and _is_wanted(path, own, notebooks_only=False):
            observations.named(path)
    for path in changed_files(Path(base), began, own, notebooks_only=not (programs or more)):
        observations.made(path)
    if not programs:
        return None
    return Process(
        script=str(others.get("script")),
        place=base,
        is_worker=False,
        has_ended=True,
        recorded_at=0,
        told={
            REACHED: [(PROGRAMS, name) for name in programs],
            MADE: [(path, True) for path in _texts(others.get("made"))],
        },
    )


def _told(about: About) -> Mapping[str, object]:
    said = about.get(_OTHERS)
    return said if isinstance(said, dict) else {}


def _texts(listed: object) -> list[str]:
    return list(map(str, listed)) if isinstance(listed, list) else []


def changed_files(base: Path, began: int, own: OwnFiles, *, notebooks_only: bool) -> Iterator[str]:
    """Yield the user's own files below `base` that are no older than `began`; only so many names are looked at."""
    waiting, looked = [str(base)], 0
    while waiting and looked < _MOST:
        try:
            with os.scandir(waiting.pop()) as entries:
                found = list(entries)
        except OSError:
            continue
        looked += len(found)
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                waiting += [entry.path] if own.is_own(entry.path) else []
            elif _is_new(entry, began) and _is_wanted(entry.path, own, notebooks_only=notebooks_only):
                yield entry.path


def _is_new(entry: os.DirEntry[str], began: int) -> bool:
    try:
        return entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_ctime_ns >= began
    except OSError:
        return False  # gone meanwhile


def is_changed(path: str, began: int) -> bool:
    """Return whether a file was changed since, or is gone."""
    try:
        return os.stat(path).st_ctime_ns >= began  # noqa: PTH116
    except OSError:
        return True


def _is_wanted(path: str, own: OwnFiles, *, notebooks_only: bool) -> bool:
    stem, ending = os.path.splitext(path)  # noqa: PTH122
    if ending == _NOTEBOOK:
        return own.is_own(stem)
    return not notebooks_only and own.is_own(path)
