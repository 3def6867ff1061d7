"""Seeds as the program gave them: what its seeding calls said while Lineal listened, and the generators it made.

`integrations/generators` tells; `seeds` asks. Nothing here changes a generator.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import FrameType

from lineal.capture.forks import ForkedLock
from lineal.capture.outlet import ENTROPY, SEED, pass_on
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
    more: int = 0


_heard = _Heard()
_lock = ForkedLock()


def begin_listening() -> None:
    """Say that seeding calls are heard from now on."""
    if not _heard.listening:
        _heard.listening = True
        _heard.from_the_start = not _program_has_begun()


def hear_seed(name: str, seed: object) -> None:
    """Hear that the generator `name` that everybody shares (`random`, `numpy`) was seeded."""
    heard = Seeded(name, plain_seed(seed), _caller())
    with _lock:
        _heard.seeded.append(heard)
        del _heard.seeded[:-_MOST_CALLS]
    pass_on(SEED, heard.name, heard.seed, heard.where, _direct_caller() is not None)


def forget_seeds(name: str) -> None:
    """Forget how a shared generator was seeded: it has been seeded anew by nobody we heard."""
    _heard.seeded[:] = [one for one in _heard.seeded if one.name != name]


def hear_generator(by: str, seed: object, generator: object) -> None:
    """Hear that a generator was made; those the program's own code makes are held, to tell their states at the end."""
    where = _direct_caller()
    if where is None:
        return  # a library's own business, which may be different in each process
    heard = Seeded(by, plain_seed(seed), where)
    with _lock:
        if any(made.generator is generator for made in _heard.made):
            return  # default_rng gives a generator back that it was given
        if len(_heard.made) >= _MOST_GENERATORS:
            _heard.more += 1
            return
        _heard.made.append(Made(heard, generator))
    pass_on(SEED, heard.name, heard.seed, heard.where, where is not None)


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


def seeding_calls() -> tuple[Seeded, ...]:
    """Return the last seeding calls of shared generators, in order."""
    with _lock:
        return tuple(_heard.seeded)


def made_generators() -> tuple[tuple[Made, ...], int]:
    """Return the generators made while Lineal listened, in order, and how many more there were."""
    with _lock:
        return tuple(_heard.made), _heard.more


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
    within = (".pyx", getattr(sys.modules.get("random"), "__file__", None) or ".pyx")  # the generators themselves
    while frame is not None and (is_ours(frame.f_code.co_filename) or frame.f_code.co_filename.endswith(within)):
        frame = frame.f_back
    return _line(frame) if frame is not None and is_own_code(frame.f_code.co_filename) else None


def _line(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename.replace(chr(92), '/').rpartition('/')[2]}:{frame.f_lineno}"
