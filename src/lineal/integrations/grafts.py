"""Grafts: functions of libraries hooked in place, so that they stay the same objects under every name.

Metric functions are held by scorers and pickled with models, by name: one that was replaced would no longer be found
again, and the program's own pickling would fail. A graft changes what a function runs, and nothing else about it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from lineal.integrations.hooks import Function, Patches

_HOOK = "_lineal_hook"


def graft(patches: Patches, function: object, make: Callable[[Function], Function]) -> None:
    """Let a function run `make(original)`, where the original is its twin; what is no function is left alone."""
    if not isinstance(function, FunctionType):
        return
    code, keywords = function.__code__, function.__kwdefaults__
    if code.co_name == _HOOK or _HOOK in (keywords or {}):
        return
    stem = _stem.__code__.replace(
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_filename=code.co_filename,  # a library that warns looks for the first frame outside its own directory
        co_firstlineno=code.co_firstlineno,
        co_freevars=code.co_freevars,  # unused, but a function's code must have as many as its closure
    )
    # In this order another thread that calls it meanwhile finds what it needs: an unknown default is ignored.
    ours = make(_twin(function))
    function.__kwdefaults__ = {**(keywords or {}), _HOOK: ours}
    function.__code__ = stem

    def undo() -> None:
        if function.__code__ is stem:
            function.__code__ = code
            function.__kwdefaults__ = keywords

    patches.add(undo)


def _stem(*args: Any, _lineal_hook: Function, **kwargs: Any) -> Any:
    return _lineal_hook(*args, **kwargs)


def _twin(function: FunctionType) -> FunctionType:
    """Return a function that does what this one does now."""
    twin = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    twin.__dict__.update(vars(function))
    twin.__qualname__, twin.__module__ = function.__qualname__, function.__module__
    return twin
