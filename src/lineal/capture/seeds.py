"""Items 24 and 25: the seeds of every random generator in use, and their states when the run starts and ends.

`set_seed` seeds what the program has loaded and remembers it; nothing else here changes a generator.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from lineal.capture.captured import Captured, captured, not_applicable, unknown
from lineal.capture.generators import first_states, is_drawn_idly, note_anew, own_generators, own_states, shared_states
from lineal.capture.outlet import has_outlet
from lineal.capture.program import own_sources
from lineal.capture.seeding import (
    Seeded,
    clock_lines,
    entropy_lines,
    forget_seeds,
    listened_from_the_start,
    made_generators,
    more_generators,
    plain_seed,
    seeding_calls,
)
from lineal.errors import InvalidArgument
from lineal.model.capture_items import (
    BY_LIBRARIES,
    CLOCK,
    ENTROPY,
    IDLE,
    NOT_DRAWN,
    SAYS_NOTHING,
    SEED_DETAILS,
    SYSTEM_ENTROPY,
)
from lineal.model.values import INT64_MAX, INT64_MIN, Json

_NUMPY_MODULUS = 2**32
_MOST_CANDIDATES = 200
_MOST_SEEDS = 50

_set: dict[str, int] = {}


def set_seed(seed: int) -> dict[str, int]:
    """Seed `random`, and NumPy, PyTorch and TensorFlow where they are loaded; return which generator got which seed.

    Generators made before (`numpy.random.default_rng`) keep their own state. A library that is imported later is
    not seeded; the record of the run says so. Raises InvalidArgument for what is not a 64-bit integer.
    """
    if type(seed) is not int or not INT64_MIN <= seed <= INT64_MAX:
        raise InvalidArgument(f"a seed is a 64-bit integer, got {seed!r} ({type(seed).__name__})")
    random.seed(seed)
    _set.clear()
    _set["random"] = seed
    for name in ("numpy", "torch", "tensorflow"):
        seed_library(name, seed)
    return dict(_set)


def seed_library(name: str, seed: int) -> None:
    """Seed NumPy, PyTorch or TensorFlow where it is loaded, and remember it; the other generators go on as they are."""
    library = sys.modules.get(name)
    if library is None:
        return
    if name == "numpy":
        _set[name] = seed % _NUMPY_MODULUS
        # While `numpy.random` is being imported NumPy does not have it as an attribute yet.
        (sys.modules.get("numpy.random") or library.random).seed(_set[name])
    elif name == "torch":
        library.manual_seed(seed)  # seeds every accelerator as well
        _set[name] = seed
    else:
        library.random.set_seed(seed)
        _set[name] = seed


def seeds_item(states: Json = None) -> Captured:
    """Return the seed of each generator in use: set through Lineal, heard, found in the generator, or proved.

    `states` are the states at start and end: a generator whose state never changed needs no seed.
    """
    known: dict[str, Json] = dict(_asked())
    calls = seeding_calls()
    known |= _set
    # Seeding through Lineal is heard as well, so that the last call of all is the last here.
    known |= {call.name: SYSTEM_ENTROPY if call.seed is None else call.seed for call in calls}
    open_ = [name for name in ("random", "numpy") if _is_loaded(name) and name not in known]
    for name in open_:
        found = _proved(name) if states is None else None
        found = found if found is not None else _seen_in(states, name)
        if found is not None:
            known[name] = found
    own = list(_own_seeds())
    lost = [name for name in open_ if name not in known] + [str(one["name"]) for one in own if one["seed"] is None]
    if own:
        known["generators"] = own
    if calls:
        known["calls"] = [{"generator": call.name, "seed": call.seed, "where": call.where} for call in calls]
    for name, lines in ((ENTROPY, entropy_lines()), (CLOCK, clock_lines())):
        if lines:
            known[name] = lines
    return _told(known, lost)


def seeds_of_the_run(start: Captured | None, end: Captured) -> Captured:
    """Return the seeds as they are known at the end: a seed the start knew is that of the run."""
    before = start.value if start is not None and isinstance(start.value, Mapping) else {}
    after = end.value if isinstance(end.value, Mapping) else {}
    kept = {name: seed for name, seed in before.items() if name not in SEED_DETAILS and seed is not None}
    merged = {
        **after,
        **{name: seed for name, seed in kept.items() if seed not in (SYSTEM_ENTROPY, *SAYS_NOTHING)},
    }
    if end.status != "captured" and not kept:
        return end
    return captured(merged, end.reason)


def with_more_seeds(
    item: Captured, heard: Mapping[str, Sequence[Seeded]], lines: Mapping[str, Collection[str]]
) -> Captured:
    """Return the item with the seeds of other processes of the run, by what is seeded where: `numpy in prepare.py`.

    One that had several has them in a list; the calls that seeded are told in the order of their lines. `lines` are
    those that asked for entropy, and for the time of day.
    """
    known = item.value if isinstance(item.value, Mapping) else {}
    value: dict[str, Json] = dict(known)
    for name, calls in sorted(heard.items()):
        seeds = [SYSTEM_ENTROPY if call.seed is None else call.seed for call in calls]
        several = sorted({json.dumps(seed): seed for seed in seeds}.items())[:_MOST_SEEDS]
        value[name] = SYSTEM_ENTROPY if SYSTEM_ENTROPY in seeds else [seed for _, seed in several]
        if len(several) == 1:
            value[name] = several[0][1]
    listed = known.get("calls")
    told: list[Json] = list(listed) if isinstance(listed, list | tuple) else []
    more = {json.dumps(_told_call(call)): _told_call(call) for calls in heard.values() for call in calls if call.where}
    told += [call for _, call in sorted(more.items()) if call not in told]
    if told:
        value["calls"] = told[:_MOST_SEEDS]
    for name, more_lines in lines.items():
        before = known.get(name)
        asked = sorted({*more_lines, *(map(str, before) if isinstance(before, list | tuple) else ())})
        if asked:
            value[name] = list(asked)
    return replace(item, value=value) if value != known else item


def _told_call(call: Seeded) -> dict[str, Json]:
    return {"generator": call.name, "seed": call.seed, "where": call.where}


def unseeded_generators() -> list[str]:
    """Return the shared generators that this process drew from though nobody seeded them, as far as that is known."""
    found = seeds_item({"start": first_states(), "end": shared_states()}).value
    named = found.items() if isinstance(found, Mapping) else ()
    return [name for name, seed in named if name not in SEED_DETAILS and seed == SYSTEM_ENTROPY]


def rng_states_item() -> Captured:
    """Return fingerprints of the states of all generators: equal states draw equal numbers."""
    states = {**shared_states(), **own_states()}
    return captured(states) if states else not_applicable("no random generator is loaded")


def first_rng_states() -> Captured:
    """Return the first states of the shared generators: those of a program that was watched from its beginning."""
    states = first_states()
    return captured(states) if states else not_applicable("no random generator was loaded")


def _told(value: dict[str, Json], lost: list[str]) -> Captured:
    late = [name for name in ("numpy", "torch") if _set and _is_loaded(name) and name not in value]
    drawn = [name for name in lost if name not in late]
    if late and not drawn:
        return captured(value, f"imported after the seed was set, so not seeded: {', '.join(late)}")
    if lost and all(name in lost for name in ("random", "numpy") if _is_loaded(name)) and not _set:
        return unknown(f"not hooked: {', '.join(lost)} was made or seeded before Lineal listened", value or None)
    return captured(value, f"not known of {', '.join(lost)}: made or seeded before Lineal listened" if lost else None)


def _asked() -> Iterator[tuple[str, Json]]:
    """Yield the seeds that libraries tell themselves."""
    torch = sys.modules.get("torch")
    if torch is not None:
        yield "torch", plain_seed(torch.initial_seed())
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            yield "cuda", plain_seed(torch.cuda.initial_seed())
    context = sys.modules.get("tensorflow.python.eager.context")
    if context is not None:
        seed = context.global_seed()
        yield "tensorflow", SYSTEM_ENTROPY if seed is None else plain_seed(seed)
    keras = sys.modules.get("keras.src.backend.common.global_state")
    if keras is not None:
        seed = keras.get_global_attribute("global_random_seed")
        if seed is not None:
            yield "keras", plain_seed(seed)


def _own_seeds() -> Iterator[dict[str, Json]]:
    """Yield the seeds of the program's own generators; NumPy's and PyTorch's remember theirs, also from before."""
    heard = {id(one.generator): one for one in made_generators()}
    for name, generator in own_generators().items():
        one = heard.get(id(generator))
        seed = _seed_within(generator)
        entry: dict[str, Json] = {"name": name, "seed": seed}
        if one is not None:
            if seed is None:
                entry["seed"] = SYSTEM_ENTROPY if one.seeded.seed is None else one.seeded.seed
            entry["asked"] = one.seeded.seed  # null: it was left to the system, whose choice is `seed`
            entry["where"] = one.seeded.where
        yield entry
    more, unseeded = more_generators()
    if more:
        yield {"name": f"{more} more", "seed": SYSTEM_ENTROPY if unseeded else "not looked at"}


