"""Hooks: patches of libraries that are put in when the library is imported, hear of calls, and can be taken out again.

A patched function gives back what it always did and raises what it always did. Whatever goes wrong in a hook itself is
one line on stderr, once, and nothing to the program.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from lineal.capture.program import own_modules

Function = Callable[..., Any]
Undo = Callable[[], None]


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Run our own part of a hook: what it raises is said once for each `what`, and the program goes on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  the outermost edge between our code and the user's
        _say_once(what, error)


class Patches:
    """Patches that belong together; `undo` takes them all out, the last one first."""

    def __init__(self) -> None:
        self._undos: list[Undo] = []
        self._lock = threading.Lock()

    def add(self, undo: Undo) -> None:
        """Keep what takes one patch out."""
        with self._lock:
            self._undos.append(undo)

    def patch(self, owner: object, name: str, make: Callable[[Function], Function]) -> None:
        """Put in `make(original)` for the attribute; a name the owner does not have is left alone.

        `make` gets the plain function, also of a classmethod or staticmethod, and gives back its replacement.
        """
        if not hasattr(owner, name):
            return
        raw = inspect.getattr_static(owner, name)
        original: Function = raw.__func__ if isinstance(raw, classmethod | staticmethod) else raw
        replacement = _dressed(make(original), original)
        ours = type(raw)(replacement) if isinstance(raw, classmethod | staticmethod) else replacement
        is_own = name in vars(owner)
        setattr(owner, name, ours)

        def undo() -> None:
            if vars(owner).get(name) is not ours:
                return  # somebody else put theirs over it: to take that out is not ours to do
            if is_own:
                setattr(owner, name, raw)
            else:
                delattr(owner, name)

        self.add(undo)

    def patch_function(
        self, root: str | tuple[str, ...], function: Function | None, make: Callable[[Function], Function]
    ) -> None:
        """Replace a function under every name it has in the modules of the package `root`, and in the program's own.

        All of them, so that it can still be pickled: a function is found again by its module and must be itself there.
        """
        if function is None:
            return
        replacement = _dressed(make(function), function)
        for module in _modules_of((root,) if isinstance(root, str) else root):
            for key in [key for key, value in list(vars(module).items()) if value is function]:
                setattr(module, key, replacement)
                self.add(functools.partial(_put_back, module, key, replacement, function))

    def undo(self) -> None:
        """Take all patches out. Doing so twice is fine."""
        with self._lock:
            undos, self._undos = self._undos, []
        for undo in reversed(undos):
            with telling("taking a hook out"):
                undo()


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a patched function that returned."""

    function: Function
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    result: Any = None

    def argument(self, name: str, position: int | None = None) -> Any:
        """Return an argument by name, else by position (a method's `self` is 0), else None."""
        if name in self.kwargs:
            return self.kwargs[name]
        if position is not None and position < len(self.args):
            return self.args[position]
        return None


class _Inside(threading.local):
    def __init__(self) -> None:  # once in each thread
        self.groups: set[str] = set()


_INSIDE = _Inside()


@contextmanager
def outermost(group: str) -> Iterator[bool]:
    """Give True for the outermost call of this group in this thread, False for the calls it makes itself."""
    first = group not in _INSIDE.groups
    _INSIDE.groups.add(group)
    try:
        yield first
    finally:
        if first:
            _INSIDE.groups.discard(group)


def is_inside(group: str) -> bool:
    """Return whether this thread is in a call of this group."""
    return group in _INSIDE.groups


class Here:
    """What a patched function tells in this process. Pickled with a function or class of the program, it stays here.

    A class of the program's own script is sent to worker processes by its value, with the functions it has then.
    """

    def __init__(self, tell: Callable[..., Any]) -> None:
        self._tell = tell

    def __call__(self, *args: Any) -> Any:
        """Tell it."""
        return self._tell(*args)

    def __reduce__(self) -> tuple[Callable[[], Function], tuple[()]]:
        return nobody, ()


def nobody() -> Function:
    """Return what stands in for it in another process: nothing is told there."""
    return _tell_nobody


def _tell_nobody(*_args: object) -> None:
    return


def after(tell: Callable[[Call], None], *, group: str) -> Callable[[Function], Function]:
    """Return a maker for `patch`: `tell` hears of each call that returned, of the outermost ones of its group only."""
    tell = Here(tell)

    def make(original: Function) -> Function:
        what = f"a hook on {getattr(original, '__qualname__', original)}"

        def hooked(*args: Any, **kwargs: Any) -> Any:
            with outermost(group) as is_first:
                result = original(*args, **kwargs)
                if is_first:
                    with telling(what):
                        tell(Call(original, args, kwargs, result))
            return result

        return hooked

    return make


def around(
    start: Callable[[Call], Any],
    end: Callable[[Call, Any, BaseException | None], None],
    *,
    group: str,
    add: Callable[[Call, Any], Mapping[str, object]] | None = None,
) -> Callable[[Function], Function]:
    """Return a maker for `patch` that tells of a call before and after it; `end` gets what `start` gave back.

    `end` hears of a call that raised as well, with the exception; it gets None where `start` itself failed.
    `add` gives keyword arguments to call the original with, beside or instead of the program's.
    """
    start, end, add = Here(start), Here(end), None if add is None else Here(add)

    def make(original: Function) -> Function:
        what = f"a hook on {getattr(original, '__qualname__', original)}"

        def hooked(*args: Any, **kwargs: Any) -> Any:
            with outermost(group) as is_first:
                if not is_first:
                    return original(*args, **kwargs)
                begun, more = None, kwargs
                with telling(what):
                    begun = start(Call(original, args, kwargs))
                    more = {**kwargs, **(add(Call(original, args, kwargs), begun) or {})} if add else kwargs
                try:
                    result = original(*args, **more)
                except BaseException as error:
                    with telling(what):
                        end(Call(original, args, kwargs), begun, error)
                    raise
                with telling(what):
                    end(Call(original, args, kwargs, result), begun, None)
                return result

        return hooked

    return make


def _modules_of(roots: tuple[str, ...]) -> list[ModuleType]:
    """Return the loaded modules of these packages, and the program's own: they may have imported names before."""
    names = [name for name in list(sys.modules) if name.partition(".")[0] in roots]
    found: list[object] = [sys.modules.get(name) for name in names]  # anything may lie in there
    own = [module for _, module in own_modules() if module.__name__ not in names]
    return [*(module for module in found if isinstance(module, ModuleType)), *own]


def _put_back(module: ModuleType, key: str, ours: Function, original: Function) -> None:
    if vars(module).get(key) is ours:
        setattr(module, key, original)


def _dressed(replacement: Function, original: Function) -> Function:
    functools.update_wrapper(replacement, original)
    code, ours = getattr(original, "__code__", None), getattr(replacement, "__code__", None)
    if code is not None and ours is not None:
        # A library that warns looks for the first frame outside its own directory; that is the user's, not ours.
        replacement.__code__ = ours.replace(co_filename=code.co_filename)
    return replacement


_said: set[str] = set()


def _say_once(what: str, error: Exception) -> None:
    if what in _said:
        return
    _said.add(what)
    try:
        sys.stderr.write(f"lineal: {what} failed, and your program goes on: {type(error).__name__}: {error}\n")
    except Exception:  # noqa: BLE001  stderr is closed, or the error has no text
        return


def forget_said() -> None:
    """Say again what was said once: hooks were put in anew."""
    _said.clear()
