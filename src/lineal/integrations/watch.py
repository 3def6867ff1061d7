"""What Lineal hears of a program from its first run on: seeding calls, generators made, environment variables read.

Put in once, by the first run or `autolog`, and taken out with `Patches.undo`. `capture` keeps what is heard.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType, ModuleType

from lineal.capture.first_states import is_recorded, recorded_seed
from lineal.capture.generators import note_first_states
from lineal.capture.program import is_own_code
from lineal.capture.seeding import begin_listening, hear_entropy, hear_generator, hear_seed, made_by_the_program
from lineal.capture.variables import hear_read, is_heard
from lineal.integrations.hooks import Call, Function, Patches, after, telling
from lineal.integrations.idle_draws import watch_idle_draws
from lineal.integrations.imports import when_imported

_MOST_FRAMES = 6
_watching: list[Patches] = []


def watch_program() -> Patches:
    """Hear of seeds and variables from now on; asked again while that goes on, give back the same patches."""
    if _watching:
        return _watching[0]
    patches = Patches()
    patches.add(_watching.clear)
    begin_listening()
    patches.add(when_imported("random", lambda module: _python(module, patches)))
    patches.add(when_imported("numpy.random", lambda module: _numpy(module, patches)))
    patches.add(when_imported("torch", lambda _: note_first_states()))
    watch_idle_draws(patches)
    patches.patch(type(os.environ), "__getitem__", _reading)
    patches.patch(os, "urandom", _asking)
    _watching.append(patches)
    return patches


def _python(module: ModuleType, patches: Patches) -> None:
    note_first_states()
    patches.patch_function("random", module.seed, after(_seeded("random"), group="seed random"))
    patches.patch(module.Random, "seed", after(_seeded_its_own, group="seed a generator"))
    patches.patch(module, "_urandom", _asking)  # what `secrets` and NumPy's seeds come from


def _numpy(module: ModuleType, patches: Patches) -> None:
    note_first_states()
    patches.patch_function("numpy", module.seed, after(_seeded("numpy"), group="seed numpy"))
    patches.patch_function("numpy", module.default_rng, _making)


def _seeded(name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        hear_seed(name, call.args[0] if call.args else call.kwargs.get("a", call.kwargs.get("seed")))

    return tell


def _seeded_its_own(call: Call) -> None:
    """Tell of a generator of Python's, as it is made or when it is seeded later."""
    generator = call.args[0]
    if type(generator).__module__ == "random" and type(generator).__name__ == "Random":
        hear_generator("random.Random", call.argument("a", 1), generator, again=True)


def _making(original: Function) -> Function:
    make = _with_recorded_seed(original) if is_recorded() else original
    return after(_made, group="make a generator")(make)


def _with_recorded_seed(original: Function) -> Function:
    """Return the maker that gives a generator without a seed the one that the system gave it then."""

    def make(seed: object = None) -> object:
        place = made_by_the_program() if seed is None else None
        recorded = None if place is None else recorded_seed(place)
        return original(seed if recorded is None else recorded)

    return make


def _made(call: Call) -> None:
    hear_generator("numpy.random.default_rng", call.argument("seed", 0), call.result)


def _asking(original: Function) -> Function:
    def asks(size: int) -> object:
        with telling("the hook on the system's entropy"):
            hear_entropy()
        return original(size)

    return asks


def _reading(original: Function) -> Function:
    def reads(self: object, key: object) -> object:
        with telling("the hook on environment variables"):
            if isinstance(key, str) and not is_heard(key) and _is_asked_by_the_program():
                hear_read(key)
        return original(self, key)

    return reads


def _is_asked_by_the_program() -> bool:
    """Whether the user's own code asks: directly, or through `os.getenv` and `os.environ.get`."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  the documented way to one's caller
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return False
        name = frame.f_code.co_filename
        if is_own_code(name):
            return True
        if not name.endswith(("os.py", "_collections_abc.py", "<frozen os>", "<frozen _collections_abc>")):
            return False
        frame = frame.f_back
    return False
