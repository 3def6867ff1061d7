"""The first difference: what was one thing when it was recorded and another when it was rebuilt, causes first.

Walks from the environment through code, inputs, parameters and seeds to what was measured and made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from lineal.files import Files
from lineal.lineage.capture_record import item, leaves
from lineal.lineage.changes import equal
from lineal.model.capture_items import SEED_DETAILS
from lineal.model.values import Json
from lineal.rebuild import causes
from lineal.rebuild.changes import THREADS
from lineal.rebuild.code import module_fingerprints
from lineal.rebuild.compare import Pair, parameters_of
from lineal.rebuild.layout import Layout
from lineal.rebuild.recipe import Step
from lineal.rebuild.since import SET_BY_A_REBUILD
from lineal.rebuild.verdict import Difference

_NOT_A_CAUSE = {"python.build", "platform.extension", "locale.names"}


def differences_between(
    pair: Pair, recorded_files: Files, rebuilt_files: Files, layout: Layout, tree: str
) -> list[Difference]:
    """Return every recorded fact that differs between a run and its rebuilt twin, in the order of causes."""
    if pair.rebuilt is None:
        return []
    before, after = pair.recorded, pair.rebuilt
    walks: Sequence[Callable[[], Iterable[Difference]]] = (
        lambda: _items(before, after, "python", ("python", "platform")),
        lambda: causes.changed_packages(before, after, recorded_files, rebuilt_files),
        lambda: causes.edited_packages(before, after),
        lambda: _items(before, after, "package", ("editable",)),
        lambda: _code(before, after, recorded_files, rebuilt_files),
        lambda: _arguments(before, after, layout, tree),
        lambda: _variables(before, after, layout, tree),
        lambda: causes.changed_inputs(before, after, recorded_files, rebuilt_files),
        lambda: _mappings("parameter", parameters_of(before), parameters_of(after)),
        lambda: _seeds(before, after),
        lambda: causes.unseeded(before, after),
        lambda: _items(before, after, "threads", ("thread_variables",)),
        lambda: causes.threads(before, after),
        lambda: _items(before, after, "flag", ("determinism", "cuda", "gpu", "locale")),
        lambda: _states(before, after, "start"),
        lambda: _states(before, after, "end"),
        lambda: _variables(before, after, layout, tree, ours=True),
        lambda: causes.added_packages(before, after, recorded_files, rebuilt_files),
    )
    return [difference for walk in walks for difference in walk()]


def _items(before: Step, after: Step, kind: str, names: Iterable[str]) -> Iterator[Difference]:
    for name in names:
        old, new = item(before.record, name), item(after.record, name)
        if not (old.captured and new.captured):
            continue
        old_leaves, new_leaves = dict(leaves(old.value, name)), dict(leaves(new.value, name))
        for leaf in sorted(old_leaves.keys() | new_leaves.keys()):
            if leaf not in _NOT_A_CAUSE and not equal(old_leaves.get(leaf), new_leaves.get(leaf)):
                yield _differs(kind, leaf, old_leaves.get(leaf), new_leaves.get(leaf))


def _code(before: Step, after: Step, recorded_files: Files, rebuilt_files: Files) -> Iterator[Difference]:
    old, new = item(before.record, "script").value, item(after.record, "script").value
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.get("fingerprint") != new.get("fingerprint"):
        yield _differs("code", str(old.get("path")), old.get("fingerprint"), new.get("fingerprint"))
    was = module_fingerprints(item(before.record, "modules"), recorded_files)
    now = module_fingerprints(item(after.record, "modules"), rebuilt_files)
    for name in sorted(was.keys() & now.keys()):
        if was[name] != now[name]:
            yield _differs("code", name, was[name], now[name])


def _arguments(before: Step, after: Step, layout: Layout, tree: str) -> Iterator[Difference]:
    old, new = (_words(step)[1:] for step in (before, after))
    moved = [layout.moved(word, tree) for word in old]
    if new in (moved, old):
        return
    if len(old) != len(new):
        yield _differs("argument", "argv", list(old), list(new))
        return
    for place, (was, now) in enumerate(zip(old, new, strict=True)):
        if now not in (was, moved[place]):
            before_it = old[place - 1] if place and old[place - 1].startswith("-") else None
            yield _differs("argument", before_it or was.partition("=")[0], was, now)


def _words(step: Step) -> list[str]:
    value = item(step.record, "argv").value
    return [str(word) for word in value] if isinstance(value, list | tuple) else []


def _variables(before: Step, after: Step, layout: Layout, tree: str, *, ours: bool = False) -> Iterator[Difference]:
    """Yield the variables of the program that differ, or with `ours` those that a rebuild sets, which come last."""
    old, new = (_environment(step) for step in (before, after))
    for name in sorted(old, key=lambda one: (old[one] is None, one)):  # those that were set say more
        if (name in SET_BY_A_REBUILD) is not ours:
            continue
        was, now = old[name], new.get(name)
        moved = layout.moved(was, tree) if isinstance(was, str) else was
        if now not in (was, moved):
            yield _differs("threads" if name in THREADS else "variable", name, was, now)


def _environment(step: Step) -> dict[str, Json]:
    value = item(step.record, "variables").value
    return {str(name): one for name, one in value.items()} if isinstance(value, Mapping) else {}


def _seeds(before: Step, after: Step) -> Iterator[Difference]:
    stated = [
        {"seed": step.run.properties["seed"]} if "seed" in step.run.properties else {} for step in (before, after)
    ]
    yield from _mappings("seed", {k: str(v) for k, v in stated[0].items()}, {k: str(v) for k, v in stated[1].items()})
    yield from _items(before, after, "seed", ("hash_seed",))
    yield from _mappings("seed", _shared_seeds(before), _shared_seeds(after))
    yield from _mappings("seed", _own_generators(before), _own_generators(after))


def _shared_seeds(step: Step) -> dict[str, Json]:
    value = item(step.record, "seeds").value
    named = value.items() if isinstance(value, Mapping) else ()
    return {name: one for name, one in named if name not in SEED_DETAILS}


def _own_generators(step: Step) -> dict[str, Json]:
    """The generators that the program itself made; those that libraries make for themselves draw no results."""
    value = item(step.record, "seeds").value
    listed = value.get("generators") if isinstance(value, Mapping) else None
    found = [one for one in listed or () if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []
    own = [one for one in found if one.get("where") is not None]
    return {f"generator {place} at {one['where']}": one.get("seed") for place, one in enumerate(own, 1)}


def _states(before: Step, after: Step, moment: str) -> Iterator[Difference]:
    old, new = (_states_at(step, moment) for step in (before, after))
    ends = [_states_at(step, "end") for step in (before, after)]
    for name in sorted(old.keys() & new.keys()):
        # A program that seeds forgets how its generator began: what it drew is told by how the generator ended.
        if old[name] != new[name] and ends[0].get(name) != ends[1].get(name):
            found = _differs("random state", name, old[name], new[name])
            yield replace(found, sentence=f"{name} had drawn other numbers at the {moment}", where={"at": moment})


def _states_at(step: Step, moment: str) -> Mapping[str, Json]:
    value = item(step.record, "rng_states").value
    states = value.get(moment) if isinstance(value, Mapping) else None
    return states if isinstance(states, Mapping) else {}


def _mappings(kind: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        if not equal(before.get(name), after.get(name)):
            yield _differs(kind, name, before.get(name), after.get(name))


def _differs(kind: str, what: str, recorded: Json, rebuilt: Json) -> Difference:
    return Difference(
        kind=kind,
        what=what,
        recorded=recorded,
        rebuilt=rebuilt,
        sentence=f"{kind} {what} was {_told(recorded)}, and is {_told(rebuilt)}",
    )


def _told(value: Json) -> str:
    if value is None:
        return "not set"
    text = str(value)
    return text[:19] if text.startswith("sha256:") else text
