"""Scores: numbers that the program computes about its models by calling a library, told with the data they are of.

What a library computes for itself, within a training or within another score, is part of that and not told.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType

from lineal.capture.program import is_own_code
from lineal.capture.secrets import redact_value
from lineal.integrations.callers import called, own_frames, way_of
from lineal.integrations.grafts import graft
from lineal.integrations.hooks import Call, Function, Here, Patches, is_inside, telling
from lineal.integrations.listener import Listener, Score
from lineal.integrations.params import number
from lineal.integrations.training import GROUP as TRAINING
from lineal.integrations.training import within_training
from lineal.model.values import Json

_LONGEST = 40
_MOST_SETTINGS = 8

Tell = Callable[[Call], None]


def scoring(tell: Tell, *, depth: int = 1) -> Callable[[Function], Function]:
    """Return a maker for `patch`: `tell` hears of the calls that the program's own code makes, the outermost ones.

    `depth` is how many frames the caller is away from the replacement: 2 in a graft.
    """
    heard = Here(tell)

    def make(original: Function) -> Function:
        what = f"a hook on {getattr(original, '__qualname__', original)}"

        def hooked(*args: object, **kwargs: object) -> object:
            if is_inside(TRAINING):
                return original(*args, **kwargs)
            caller = sys._getframe(depth)  # noqa: SLF001  the documented way to one's caller
            with within_training():  # scores call each other, and fit encoders of labels
                result = original(*args, **kwargs)
            if is_own_code(caller.f_code.co_filename):
                with telling(what):
                    heard(Call(original, args, kwargs, result))
            return result

        return hooked

    return make


def hook_method(patches: Patches, owner: type, name: str, tell: Tell) -> None:
    """Hook a method that a class has itself, also one that is there only where another object has it."""
    raw = vars(owner).get(name)
    if isinstance(raw, FunctionType):
        patches.patch(owner, name, scoring(tell))
    else:
        graft(patches, getattr(raw, "fn", None), scoring(tell, depth=2))  # scikit-learn's `available_if`


def tell_score(
    listener: Listener,
    name: str,
    values: object,
    *,
    by: str,
    on: object = None,
    settings: Mapping[str, object] | None = None,
) -> None:
    """Tell a number, or the numbers of one call by name; what is none is left out. `on` is the data they are of."""
    parts = {str(part): _numbers(value) for part, value in values.items()} if isinstance(values, Mapping) else {}
    one = number(values)
    numbers = {"": [one]} if one is not None else {part: found for part, found in parts.items() if found}
    if not numbers:
        return
    frames = own_frames()
    listener.scored(
        Score(by=by, name=name, values=numbers, on=called(frames, on), way=way_of(frames), settings=_plain(settings))
    )


def _numbers(value: object) -> Sequence[float]:
    if isinstance(value, list | tuple) or getattr(value, "ndim", 0) == 1:
        found = [number(one) for one in value]  # type: ignore[attr-defined]  # a list, or an array of one dimension
        return [] if None in found else found  # type: ignore[return-value]  # that is what was asked
    one = number(value)
    return [] if one is None else [one]


def _plain(settings: Mapping[str, object] | None) -> dict[str, Json]:
    """Return what tells two calls of one function apart: `average="macro"`; no data, nothing long, no secret."""
    found: dict[str, Json] = {}
    for name, value in list((settings or {}).items())[:_MOST_SETTINGS]:
        if isinstance(value, str) and len(value) <= _LONGEST:
            found[name] = redact_value(name, value)
        elif isinstance(value, bool | int | float):
            found[name] = value
    return found
