"""Post-import hooks: act on a module when the program imports it, or now if it has (PEP 451).

`import lineal` and `lineal.autolog()` import no framework; they wait for one here.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from lineal.integrations.hooks import Undo, telling

Act = Callable[[ModuleType], None]


def when_imported(name: str, act: Act) -> Undo:
    """Call `act` with the module once it is imported, at once if it is loaded; the undo stops waiting for it."""
    module = sys.modules.get(name)
    if module is not None:
        with telling(f"the hook on {name}"):
            act(module)
        return lambda: None
    _FINDER.wait(name, act)
    return lambda: _FINDER.forget(name, act)


class _Finder:
    """Finds the modules waited for as the other finders do, and has their loader call back."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Act]] = {}
        self._finding = threading.local()

    def wait(self, name: str, act: Act) -> None:
        self._waiting.setdefault(name, []).append(act)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def forget(self, name: str, act: Act) -> None:
        acts = self._waiting.get(name, [])
        if act in acts:
            acts.remove(act)
        if not acts:
            self._waiting.pop(name, None)
        if not self._waiting and self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._waiting or getattr(self._finding, "name", None) == fullname:
            return None
        self._finding.name = fullname
        try:
            spec = _found(fullname, path, target)
        finally:
            self._finding.name = None
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return None
        loader: Any = _Loader(spec.loader, self)  # not a subclass: importlib.abc brings half the library
        spec.loader = loader
        return spec

    def imported(self, module: ModuleType) -> None:
        """Act on a module that was just executed."""
        for act in self._waiting.pop(module.__name__, []):
            with telling(f"the hook on {module.__name__}"):
                act(module)
        if not self._waiting and self in sys.meta_path:
            sys.meta_path.remove(self)


class _Loader:
    """Loads with the real loader, which the module shows as its own, and tells the finder when that is done."""

    def __init__(self, real: Any, finder: _Finder) -> None:
        self._real = real
        self._finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._real.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        module.__loader__ = self._real
        self._real.exec_module(module)
        self._finder.imported(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _found(name: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        if isinstance(finder, _Finder):
            continue
        find_spec = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find_spec(name, path, target) if find_spec else None
        if spec is not None:
            return spec
    return None


_FINDER = _Finder()
