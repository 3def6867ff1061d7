"""PyTorch: loops of the program's own through their optimizers' steps; saved and loaded models; loaders and splits.

Its files are read and written in C++, where Python's own hook on files sees nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Split, Written
from lineal.integrations.loops import Loops
from lineal.integrations.params import known
from lineal.integrations.sources import GROUP, place_of
from lineal.integrations.tensors import MODULES, came_from, is_state_of, sources_of, state_in, unwrapped
from lineal.model.values import Json


def install(torch: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook steps, losses, loaders, splits, and the files of models."""
    loops = Loops(listener)
    # PyTorch 2.0 and newer; the package deletes the module's name from itself.
    register = getattr(sys.modules.get("torch.optim.optimizer"), "register_optimizer_step_post_hook", None)
    if register is not None:
        patches.add(register(loops.stepped).remove)
    patches.patch(torch.Tensor, "backward", after(loops.backward, group="loss"))
    patches.patch(torch.amp.GradScaler, "scale", after(loops.scaled, group="loss scaled"))
    patches.patch(torch.utils.data.DataLoader, "__iter__", after(loops.loading, group="loader"))
    patches.patch_function("torch", torch.utils.data.random_split, after(_told_split(listener), group="split"))
    patches.patch_function("torch", torch.save, after(_told_save(listener, loops, torch), group=GROUP))
    patches.patch_function("torch", torch.load, after(_told_load(listener, torch), group=GROUP))
    patches.patch(torch.nn.Module, "__init__", after(_made, group="module made"))
    patches.patch(torch.nn.Module, "load_state_dict", after(_filled, group="module filled"))


def _told_save(listener: Listener, loops: Loops, torch: ModuleType) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path, thing = place_of(call.argument("f", 1)), call.argument("obj", 0)
        if path is None:
            return
        model = model_in(thing, loops, torch)
        loop = loops.of_module(model)
        facts = known(loop.so_far()) if loop is not None else {}
        kind = _kind(thing, torch)
        listener.wrote(
            Written(by="torch.save", path=path, thing=thing if model is None else model, type=kind, facts=facts)
        )

    return tell


def model_in(thing: object, loops: Loops, torch: ModuleType) -> object | None:
    """Return the module that is written: itself, or the one under training whose state this is."""
    if isinstance(thing, torch.nn.Module):
        return unwrapped(thing)  # type: ignore[no-any-return]  # a module
    state = state_in(thing)
    return next((module for module in loops.modules() if is_state_of(state, module)), state)


def _told_load(listener: Listener, torch: ModuleType) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("f", 0))
        if path is not None:
            came_from(call.result, path)
            listener.read(Read(by="torch.load", path=path, thing=call.result, type=_kind(call.result, torch)))

    return tell


def _kind(thing: object, torch: ModuleType) -> str | None:
    """Return `Model` for a module or its state, `Dataset` for plain tensors; else the file's ending decides."""
    if isinstance(thing, torch.nn.Module) or state_in(thing) is not None:
        return "Model"
    return "Dataset" if isinstance(thing, torch.Tensor) else None


def _made(call: Call) -> None:
    MODULES.put(call.args[0], value=True)


def _filled(call: Call) -> None:
    """Carry where tensors came from over to the module that got them."""
    for path in sources_of(call.argument("state_dict", 1)):
        came_from(call.args[0], path)


def _told_split(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        generator: Any = call.argument("generator", 2)
        rows = [len(part) for part in call.result]
        total = sum(rows) or 1
        facts: dict[str, Json] = {"rows": rows, "ratios": [part / total for part in rows]}
        facts["seed"] = generator.initial_seed() if generator is not None else None
        listener.split(Split(by="torch.random_split", facts=known(facts)))

    return tell
