"""safetensors: maps of tensors written to files and read from them, with PyTorch or NumPy.

Its files are read and written in Rust, where Python's own hook on files sees nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Written
from lineal.integrations.sources import GROUP, place_of
from lineal.integrations.tensors import came_from


def install(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook the functions of `safetensors.torch` and `safetensors.numpy`."""
    by = module.__name__
    for name, position in (("save_file", 0), ("save_model", 0), ("load_file", None), ("load_model", 0)):
        tell = (_told_save if name.startswith("save") else _told_load)(listener, f"{by}.{name}", position)
        patches.patch_function("safetensors", getattr(module, name, None), after(tell, group=GROUP))


def _told_save(listener: Listener, by: str, _position: int | None) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("filename", 1))
        thing = call.args[0] if call.args else call.kwargs.get("tensors", call.kwargs.get("tensor_dict"))
        if path is not None:
            listener.wrote(Written(by=by, path=path, thing=call.kwargs.get("model", thing), type="Model"))

    return tell


def _told_load(listener: Listener, by: str, position: int | None) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("filename", 0 if position is None else 1))
        thing = call.result if position is None else call.argument("model", position)
        if path is not None:
            came_from(thing, path)
            listener.read(Read(by=by, path=path, thing=thing, type="Model"))

    return tell
