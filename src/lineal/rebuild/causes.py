"""Causes that need more than two values beside each other: packages, threads, inputs and generators nobody seeded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lineal.files import Files
from lineal.lineage.capture_record import Item, item
from lineal.lineage.foresight import generator_at, is_unseeded
from lineal.lineage.locks import packages_of
from lineal.lineage.training import reference_to
from lineal.model.capture_items import CLOCK, ENTROPY, SEED_DETAILS, SYSTEM_ENTROPY
from lineal.model.nodes import Artifact, family_of
from lineal.model.values import Json
from lineal.rebuild.bearing import loaded_in, of_package
from lineal.rebuild.draws import can_be_drawn_again
from lineal.rebuild.edits import edits_in
from lineal.rebuild.lends import without_ourselves
from lineal.rebuild.recipe import Step
from lineal.rebuild.rows import explained, known_content
from lineal.rebuild.verdict import Difference


def changed_packages(before: Step, after: Step, files: Files, rebuilt_files: Files) -> Iterator[Difference]:
    """Yield the packages of another version, then those that are gone, then those that came in addition.

    Set aside is what neither run loaded.
    """
    old, new = _versions(before, after, files, rebuilt_files)
    loaded = loaded_in(before.record, after.record)
    for name in sorted(old):
        if name in new and old[name] != new[name]:
            told = f"package {name} was {old[name]!s}, and is {new[name]!s}"
            yield of_package(_difference("package", name, old[name], new[name], told), loaded)
    for name in sorted(old.keys() - new.keys()):
        told = f"package {name} was {old[name]!s}, and is not installed"
        yield of_package(_difference("package", name, old[name], None, told), loaded)
    for name in sorted(new.keys() - old.keys()) if old else ():
        told = f"package {name} {new[name]!s} has been installed since"
        yield of_package(_difference("package", name, None, new[name], told), loaded)


def edited_packages(before: Step, after: Step) -> Iterator[Difference]:
    """Yield the files of packages that were edited by hand then or now, and not to the same."""
    old, new = _edits(before), _edits(after)
    if old is None or new is None:
        return
    for place in sorted(old.keys() | new.keys()):
        was, now = old.get(place, (None, "")), new.get(place, (None, ""))
        if was[0] == now[0]:
            continue
        package = was[1] or now[1]
        when = "was edited by hand since" if was[0] is None else "had been edited by hand, and is something else now"
        yield _difference("package", package, was[0], now[0], f"{place} of {package} {when}", {"file": place})


def threads(before: Step, after: Step) -> Iterator[Difference]:
    """Yield the numbers of threads and processors that differ: of each library's pool, then of the machine."""
    old, new = _pools(before), _pools(after)
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            told = f"{name} ran with {old[name]!s} threads, and now with {new[name]!s}"
            yield _difference("threads", name, old[name], new[name], told)
    was, now = (_field(step, "cpu_memory", "usable") for step in (before, after))
    if was is not None and now is not None and was != now:
        told = f"the program could use {was!s} processors, and now {now!s}: libraries take as many threads"
        yield _difference("threads", "processors", was, now, told)


def changed_inputs(before: Step, after: Step, files: Files, rebuilt_files: Files) -> Iterator[Difference]:
    """Yield the inputs with other content, with the first row that differs where that is known, then more and fewer."""
    old, new = _by_family(before), _by_family(after)
    for name, artifact in old.items():
        twin = new.get(name)
        if twin is not None and artifact.fingerprint != twin.fingerprint:
            yield input_difference(artifact, twin, files, rebuilt_files)
    for name in [name for name in new if name not in old]:
        told = f"input {name} was not read, and is"
        yield _difference("input", name, None, new[name].fingerprint, told)
    for name in [name for name in old if name not in new]:
        told = f"input {name} was read, and is not"
        yield _difference("input", name, old[name].fingerprint, None, told)


def input_difference(recorded: Artifact, found: Artifact, files: Files, found_files: Files) -> Difference:
    """Return how the content of an input differs from the recorded one."""
    told = explained(known_content(recorded, files), known_content(found, found_files))
    name = reference_to(recorded)
    sentence = f"input {name} is not what it was" + (f": {told.words}" if told.words else "")
    difference = _difference("input", name, recorded.fingerprint, found.fingerprint, sentence, told.where)
    return replace(difference, rows=told.rows)


