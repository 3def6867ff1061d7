"""Tensors: which file they came from, and whose they are: a module's parameters, a map of them that is written.

PyTorch and safetensors share what is known here.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from lineal.integrations.sources import Remembered

SOURCES: Remembered[str] = Remembered()
"""The file or name that a tensor, or a module's parameter, was loaded from."""

MODULES: Remembered[bool] = Remembered()
"""The modules that the program made while we listened."""

_DEEPEST = 4
_WRAPPERS = {"DistributedDataParallel": "module", "DataParallel": "module", "OptimizedModule": "_orig_mod"}


def tensors_in(thing: object, depth: int = 0) -> Iterator[object]:
    """Yield the tensors of a map, a list, a module, or of those in one another."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, torch.nn.Module):
        yield from thing.state_dict(keep_vars=True).values()
    elif depth < _DEEPEST and isinstance(thing, Mapping | list | tuple):
        for part in thing.values() if isinstance(thing, Mapping) else thing:
            yield from tensors_in(part, depth + 1)


def came_from(thing: object, path: str) -> None:
    """Remember where all tensors in a thing came from."""
    for tensor in tensors_in(thing):
        SOURCES.put(tensor, path)


def sources_of(thing: object) -> list[str]:
    """Return where the tensors in a thing came from, each place once."""
    return list(dict.fromkeys(path for path in map(SOURCES.get, tensors_in(thing)) if path is not None))


def is_state(thing: object) -> bool:
    """Return whether a thing is a module's state: a map of names to tensors."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(thing, Mapping) or not thing:
        return False
    return all(isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in thing.items())


def state_in(thing: object) -> Mapping[str, Any] | None:
    """Return the module's state that is written or read: the thing itself, or the one part of a checkpoint that is."""
    if is_state(thing):
        return thing  # type: ignore[return-value]  # looked at just before
    parts = [part for part in thing.values() if is_state(part)] if isinstance(thing, Mapping) else []
    return parts[0] if len(parts) == 1 else None


def is_state_of(state: Mapping[str, Any] | None, module: Any) -> bool:
    """Return whether a map is this module's state as it is now: the same names, the same memory."""
    if state is None:
        return False
    own = module.state_dict(keep_vars=True)
    return own.keys() == state.keys() and all(own[name].data_ptr() == state[name].data_ptr() for name in own)


def module_of(parameters: list[object]) -> Any:
    """Return the module that these parameters are of, the outermost one that has them all; None where there is none.

    Modules made before we listened, or by copying, are found by looking through all objects of the program.
    """
    wanted = {id(parameter) for parameter in parameters}
    found = _outermost(MODULES.things(), wanted)
    if found is None:
        kinds = set(_subclasses(sys.modules["torch"].nn.Module))
        # By their class, not isinstance: that would wake proxies.
        found = _outermost([thing for thing in gc.get_objects() if type(thing) in kinds], wanted)
    return unwrapped(found)


def _outermost(modules: list[Any], wanted: set[int]) -> Any:
    inner = {id(child) for module in modules for child in module.children()}
    holders: list[tuple[int, Any]] = []
    for module in modules:
        if id(module) not in inner:
            own = {id(parameter) for parameter in module.parameters()}
            if wanted <= own:
                holders.append((len(own), module))
    return min(holders, key=lambda holder: holder[0])[1] if holders else None


def _subclasses(kind: type) -> Iterator[type]:
    yield kind
    kinds: list[type] = kind.__subclasses__()
    for each in kinds:
        yield from _subclasses(each)


def unwrapped(module: Any) -> Any:
    """Return the module within those that only distribute or compile it."""
    for _ in range(_DEEPEST):
        inner = getattr(module, _WRAPPERS.get(type(module).__name__, ""), None)
        if inner is None:
            break
        module = inner
    return module
