"""Seeds as the program gave them: what its seeding calls said while Lineal listened, and the generators it made.

`integrations/generators` tells; `seeds` asks. Nothing here changes a generator.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

from lineal.capture.clock import is_among, is_of_the_clock
from lineal.capture.forks import ForkedLock
from lineal.capture.outlet import CLOCK, ENTROPY, SEED, pass_on
from lineal.capture.program import is_ours, is_own_code
from lineal.model.fingerprint import of_bytes
from lineal.model.values import INT64_MAX, INT64_MIN, Json

_MOST_GENERATORS = 32
_MOST_CALLS = 20
_MOST_FRAMES = 20
_MOST_WORDS = 16
_LONGEST = 200
_ASKS = ("uuid.py", "secrets.py", "random.py")
"""Modules of the standard library that ask the system for entropy for whoever calls them."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """One seeding call: of which generator, the seed (None: the system's entropy), and the line that called."""

    name: str
    seed: Json
    where: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """A generator that was made: by which call from which seed, and itself, for its state at the end."""

    seeded: Seeded
    generator: object


@dataclass
class _Heard:
    listening: bool = False
    from_the_start: bool = False
    seeded: list[Seeded] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    entropy: set[str] = field(default_factory=set)
    clock: dict[str, Json] = field(default_factory=dict)
    began: float = 0.0
    more: int = 0
    more_unseeded: int = 0


_heard = _Heard()
_lock = ForkedLock()


def begin_listening() -> None:
    """Say that seeding calls are heard from now on."""
    if not _heard.listening:
        _heard.listening = True
        _heard.began = time.time()
        _heard.from_the_start = not _program_has_begun()


def note_beginning(began: float) -> None:
    """Note when the command began of which this program is a part: since then one of them may have taken the time."""
    _heard.began = min(_heard.began, began)


def hear_seed(name: str, seed: object) -> None:
    """Hear that the generator `name` that everybody shares (`random`, `numpy`) was seeded."""
    heard = Seeded(name, plain_seed(seed), _caller())
    with _lock:
        _heard.seeded.append(heard)
        del _heard.seeded[:-_MOST_CALLS]
    _pass_on(heard, is_direct=_direct_caller() is not None)


def forget_seeds(name: str) -> None:
    """Forget how a shared generator was seeded: it has been seeded anew by nobody we heard."""
    _heard.seeded[:] = [one for one in _heard.seeded if one.name != name]


def hear_generator(by: str, seed: object, generator: object, *, again: bool = False) -> None:
    """Hear that a generator was made; those the program's own code makes are held, to tell their states at the end.

    With `again` it may be one that is held already, and gets another seed now.
    """
    where = _direct_caller()
    if where is None:
        return  # a library's own business, which may be different in each process
    heard = Seeded(by, plain_seed(seed), where)
    with _lock:
        known = next((place for place, made in enumerate(_heard.made) if made.generator is generator), None)
        if known is not None and not again:
            return  # default_rng gives a generator back that it was given
        if known is not None:
            _heard.made[known] = Made(heard, generator)
        elif len(_heard.made) >= _MOST_GENERATORS:
            _heard.more += 1
            _heard.more_unseeded += heard.seed is None
            return
        else:
            _heard.made.append(Made(heard, generator))
    _pass_on(heard, is_direct=True)


def _pass_on(heard: Seeded, *, is_direct: bool) -> None:
    """Pass a seeding call on; where its seed is the time of day, its line is kept as one that asks the clock."""
    pass_on(SEED, heard.name, heard.seed, heard.where, is_direct)
    if heard.where is not None and is_of_the_clock(heard.seed, _heard.began):
        with _lock:
            _heard.clock[heard.where] = heard.seed
        pass_on(CLOCK, heard.where, heard.seed)


def hear_entropy() -> None:
    """Hear, from the hook on it, that the system was asked for entropy; the program's own lines are kept.

    Those that ask through `uuid` count as well, those of libraries (and of Lineal) that want a name do not.
    """
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 — who called what called us
    while frame is not None and frame.f_code.co_filename.endswith(_ASKS):
        frame = frame.f_back
    if frame is not None and len(_heard.entropy) < _MOST_CALLS and is_own_code(frame.f_code.co_filename):
        with _lock:
            _heard.entropy.add(_line(frame))
        pass_on(ENTROPY, _line(frame))


def entropy_lines() -> list[str]:
    """Return the lines of the program that asked the system for entropy, which no seed repeats."""
    with _lock:
        return sorted(_heard.entropy)


def clock_lines() -> list[str]:
    """Return the lines of the program that gave a generator the time of day as its seed, which no argument names."""
    with _lock:
        return sorted(line for line, seed in _heard.clock.items() if not is_among(seed, sys.orig_argv))


def seeding_calls() -> tuple[Seeded, ...]:
    """Return the last seeding calls of shared generators, in order."""
    with _lock:
        return tuple(_heard.seeded)


def made_generators() -> tuple[Made, ...]:
    """Return the generators made while Lineal listened, in order."""
    with _lock:
        return tuple(_heard.made)


def more_generators() -> tuple[int, int]:
    """Return how many more were made than are held, and how many of those were given no seed."""
    with _lock:
        return _heard.more, _heard.more_unseeded


def listened_from_the_start() -> bool:
    """Return whether every seeding call of the program was heard."""
    return _heard.from_the_start


def made_by_the_program() -> int | None:
    """Return how many generators were made before the one that is about to be; None where a library makes it."""
    if _direct_caller() is None:
        return None
    with _lock:
        return len(_heard.made)


def plain_seed(seed: object) -> Json:
    """Return a seed as it can be recorded: a number, a short list of them, or the fingerprint of anything longer."""
    if seed is None or isinstance(seed, bool):
        return seed
    if hasattr(seed, "__index__"):
        number = int(seed.__index__())
        return number if INT64_MIN <= number <= INT64_MAX else str(number)
    if isinstance(seed, float):
        return seed
    if isinstance(seed, list | tuple) and len(seed) <= _MOST_WORDS:
        return [plain_seed(word) for word in seed]
    if hasattr(seed, "entropy"):
        return plain_seed(seed.entropy)
    data = seed if isinstance(seed, bytes | bytearray) else str(seed)[:_LONGEST].encode("utf-8", "backslashreplace")
    return of_bytes(bytes(data))


def _program_has_begun() -> bool:
    main = sys.modules.get("__main__")
    return getattr(main, "__file__", None) is not None or getattr(main, "__spec__", None) is not None


def _caller() -> str | None:
    """Return the nearest line of the user's own code, as `train.py:12`."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 — the documented way to one's caller
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return None
        if is_own_code(frame.f_code.co_filename):
            return _line(frame)
        frame = frame.f_back
    return None


def _direct_caller() -> str | None:
    """Return the line that called, if it is the user's own code: no library, working for itself or for somebody."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 — the documented way to one's caller
    while frame is not None and (is_ours(frame.f_code.co_filename) or frame.f_code.co_filename.endswith(".pyx")):
        frame = frame.f_back
    while frame is not None and frame.f_code.co_filename == random.__file__:
        frame = frame.f_back  # what Python's `random` does for whoever asked it to
    return _line(frame) if frame is not None and is_own_code(frame.f_code.co_filename) else None


def _line(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename.replace(chr(92), '/').rpartition('/')[2]}:{frame.f_lineno}"
