"""Several processes: the record of a run, filled with what its other processes told of themselves.

One process records the run. What another program of the command, or a worker of a pool, loaded, seeded, read and
reached for belongs to the run as well. `lineal run` asks for it once the command is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lineal.capture.captured import Captured, captured
from lineal.capture.clock import is_among
from lineal.capture.edited import packages_of_files, with_more_edits
from lineal.capture.guard import guarded
from lineal.capture.modules import Loaded, with_more_modules
from lineal.capture.outlet import CLOCK, CODE, ENTROPY, MADE, REACHED, SEED, UNSEEDED, VARIABLE
from lineal.capture.program import is_installed, is_ours
from lineal.capture.project import recorded_project
from lineal.capture.reached import DIRECTORIES, found_directories, made_names, with_more_reached
from lineal.capture.seeding import Seeded
from lineal.capture.seeds import with_more_seeds
from lineal.capture.told import Process
from lineal.capture.variables import with_more_variables
from lineal.files import Files
from lineal.model import capture_items
from lineal.model.values import Json

PROCESSES = "processes"
"""The item that names the programs of a run of several processes; a run of one has none."""

_SEVERAL = 2

Record = Mapping[str, Captured]


def with_processes(
    files: Files,
    record: Record,
    processes: Sequence[Process],
    *,
    base: Path,
    environment: Mapping[str, str] | None,
    outputs: Sequence[Json],
) -> dict[str, Captured]:
    """Return the record with what all of its processes told; as it is where one process was all there was.

    `base` is where the code lies, if no process recorded the run; `environment` what the command was started with.
    """
    recorder = max(processes, key=lambda one: one.recorded_at, default=None)
    if recorder is None or (len(processes) < _SEVERAL and recorder.recorded_at):
        return dict(record)
    others = [one for one in processes if one is not recorder or not recorder.recorded_at]
    root = recorded_project(record) or base
    loaded = _loaded(others)
    installed = {one.path for one in loaded if is_installed(one.path)}
    own = [one for one in loaded if one.path not in installed]
    packages = packages_of_files(installed)
    parts = {
        "modules": lambda item: with_more_modules(files, item, own, packages, root),
        "edited_packages": lambda item: with_more_edits(files, item, packages),
        "seeds": lambda item: with_more_seeds(item, _seeds(others, str(root)), _lines(others, record)),
        "variables": lambda item: with_more_variables(item, _names(others), [one.path for one in own], environment),
    }
    found = dict(record)
    for name, fill in parts.items():
        item = found.get(name)
        if item is not None:
            found[name] = _filled(item, guarded(lambda item=item, fill=fill: fill(item)))  # type: ignore[misc]
    reached = _reached(found.get("reached"), others, processes, record, outputs)
    if reached is not None:
        found["reached"] = reached
    return {**found, PROCESSES: _listed(processes, str(root))}


def _filled(before: Captured, after: Captured) -> Captured:
    """Return the filled item, or the one that was, with why it could not be filled."""
    if after.status == "unknown" and before.status != "unknown":
        return replace(before, reason=f"without what other processes told: {after.reason}")
    return after


def _loaded(others: Sequence[Process]) -> list[Loaded]:
    """Return the files of code of some processes, each once."""
    found: dict[str, Loaded] = {}
    for one in others:
        for path, name, at in one.all_of(CODE):
            found.setdefault(str(path), Loaded(str(path), None if name is None else str(name), int(str(at))))
    return [found[path] for path in sorted(found) if not is_ours(path)]


def _seeds(others: Sequence[Process], base: str) -> dict[str, list[Seeded]]:
    """Return the seeding calls by what is seeded where, such as `numpy in prepare.py`."""
    found: dict[str, list[Seeded]] = {}
    for one in others:
        where = "workers" if one.is_worker else one.named(base)
        # PyTorch seeds its workers from the generator of the program, which is in the record: no seed of theirs.
        calls = [(str(name), seed, line) for name, seed, line, own in one.all_of(SEED) if own or not one.is_worker]
        calls += [(str(name), None, None) for (name,) in one.all_of(UNSEEDED)]
        for name, seed, line in calls:
            heard = Seeded(name, seed, None if line is None else str(line))
            found.setdefault(f"{name} in {where}", []).append(heard)
    return found


def _lines(others: Sequence[Process], record: Record) -> dict[str, set[str]]:
    """Return the lines that asked for entropy, and for the time of day, by the parts of the item that name them.

    A seed that stands in the command is no time of day: a rebuild is given it again.
    """
    argv = record.get("argv")
    words = [str(word) for word in argv.value] if argv is not None and isinstance(argv.value, list | tuple) else []
    clock = {str(line) for one in others for line, seed in one.all_of(CLOCK) if not is_among(seed, words)}
    return {
        capture_items.ENTROPY: {str(line) for one in others for (line,) in one.all_of(ENTROPY)},
        capture_items.CLOCK: clock,
    }


def _names(others: Sequence[Process]) -> set[str]:
    return {str(name) for one in others for (name,) in one.all_of(VARIABLE)}


def _reached(
    item: Captured | None,
    others: Sequence[Process],
    processes: Sequence[Process],
    record: Record,
    outputs: Sequence[Json],
) -> Captured | None:
    more = [(str(kind), str(what)) for one in others for kind, what in one.all_of(REACHED)]
    cwd = record.get("cwd")
    place = next((one.place for one in processes), "")
    if cwd is not None and cwd.status == "captured":
        told = [made for one in processes for made in one.all_of(MADE)]
        made = {name for path, is_new in told for name in made_names(str(path), place, is_new=bool(is_new))}
        more += [(DIRECTORIES, directory) for directory in found_directories(outputs, made)]
    return with_more_reached(item, more)


def _listed(processes: Sequence[Process], base: str) -> Captured:
    """Return how many programs and workers told of themselves, and which of them did not tell all."""
    programs = Counter(one.named(base) for one in processes if not one.is_worker)
    value: dict[str, Json] = {"programs": dict(sorted(programs.items()))}
    workers = sum(one.is_worker for one in processes)
    if workers:
        value["workers"] = workers
    # A worker is ended by its pool, with a signal as a rule: that is no news.
    killed = sorted({one.named(base) for one in processes if not one.is_worker and not one.has_ended})
    if not killed:
        return captured(value)
    told = f"{', '.join(killed)} did not end by itself, or goes on: what it drew without a seed it has not told"
    return captured({**value, "unended": list(killed)}, told)
