"""Trainings: what the hooks on `fit` and `train` have in common, whichever library they are of.

Trainings call each other: a search fits estimators, those fit boosters. The outermost one is told.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from lineal.integrations.hooks import Call, Function, around, outermost, telling
from lineal.integrations.listener import Fit, FitEnd, Listener
from lineal.model.values import Value

GROUP = "training"

Start = Callable[[Call], Fit]
End = Callable[[Call, Fit], FitEnd]
Add = Callable[[Call, Fit], Mapping[str, object]]
Stop = Callable[[Call, Fit], None]


@dataclass(frozen=True, slots=True)
class _Begun:
    fit: Fit
    at: float


def training(
    listener: Listener,
    start: Start,
    end: End,
    *,
    add: Add | None = None,
    stop: Callable[[Call, Fit], None] | None = None,
) -> Callable[[Function], Function]:
    """Return a maker for `patch`: `start` says what begins and `end` what came of it; both are told to the listener.

    Wall-clock time is added. Where `end` fails the training is told all the same, with less about it. `add` gives
    keyword arguments to call the library with, beside or instead of the user's: a callback. `stop` is called first of
    all when a training is over, also where it failed.
    """

    def begin(call: Call) -> _Begun:
        fit = start(call)
        listener.fit_started(fit)
        return _Begun(fit, time.perf_counter())

    def finish(call: Call, begun: _Begun | None, error: BaseException | None) -> None:
        if begun is None:
            return
        if stop is not None:
            with telling(f"the end of {begun.fit.by}"):
                stop(call, begun.fit)
        seconds: dict[str, Value] = {"seconds": round(time.perf_counter() - begun.at, 6)}
        told = FitEnd(error=error)
        if error is None:
            with telling(f"what {begun.fit.by} made"):
                told = end(call, begun.fit)
        listener.fit_ended(begun.fit, replace(told, facts={**seconds, **told.facts}))

    def added(call: Call, begun: _Begun | None) -> Mapping[str, object]:
        return add(call, begun.fit) if add is not None and begun is not None else {}

    return around(begin, finish, group=GROUP, add=added)


def untold(original: Function) -> Function:
    """Return a replacement in which trainings are part of another one: a worker thread's, or those of a comparison."""

    def hooked(*args: object, **kwargs: object) -> object:
        with within_training():
            return original(*args, **kwargs)

    return hooked


def within_training() -> AbstractContextManager[bool]:
    """Enter a training, so that those below are not told on their own."""
    return outermost(GROUP)


def arguments(call: Call) -> dict[str, object]:
    """Return the arguments of a call by name, without those left to their defaults; empty where they do not fit."""
    try:
        bound = inspect.signature(call.function).bind(*call.args, **call.kwargs)
    except (TypeError, ValueError):
        return {}
    found: dict[str, object] = {}
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            found |= value
        elif kind is not inspect.Parameter.VAR_POSITIONAL:
            found[name] = value
    return found


def name_of(thing: object) -> str:
    """Return the full name of a class or of an object's class: `sklearn.linear_model.LinearRegression`.

    Private modules are left out, as people write it.
    """
    kind = thing if isinstance(thing, type) else type(thing)
    parts = [part for part in kind.__module__.split(".") if not part.startswith("_")]
    return ".".join([*parts, kind.__qualname__])


def with_callback(call: Call, callback: object, *, first: bool) -> dict[str, object]:
    """Return the keyword argument `callbacks` with ours among the user's, who keeps a list of their own.

    Nothing where they are given by position: the call stays as it is.
    """
    given = arguments(call).get("callbacks")
    if given is not None and "callbacks" not in call.kwargs:
        return {}
    others = list(given) if isinstance(given, list | tuple) else []
    if given is not None and not isinstance(given, list | tuple):
        return {}
    return {"callbacks": [callback, *others] if first else [*others, callback]}