def unseeded(before: Step, after: Step) -> Iterator[Difference]:
    """Yield the shared generators that nobody seeded and that were drawn from: no run draws their numbers again."""
    for name in _unseeded_in(before):
        if name in _unseeded_in(after):
            is_elsewhere = " in " in name  # of another process than the one that recorded the run
            told = f"{name} was never seeded, so it drew other numbers: seed it"
            told += "" if is_elsewhere else ", or rebuild with --same-draws"
            yield _difference("seed", name, SYSTEM_ENTROPY, SYSTEM_ENTROPY, told)


def entropy(before: Step, after: Step) -> Iterator[Difference]:
    """Yield the lines of the program that asked the system for entropy, which no seed repeats."""
    where = _lines_of_both(before, after, ENTROPY)
    if where:
        told = f"{where} asks the system for entropy, which is other numbers each time"
        yield _difference("seed", "entropy", SYSTEM_ENTROPY, SYSTEM_ENTROPY, told)


def clock(before: Step, after: Step) -> Iterator[Difference]:
    """Yield the lines of the program that gave a generator the time of day as its seed."""
    where = _lines_of_both(before, after, CLOCK)
    if where:
        told = f"{where} seeds with the time of day, which is another each time: take it from an argument"
        yield _difference("seed", "clock", where, where, told)


def other_seed(place: int, was: Mapping[str, Json], now: Mapping[str, Json]) -> Difference:
    """Return that a generator of the program's own has another seed than its twin, which the system may have chosen."""
    name = f"generator {place} at {was['where']!s}"
    if not (is_unseeded(was) and is_unseeded(now)):
        told = f"seed {name} was {was.get('seed')!s}, and is {now.get('seed')!s}"
        return _difference("seed", name, was.get("seed"), now.get("seed"), told)
    told = f"{generator_at(was)} was given no seed, so it drew other numbers: seed it"
    told += ", or rebuild with --same-draws" if can_be_drawn_again(was) else ""
    return _difference("seed", name, was.get("seed"), now.get("seed"), told)


def _lines_of_both(before: Step, after: Step, part: str) -> str:
    """Return the lines that a part of the seeds names, if both runs have such; "" else."""
    values = (item(step.record, "seeds").value for step in (before, after))
    lines = [value.get(part) if isinstance(value, Mapping) else None for value in values]
    if not all(isinstance(listed, list | tuple) and listed for listed in lines):
        return ""
    return ", ".join(str(line) for line in lines[0] or ())  # type: ignore[union-attr]


def _unseeded_in(step: Step) -> list[str]:
    value = item(step.record, "seeds").value
    named = value.items() if isinstance(value, Mapping) else ()
    return [name for name, seed in named if name not in SEED_DETAILS and seed == SYSTEM_ENTROPY]


def _versions(
    before: Step, after: Step, files: Files, rebuilt_files: Files
) -> tuple[Mapping[str, Json], Mapping[str, Json]]:
    old = packages_of(item(before.record, "environment"), files)
    new = packages_of(item(after.record, "environment"), rebuilt_files)
    if old is None or new is None:
        return {}, {}
    return without_ourselves(old), without_ourselves(new)


def _edits(step: Step) -> dict[str, tuple[Json, str]] | None:
    """Return place → fingerprint and package; None where it is not known."""
    found: Item = item(step.record, "edited_packages")
    if not found.settled and found.status != "withheld":
        return None
    return {edit.place: (edit.fingerprint or edit.state, edit.package) for edit in edits_in(step.record)}


def _pools(step: Step) -> dict[str, Json]:
    value = item(step.record, "blas").value
    pools = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []
    return {str(one.get("internal_api") or one.get("user_api")): one.get("num_threads") for one in pools}


def _field(step: Step, name: str, key: str) -> Json:
    value = item(step.record, name).value
    return value.get(key) if isinstance(value, Mapping) else None


def _by_family(step: Step) -> dict[str, Artifact]:
    return {
        (family_of(artifact.name)[0] if artifact.name else "") or f"input {place}": artifact
        for place, artifact in enumerate(step.inputs)
    }


def _difference(
    kind: str, what: str, recorded: Json, rebuilt: Json, sentence: str, where: Mapping[str, Json] | None = None
) -> Difference:
    return Difference(kind=kind, what=what, recorded=recorded, rebuilt=rebuilt, sentence=sentence, where=where or {})
