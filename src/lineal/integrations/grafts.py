"""Grafts: functions of libraries hooked in place, so that they stay the same objects under every name.

Metric functions are held by scorers and pickled with models, by name: one that was replaced would no longer be found
again, and the program's own pickling would fail. A graft changes what a function runs, and nothing else about it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from lineal.integrations.hooks import Function, Patches

_HOOK = "_lineal_hook"

_NEWEST = (3, 13)
"""The newest Python that grafts were tried on, debuggers and error reports included. A later one gets none.

What a frame is made of is the interpreter's own business, and a score unheard is better than a program that crashes.
"""

_SOURCE = """
def outer({names}):
    def stem(*args, {hook}, **kwargs):
        return {hook}(*args, **kwargs)
        [{names}]
    return stem
"""


def graft(patches: Patches, function: object, make: Callable[[Function], Function]) -> None:
    """Let a function run `make(original)`, where the original is its twin; what is no function is left alone."""
    if not isinstance(function, FunctionType) or sys.version_info[:2] > _NEWEST:
        return
    code, keywords = function.__code__, function.__kwdefaults__
    if _HOOK in (keywords or {}):
        return
    stem = _stem(len(code.co_freevars)).replace(
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_filename=code.co_filename,  # a library that warns looks for the first frame outside its own directory
        co_firstlineno=code.co_firstlineno,
        co_freevars=code.co_freevars,
    )
    # In this order another thread that calls it meanwhile finds what it needs: an unknown default is ignored.
    twin, has_signature = _twin(function), "__wrapped__" in vars(function)
    ours = make(twin)
    if not has_signature:
        function.__wrapped__ = twin  # type: ignore[attr-defined]  # where `inspect.signature` looks
    function.__kwdefaults__ = {**(keywords or {}), _HOOK: ours}
    function.__code__ = stem

    def undo() -> None:
        if function.__code__ is stem:
            function.__code__ = code
            function.__kwdefaults__ = keywords
            if not has_signature:
                vars(function).pop("__wrapped__", None)

    patches.add(undo)


@lru_cache
def _stem(variables: int) -> CodeType:
    """Return the code that calls the hook, with as many variables of an outer function as the closure it is put on has.

    They are named where nothing is run any more, so that the compiler makes them such variables: only then do they
    exist when a debugger or an error report looks at the frame.
    """
    names = ", ".join(f"v{number}" for number in range(variables))
    found: dict[str, Any] = {}
    exec(_SOURCE.format(hook=_HOOK, names=names), found)  # noqa: S102  our own text, with numbers in it
    code: CodeType = found["outer"](*range(variables)).__code__
    return code


def _twin(function: FunctionType) -> FunctionType:
    """Return a function that does what this one does now."""
    twin = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    twin.__dict__.update(vars(function))
    twin.__qualname__, twin.__module__ = function.__qualname__, function.__module__
    return twin