def _seed_within(generator: object) -> Json:
    bits = getattr(generator, "bit_generator", None)
    sequence = getattr(bits, "seed_seq", None) or getattr(bits, "_seed_seq", None)
    if sequence is not None:
        return plain_seed(getattr(sequence, "entropy", None))
    initial = getattr(generator, "initial_seed", None)
    return plain_seed(initial()) if callable(initial) else None


def _proved(name: str) -> Json:
    """Return the number in the program's text from which a fresh generator has exactly the present state, or None."""
    module = sys.modules["random" if name == "random" else "numpy.random"]
    if name == "numpy" and module.get_state(legacy=False)["bit_generator"] != "MT19937":
        return None  # the program's own choice, which no seed alone gives
    texts = [text for text in own_sources() if "seed" in text]
    numbers = dict.fromkeys(number for text in texts for number in re.findall(r"(?<![\w.])\d{1,10}(?![\w.])", text))
    state = module.getstate() if name == "random" else module.get_state()
    for number in list(numbers)[:_MOST_CANDIDATES]:
        seed = int(number)
        if name == "random" and random.Random(seed).getstate() == state:  # noqa: S311 — to compare states
            return seed
        if name == "numpy" and seed < _NUMPY_MODULUS and _same(module.RandomState(seed).get_state(), state):
            return seed
    return None


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    words, others = one[1], other[1]
    return one[2:] == other[2:] and one[0] == other[0] and bytes(words) == bytes(others)  # type: ignore[call-overload]


def _is_loaded(name: str) -> bool:
    return ("numpy.random" if name == "numpy" else name) in sys.modules


def _is_imported_by_the_program(name: str) -> bool:
    return any(re.search(rf"\b(?:import|from)\b[^\n]*\b{name}\b", text) for text in own_sources())


def _seen_in(states: Json, name: str) -> Json:
    """Return what stands for the seed of a shared generator of which none is known, by its states; None for nothing."""
    start, end = (states.get(moment) if isinstance(states, Mapping) else None for moment in ("start", "end"))
    if isinstance(start, Mapping) and isinstance(end, Mapping) and name in start:
        if start[name] == end.get(name):
            return NOT_DRAWN
        if is_drawn_idly(start[name], end.get(name)):
            return IDLE
    if name == "random" and not _is_imported_by_the_program(name):
        return BY_LIBRARIES
    return SYSTEM_ENTROPY if listened_from_the_start() else None


def _begin_anew() -> None:
    """Python seeds `random` anew in a forked process, whatever it was seeded with: that is no seed of the worker's."""
    if has_outlet():
        forget_seeds("random")
        _set.pop("random", None)
        note_anew("random", random)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)  # after what `random` itself does: it is imported above
