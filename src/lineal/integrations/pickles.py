"""pickle, joblib and cloudpickle: objects written to files and read from them, most often models.

The object tells what the file alone does not: whether it is a model, and its fitted state.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from lineal.capture.fingerprints.arrays import is_array
from lineal.capture.fingerprints.frames import is_frame
from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Written
from lineal.integrations.sources import GROUP, place_of


def pickle(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `pickle.dump(object, file)` and `pickle.load(file)`."""
    _functions(("pickle", "_pickle"), module, listener, patches)


def cloudpickle(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `cloudpickle.dump(object, file)` and `cloudpickle.load(file)`."""
    _functions(("cloudpickle",), module, listener, patches)


def joblib(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `joblib.dump(object, path)` and `joblib.load(path)`."""
    _functions(("joblib",), module, listener, patches)


def kind_of(thing: object) -> str | None:
    """Return `Model` or `Dataset` for what is plainly one of them, else None."""
    if is_frame(thing) or is_array(thing):
        return "Dataset"
    is_model = any(hasattr(thing, verb) for verb in ("predict", "state_dict", "transform"))
    return "Model" if is_model and not isinstance(thing, type) else None


def _functions(roots: tuple[str, ...], module: ModuleType, listener: Listener, patches: Patches) -> None:
    name = module.__name__
    for verb, tell in (("dump", _told_dump(listener, name)), ("load", _told_load(listener, name))):
        patches.patch_function(roots, getattr(module, verb, None), after(tell, group=GROUP))


def _told_dump(listener: Listener, library: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        thing = call.args[0] if call.args else call.kwargs.get("obj", call.kwargs.get("value"))
        target = call.kwargs.get("file", call.kwargs.get("filename", call.args[1] if len(call.args) > 1 else None))
        path = place_of(target)
        if path is not None:
            listener.wrote(Written(by=f"{library}.dump", path=path, thing=thing, type=kind_of(thing)))

    return tell


def _told_load(listener: Listener, library: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.args[0] if call.args else call.kwargs.get("file", call.kwargs.get("filename")))
        if path is not None:
            listener.read(Read(by=f"{library}.load", path=path, thing=call.result, type=kind_of(call.result)))

    return tell
