"""NumPy: arrays read from files and written to them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Written
from lineal.integrations.sources import GROUP, place_of

_READ = ("load", "loadtxt", "genfromtxt", "fromfile", "memmap")
_WRITTEN = {"save": ".npy", "savez": ".npz", "savez_compressed": ".npz", "savetxt": ""}
"""The writers, with the ending they add to a name that has another one."""


def install(numpy: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook the functions; `numpy.memmap` is a class and left alone, its file is seen being opened."""
    for name in _READ:
        function = getattr(numpy, name, None)
        if not isinstance(function, type):
            patches.patch_function("numpy", function, after(_told_read(listener, name), group=GROUP))
    for name in _WRITTEN:
        patches.patch_function("numpy", getattr(numpy, name, None), after(_told_write(listener, name), group=GROUP))


def _told_read(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.args[0] if call.args else call.kwargs.get("file", call.kwargs.get("fname")))
        if path is not None:
            listener.read(Read(by=f"numpy.{name}", path=path, thing=call.result))

    return tell


def _told_write(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        given = call.args[0] if call.args else call.kwargs.get("file", call.kwargs.get("fname"))
        path = place_of(given)
        if path is None:
            return
        ending = _WRITTEN[name]
        if not hasattr(given, "write") and not path.endswith(ending):
            path += ending
        thing = call.argument("X" if name == "savetxt" else "arr", 1) if name in {"save", "savetxt"} else None
        listener.wrote(Written(by=f"numpy.{name}", path=path, thing=thing))

    return tell
