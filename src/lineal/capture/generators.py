"""Generators: tells which state every random generator has, those everybody shares and those the program made.

Equal states draw equal numbers. Asking never changes one, and never starts an accelerator.
"""

from __future__ import annotations

import hashlib
import random
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType

from lineal.capture.captured import Captured, captured
from lineal.capture.fingerprints.arrays import array_bytes
from lineal.capture.first_states import GENERATORS, begin_with_recorded, hold_first
from lineal.capture.guard import guarded
from lineal.capture.program import own_modules
from lineal.capture.seeding import made_generators
from lineal.model.fingerprint import of_bytes, text
from lineal.model.values import Json

_SHARED = (("random", "random"), ("numpy", "numpy.random"), ("torch", "torch"), ("tensorflow", "tensorflow"))

_MOST_IDLE = 10_000

_first: dict[str, Json] = {}
_idle: dict[str, str] = {}
"""From one state to the next, by draws that act on nothing."""


def shared_states() -> dict[str, Json]:
    """Return the state of each generator everybody shares, as a fingerprint or why there is none."""
    states: dict[str, Json] = {}
    for name, module in _SHARED:
        loaded = sys.modules.get(module)
        if loaded is not None:
            found = guarded(lambda name=name, loaded=loaded: captured(_shared(name, loaded)))  # type: ignore[misc]
            states[name] = found.value if found.status == "captured" else f"unknown: {found.reason}"
    return {name: state for name, state in states.items() if state is not None}


def note_first_states() -> None:
    """Note the states of shared generators that are loaded now and were not before: the first state of each."""
    for name, place in _SHARED:
        module = sys.modules.get(place)
        if module is not None and name in GENERATORS and name not in _first:
            guarded(lambda name=name, module=module: _begin(name, module))  # type: ignore[misc]
    for name, state in shared_states().items():
        _first.setdefault(name, state)


def note_anew(name: str, module: ModuleType) -> None:
    """Note the present state of a shared generator as its first."""
    state = _shared(name, module)
    if state is not None:
        _first[name] = state


def _begin(name: str, module: ModuleType) -> Captured:
    begin_with_recorded(name, module)
    hold_first(name, module)
    return captured(None)


def first_states() -> dict[str, Json]:
    """Return the first state of each shared generator, as it was when it was loaded or listening began."""
    return dict(_first)


def shared_state(name: str) -> str | None:
    """Return the state of one shared generator now; None where it is not loaded."""
    module = sys.modules.get(dict(_SHARED)[name])
    return None if module is None else _shared(name, module)


def note_idle_draws(name: str, before: str) -> None:
    """Note that what was drawn from a shared generator since this state acts on nothing."""
    after = shared_state(name)
    if after is not None and after != before and len(_idle) < _MOST_IDLE:
        _idle[before] = after


def is_drawn_idly(start: Json, end: Json) -> bool:
    """Return whether nothing but draws that act on nothing lie between two states of a generator."""
    state: Json = start
    for _ in range(len(_idle)):
        if state == end or not isinstance(state, str):
            break
        state = _idle.get(state)
    return state == end and bool(_idle)


def own_states() -> dict[str, Json]:
    """Return the states of the program's own generators: those heard being made, then those in its modules."""
    states: dict[str, Json] = {}
    for name, generator in own_generators().items():
        found = guarded(lambda generator=generator: captured(state_of(generator)))  # type: ignore[misc]
        states[name] = found.value if found.status == "captured" else f"unknown: {found.reason}"
    return states


def own_generators() -> dict[str, object]:
    """Return the program's own generators by a name that is the same in the next run."""
    made = made_generators()
    found = {f"{one.seeded.name}#{number}": one.generator for number, one in enumerate(made, 1)}
    known = {id(generator) for generator in found.values()}
    for module, name, value in _globals():
        if id(value) not in known and _is_generator(value):
            known.add(id(value))
            found[f"{module}.{name}"] = value
    return found


def state_of(generator: object) -> str:
    """Return the fingerprint of the state of one generator; raises TypeError for what is none."""
    if type(generator) is random.Random:
        return _python_state(generator.getstate())
    if hasattr(generator, "bit_generator"):  # numpy.random.Generator
        return _nested_state(generator.bit_generator.state)
    if hasattr(generator, "get_state"):
        state = generator.get_state(legacy=False) if _kind(generator).startswith("numpy.") else generator.get_state()
        return _nested_state(state) if isinstance(state, dict) else of_bytes(state.numpy().tobytes())
    raise TypeError(f"a {type(generator).__name__} is no random generator")


def _shared(name: str, module: ModuleType) -> str | None:
    if name == "random":
        return _python_state(module.getstate())
    if name == "numpy":
        return _numpy_state(module)
    return _torch_state(module) if name == "torch" else _tensorflow_state()


def _globals() -> Iterator[tuple[str, str, object]]:
    for name, module in own_modules():
        for key, value in list(vars(module).items()):
            yield name, key, value


def _is_generator(value: object) -> bool:
    # By its type alone: what stands in for something else (a proxy, a lazy object) is not asked what it is.
    return type(value) is random.Random or _kind(value) in ("numpy.Generator", "numpy.RandomState", "torch.Generator")


def _kind(value: object) -> str:
    kind = type(value)
    return f"{(kind.__module__ or '').partition('.')[0]}.{kind.__name__}"


def _python_state(state: Sequence[object]) -> str:
    version, words, gauss = state
    assert isinstance(words, tuple)
    return of_bytes(struct.pack(f"<q{len(words)}Q?d", version, *words, gauss is not None, gauss or 0.0))


def _numpy_state(module: ModuleType) -> str:
    state = module.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        return _nested_state(state)  # another one that the program put into its place, with numbers of its own
    inner = state["state"]
    digest = hashlib.sha256(str(state["bit_generator"]).encode())
    for name in sorted(inner):
        digest.update(array_bytes(inner[name]))
    digest.update(struct.pack("<?d", bool(state.get("has_gauss")), float(state.get("gauss", 0.0))))
    return text(digest.digest())


def _nested_state(state: Mapping[str, object]) -> str:
    digest = hashlib.sha256()
    for name, value in sorted(_leaves(state)):
        data = value.tobytes() if hasattr(value, "tobytes") else str(value).encode()
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return text(digest.digest())


def _leaves(state: Mapping[str, object], path: str = "") -> Iterator[tuple[str, object]]:
    for key, value in state.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _torch_state(torch: ModuleType) -> str:
    digest = hashlib.sha256(torch.get_rng_state().numpy().tobytes())
    # Asking a device that was never used would start it, and a forked worker must not ask at all.
    if torch.cuda.is_initialized():
        for state in torch.cuda.get_rng_state_all():
            digest.update(state.numpy().tobytes())
    return text(digest.digest())


def _tensorflow_state() -> str | None:
    """Return the state of what TensorFlow draws the seeds of its operations from; None before it has begun to."""
    module = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(module, "context_safe", lambda: None)()
    drawn_from = getattr(context, "_rng", None)
    return _python_state(drawn_from.getstate()) if isinstance(drawn_from, random.Random) else None
