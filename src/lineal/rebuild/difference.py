"""The first difference: what was one thing when it was recorded and another when it was rebuilt, causes first.

Walks from the environment through code, inputs, parameters and seeds to what was measured and made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile

from lineal.capture.variables import is_always_recorded
from lineal.files import Files
from lineal.lineage.capture_record import item, leaves
from lineal.lineage.changes import equal
from lineal.model.capture_items import SEED_DETAILS
from lineal.model.values import Json
from lineal.rebuild import causes
from lineal.rebuild.bearing import of_code
from lineal.rebuild.changes import THREADS
from lineal.rebuild.code import module_fingerprints
from lineal.rebuild.compare import Both, Pair, parameters_of
from lineal.rebuild.elsewhere import modules_elsewhere, text_elsewhere
from lineal.rebuild.layout import Layout
from lineal.rebuild.recipe import Step
from lineal.rebuild.rows import Content, explained, kept_content
from lineal.rebuild.since import SET_BY_A_REBUILD
from lineal.rebuild.variables import program_variables
from lineal.rebuild.verdict import Difference

_NOT_A_CAUSE = {"python.build", "platform.extension", "locale.names"}


def differences_between(
    pair: Pair, recorded_files: Files, rebuilt_files: Files, layout: Layout, tree: str, *, is_rebuild: bool = True
) -> list[Difference]:
    """Return every recorded fact that differs between a run and its rebuilt twin, in the order of causes.

    A rebuild sets variables of its own; of two runs that people made, those that only the second has count as well.
    """
    if pair.rebuilt is None:
        return []
    before, after = pair.recorded, pair.rebuilt
    variables = partial(_variables, before, after, layout, tree, set_since=not is_rebuild)
    walks: Sequence[Callable[[], Iterable[Difference]]] = (
        lambda: _items(before, after, "python", ("python", "platform")),
        lambda: causes.changed_packages(before, after, recorded_files, rebuilt_files),
        lambda: causes.edited_packages(before, after),
        lambda: _items(before, after, "package", ("editable",)),
        lambda: _code(before, after, (recorded_files, rebuilt_files)),
        lambda: _arguments(before, after, layout, tree),
        lambda: variables(_is_read),
        lambda: causes.changed_inputs(before, after, recorded_files, rebuilt_files),
        lambda: _mappings("parameter", parameters_of(before), parameters_of(after)),
        lambda: causes.clock(before, after),
        lambda: _seeds(before, after),
        lambda: causes.unseeded(before, after),
        lambda: variables(_is_set_only),
        lambda: _items(before, after, "threads", ("thread_variables",)),
        lambda: causes.threads(before, after),
        lambda: _items(before, after, "flag", ("determinism", "cuda", "gpu", "locale")),
        lambda: _generators_more(before, after),
        lambda: causes.entropy(before, after),
        lambda: _states(before, after, "start"),
        lambda: _states(before, after, "end"),
        lambda: variables(_is_ours),
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


def _code(before: Step, after: Step, files: Both) -> Iterator[Difference]:
    old, new = item(before.record, "script").value, item(after.record, "script").value
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.get("fingerprint") != new.get("fingerprint"):
        yield _of_code(str(old.get("path")), old.get("fingerprint"), new.get("fingerprint"), files)
    mine = module_fingerprints(item(before.record, "modules"), files[0])
    theirs = module_fingerprints(item(after.record, "modules"), files[1])
    for name in sorted(mine.keys() & theirs.keys()):
        if mine[name] != theirs[name]:
            yield _of_code(name, mine[name], theirs[name], files)
    old_ones, new_ones = modules_elsewhere(before.record), modules_elsewhere(after.record)
    for name in sorted(old_ones.keys() & new_ones.keys()):
        was, now = old_ones[name].get("fingerprint"), new_ones[name].get("fingerprint")
        if was != now:
            texts = [text_elsewhere(step.record, kept, name) for step, kept in zip((before, after), files, strict=True)]
            yield _explained(f"{name}.py", was, now, *texts)


def _of_code(name: str, was: Json, now: Json, files: Both) -> Difference:
    texts = [kept_content(str(one), kept).data for one, kept in zip((was, now), files, strict=True)]
    return _explained(name, was, now, *texts)


def _explained(name: str, was: Json, now: Json, before: bytes | None, after: bytes | None) -> Difference:
    """Return how a file of code differs, down to the line where both texts are kept."""
    told = explained(Content(data=before, facts={}), Content(data=after, facts={}))
    found = _differs("code", name, was, now)
    if told.words:
        found = replace(
            found, sentence=f"code {name} is not what it was: {told.words}", where=told.where, rows=told.rows
        )
    return of_code(found, before, after)


def _arguments(before: Step, after: Step, layout: Layout, tree: str) -> Iterator[Difference]:
    old, new = (_words(step)[1:] for step in (before, after))
    moved = [layout.moved(word, tree) for word in old]
    if new in (moved, old):
        return
    if len(old) != len(new):
        yield _words_more(old, new)
        return
    for place, (was, now) in enumerate(zip(old, new, strict=True)):
        if now not in (was, moved[place]):
            before_it = old[place - 1] if place and old[place - 1].startswith("-") else None
            yield _differs("argument", before_it or was.partition("=")[0], was, now)


def _words_more(old: list[str], new: list[str]) -> Difference:
    """Return the words that one command has and the other has not, named by the option among them."""
    first = _alike(old, new)
    last = _alike(old[first:][::-1], new[first:][::-1])
    was, now = (words[first : len(words) - last] for words in (old, new))
    named = next((word.partition("=")[0] for word in (*now, *was) if word.startswith("-")), "argv")
    return _differs("argument", named, " ".join(was) or None, " ".join(now) or None)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words two commands begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _words(step: Step) -> list[str]:
    value = item(step.record, "argv").value
    return [str(word) for word in value] if isinstance(value, list | tuple) else []


def _is_ours(name: str) -> bool:
    """Whether a rebuild sets it itself, so that it says little."""
    return name in SET_BY_A_REBUILD


def _is_set_only(name: str) -> bool:
    """Whether it is recorded wherever it is set, so that nobody need have read it."""
    return is_always_recorded(name) and not _is_ours(name)


def _is_read(name: str) -> bool:
    """Whether it is recorded because the program's own code reads it."""
    return not is_always_recorded(name) and not _is_ours(name)


