"""The capture record of one run: every item at its start, and again at its end those that change meanwhile.

Called by the SDK around a run. Nothing here raises: what fails is an `unknown` with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from lineal.capture.captured import Captured, Status, captured, unknown
from lineal.capture.container import container_item
from lineal.capture.determinism import determinism_item
from lineal.capture.direct import editable_item
from lineal.capture.edited import begin, edited_item, loaded_packages
from lineal.capture.environment import environment_item, index_urls_item
from lineal.capture.first_states import keep_first
from lineal.capture.guard import guarded, guarded_group
from lineal.capture.hardware import blas_item, cpu_memory_item, cuda_item, gpu_item, os_item
from lineal.capture.modules import modules_at_end, modules_item, script_item, with_packages, with_script
from lineal.capture.notebook import notebook_item
from lineal.capture.process import (
    argv_item,
    cwd_item,
    hash_seed_item,
    locale_item,
    platform_item,
    python_item,
    thread_variables_item,
    world_item,
)
from lineal.capture.program import is_installed, main_script
from lineal.capture.project import project_of, recorded_project
from lineal.capture.reached import reached_item
from lineal.capture.repository import ITEMS as REPOSITORY_ITEMS
from lineal.capture.repository import repository_items
from lineal.capture.secrets import redact
from lineal.capture.seeds import first_rng_states, rng_states_item, seeds_item, seeds_of_the_run
from lineal.capture.variables import variables_item
from lineal.errors import InvalidArgument
from lineal.files import Files
from lineal.model.capture_items import NOT_DRAWN, SAYS_NOTHING, SYSTEM_ENTROPY
from lineal.model.values import INT64_MAX, INT64_MIN, Json, Struct

Record = dict[str, Captured]


def at_start(
    files: Files,
    *,
    script: Path | None = None,
    leave_out: Sequence[Path] = (),
    only: Collection[str] | None = None,
    project: Path | None = None,
) -> Record:
    """Return every item as it is now; large texts go into `files`, their fingerprints into the record.

    With `only` those of a program that was watched from its beginning and is about to end: what it began with.
    The repository is the one of `script` (else of the program's own file, else of the working directory).
    Files below `leave_out`, such as the workspace itself, are not taken for untracked code. Names are relative to the
    `project`, that of the script unless another process of the run has named it.
    """
    base, top = place_of(script)
    top = project or top
    own = (files.root, *leave_out)
    record: Record = {}
    if only is None or set(only) & set(REPOSITORY_ITEMS):
        left_out = [Path(path).absolute() for path in own]
        record = guarded_group(REPOSITORY_ITEMS, lambda: repository_items(files, base, leave_out=left_out))
    probes: Mapping[str, Callable[[], Captured]] = {
        "script": lambda: script_item(files, script, top),
        "modules": lambda: modules_item(files, top, keep=True),
        "notebook": lambda: notebook_item(files),
        "argv": argv_item,
        "cwd": lambda: cwd_item(top),
        "python": python_item,
        "platform": platform_item,
        "environment": lambda: environment_item(files, base),
        "edited_packages": _begun,
        "index_urls": index_urls_item,
        "editable": lambda: editable_item(files, top),
        "container": container_item,
        "os": os_item,
        "cpu_memory": cpu_memory_item,
        "gpu": gpu_item,
        "cuda": cuda_item,
        "blas": blas_item,
        "thread_variables": thread_variables_item,
        "variables": variables_item,
        "hash_seed": hash_seed_item,
        "seeds": seeds_item,
        "rng_states": lambda: _states(start=rng_states_item() if only is None else first_rng_states()),
        "determinism": determinism_item,
        "inputs": lambda: unknown("the run has not ended"),
        "outputs": lambda: unknown("the run has not ended"),
        "world": world_item,
        "locale": locale_item,
    }
    record |= {name: guarded(probe) for name, probe in probes.items() if only is None or name in only}
    return cleaned({name: item for name, item in record.items() if only is None or name in only})


def at_end(
    files: Files,
    start: Mapping[str, Captured],
    *,
    script: Path | None = None,
    inputs: Sequence[Json] | None = None,
    outputs: Sequence[Json] | None = None,
) -> Record:
    """Return the record of the whole run: `start`, with what has changed or loaded since.

    `inputs` and `outputs` say what the run read and wrote, as its owner knows it: each a mapping of `fingerprint`,
    `path` (as the program opened it, below where it began; None for what was in memory) and `artifact`.
    """
    top = recorded_project(start) or place_of(script)[1]
    before = start.get("rng_states", unknown("nothing was captured at the start"))
    states = guarded(lambda: _states(start=before, end=rng_states_item()))
    seeds = guarded(lambda: seeds_of_the_run(start.get("seeds"), seeds_item(states.value)))
    modules = with_script(start.get("modules", unknown("nothing was captured at the start")), start.get("script"))
    probes: Mapping[str, Callable[[], Captured]] = {
        "edited_packages": lambda: edited_item(files),  # before the modules: it looks at what is loaded
        "modules": lambda: with_packages(modules_at_end(files, modules, top, keep=True), loaded_packages()),
        "notebook": lambda: notebook_item(files),
        "cuda": cuda_item,
        "blas": blas_item,
        "thread_variables": thread_variables_item,
        "variables": variables_item,
        "rng_states": lambda: _with_first(files, _telling(states, seeds), seeds),
        "seeds": lambda: seeds,
        "determinism": determinism_item,
    }
    ended = {name: _clean(guarded(probe)) for name, probe in probes.items()}
    better = {name: _better(start.get(name), item) for name, item in ended.items()}
    return {**start, **better, **touched(inputs, outputs), **_reached(outputs)}


def _reached(outputs: Sequence[Json] | None) -> Record:
    item = guarded(lambda: reached_item(outputs))
    return {} if item.status == "not_applicable" else {"reached": _clean(item)}


def touched(inputs: Sequence[Json] | None, outputs: Sequence[Json] | None) -> Record:
    """Return the items `inputs` and `outputs`."""
    return {"inputs": _clean(_listed("input", inputs)), "outputs": _clean(_listed("output", outputs))}


def as_struct(record: Mapping[str, Captured]) -> dict[str, Json]:
    """Return the record as the STRUCT that is stored on the run's execution."""
    return {name: item.as_entry() for name, item in record.items()}


def from_struct(struct: Struct) -> Record:
    """Return the record that `as_struct` wrote; raises InvalidArgument for a STRUCT that is none."""
    if not isinstance(struct, Mapping):
        raise InvalidArgument(f"a capture record is a mapping of items, got a {type(struct).__name__}")
    record: Record = {}
    for name, entry in struct.items():
        status = entry.get("status") if isinstance(entry, Mapping) else None
        if not isinstance(entry, Mapping) or status not in get_args(Status):
            raise InvalidArgument(f"{name!r} is no captured item: {entry!r}", hint="it needs a status")
        reason = entry.get("reason")
        record[name] = Captured(cast("Status", status), entry.get("value"), None if reason is None else str(reason))
    return record


def place_of(script: Path | None) -> tuple[Path, Path]:
    """Return the directory the code lies in, and its project."""
    try:
        path = script or main_script()
        base = Path.cwd() if path is None or is_installed(str(path)) else path.absolute().parent
        return base, project_of(base, Path.cwd())
    except OSError:
        return Path("/"), Path("/")  # the working directory was removed under us


def _begun() -> Captured:
    begin()
    return unknown("the run has not ended: packages are compared with their RECORD meanwhile")


def _states(*, start: Captured, end: Captured | None = None) -> Captured:
    if end is None:
        return replace(start, value={"start": start.value}) if start.status == "captured" else start
    first = start.value.get("start") if isinstance(start.value, Mapping) else None
    if end.status != "captured":
        return end if first is None else unknown(end.reason or "the end states are not known", {"start": first})
    if not isinstance(first, Mapping) or not isinstance(end.value, Mapping):
        return captured({"start": first, "end": end.value})
    # The state of a generator nobody used is another one in each process, unless it was seeded, and says nothing.
    unused = {name for name, state in end.value.items() if first.get(name) == state}
    before, after = (
        {name: NOT_DRAWN if name in unused else state for name, state in states.items()}
        for states in (first, end.value)
    )
    return captured({"start": before, "end": after})


def _telling(states: Captured, seeds: Captured) -> Captured:
    """Return the states without those that say nothing: of an unseeded generator that no result depends on."""
    known = seeds.value if isinstance(seeds.value, Mapping) else {}
    mute = {name: seed for name, seed in known.items() if seed in SAYS_NOTHING and seed != NOT_DRAWN}
    if not mute or not isinstance(states.value, Mapping):
        return states
    value: dict[str, Json] = {}
    for moment, found in states.value.items():
        named = found if isinstance(found, Mapping) else {}
        value[moment] = {name: mute.get(name, state) for name, state in named.items()}
    return replace(states, value=value)


def _with_first(files: Files, states: Captured, seeds: Captured) -> Captured:
    """Return the states with where the first ones are kept, of generators that were drawn from without a known seed."""
    known = seeds.value if isinstance(seeds.value, Mapping) else {}
    value = states.value if isinstance(states.value, Mapping) else {}
    end = value.get("end")
    drawn = [name for name, state in end.items() if state not in SAYS_NOTHING] if isinstance(end, Mapping) else []
    kept = keep_first(files, [name for name in drawn if known.get(name, SYSTEM_ENTROPY) == SYSTEM_ENTROPY])
    return states if kept is None else replace(states, value={**value, "kept": kept})


def _listed(kind: str, touched: Sequence[Json] | None) -> Captured:
    if touched is None:
        return unknown(f"the run did not say what its {kind}s are")
    return captured(list(touched), None if touched else f"the run has no {kind}s")


def _better(start: Captured | None, end: Captured) -> Captured:
    """Return the item at the end, or the one at the start where the end knows less, and why."""
    if start is None or start.status != "captured" or end.status == "captured":
        return end
    return replace(start, reason=f"as it was at the start; at the end: {end.reason}")


def cleaned(record: Mapping[str, Captured]) -> Record:
    """Return a record as it can be stored."""
    return {name: _clean(item) for name, item in record.items()}


def _clean(item: Captured) -> Captured:
    """Return the item as it can be stored: no secret slipped through, valid text, 64-bit integers."""
    reason = None if item.reason is None else _plain_text(item.reason)
    return Captured(item.status, _plain(item.value), reason)


def _plain(value: Json) -> Json:
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, Mapping):
        return {_plain_text(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int) and not INT64_MIN <= value <= INT64_MAX:
        return str(value)
    return value


def _plain_text(value: str) -> str:
    return redact(value).encode("utf-8", "backslashreplace").decode("utf-8")
