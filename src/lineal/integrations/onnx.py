"""ONNX: models in another form. An export is told with the model it was made from, and its bytes."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Listener, Read, Written
from lineal.integrations.sources import GROUP, place_of


def install(onnx: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `onnx.save` and `onnx.load`, which have a longer name each."""
    patches.patch_function("onnx", onnx.save_model, after(_told_save(listener), group=GROUP))
    patches.patch_function("onnx", onnx.load_model, after(_told_load(listener), group=GROUP))


def sklearn(skl2onnx: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `convert_sklearn`, which `to_onnx` calls too."""
    patches.patch_function("skl2onnx", skl2onnx.convert_sklearn, after(_told_conversion(listener), group="export"))


def torch(onnx: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `torch.onnx.export`."""
    patches.patch_function("torch", getattr(onnx, "export", None), after(_told_export(listener), group="export"))


def _told_conversion(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        made = call.result[0] if isinstance(call.result, tuple) else call.result
        source = call.argument("model", 0)
        content = made.SerializeToString()
        by = "skl2onnx.convert_sklearn"
        listener.wrote(Written(by=by, thing=made, content=content, type="Model", made_from=(source,)))

    return tell


def _told_export(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("f", 2))
        if path is not None:
            made_from = (call.argument("model", 0),)
            listener.wrote(Written(by="torch.onnx.export", path=path, type="Model", made_from=made_from))

    return tell


def _told_save(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("f", 1))
        if path is not None:
            listener.wrote(Written(by="onnx.save", path=path, thing=call.argument("proto", 0), type="Model"))

    return tell


def _told_load(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("f", 0))
        if path is not None:
            listener.read(Read(by="onnx.load", path=path, thing=call.result, type="Model"))

    return tell