def _variables(
    before: Step, after: Step, layout: Layout, tree: str, wanted: Callable[[str], bool], *, set_since: bool
) -> Iterator[Difference]:
    """Yield the variables of one sort that differ."""
    old, new = (program_variables(step.record) for step in (before, after))
    names = old.keys() | new.keys() if set_since else old.keys()
    for name in sorted(names, key=lambda one: (old.get(one) is None, one)):  # those that were set say more
        if not wanted(name):
            continue
        was, now = old.get(name), new.get(name)
        moved = layout.moved(was, tree) if isinstance(was, str) else was
        if now not in (was, moved):
            yield _differs("threads" if name in THREADS else "variable", name, was, now)


def _seeds(before: Step, after: Step) -> Iterator[Difference]:
    stated = [
        {"seed": step.run.properties["seed"]} if "seed" in step.run.properties else {} for step in (before, after)
    ]
    yield from _mappings("seed", {k: str(v) for k, v in stated[0].items()}, {k: str(v) for k, v in stated[1].items()})
    yield from _items(before, after, "seed", ("hash_seed",))
    yield from _mappings("seed", _shared_seeds(before), _shared_seeds(after))
    for place, (old, new) in enumerate(zip(_own_generators(before), _own_generators(after), strict=False), 1):
        if not equal(old.get("seed"), new.get("seed")):
            yield causes.other_seed(place, old, new)


def _generators_more(before: Step, after: Step) -> Iterator[Difference]:
    """Yield that the program made more or fewer generators: it went another way, for a reason that stands before."""
    old, new = len(_own_generators(before)), len(_own_generators(after))
    if old != new:
        yield _differs("seed", "generators", old, new)


def _shared_seeds(step: Step) -> dict[str, Json]:
    value = item(step.record, "seeds").value
    named = value.items() if isinstance(value, Mapping) else ()
    return {name: one for name, one in named if name not in SEED_DETAILS}


def _own_generators(step: Step) -> list[Mapping[str, Json]]:
    """The generators that the program itself made; those that libraries make for themselves draw no results."""
    value = item(step.record, "seeds").value
    listed = value.get("generators") if isinstance(value, Mapping) else None
    found = [one for one in listed or () if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []
    return [one for one in found if one.get("where") is not None]


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
