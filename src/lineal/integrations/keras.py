"""Keras 3: `fit` is a training, followed by a callback of ours; evaluations; saved and loaded models and weights."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from lineal.integrations.curves import Curves
from lineal.integrations.hooks import Call, Patches, after, telling
from lineal.integrations.listener import Fit, FitEnd, Listener, Read, Written
from lineal.integrations.params import known, plain, plain_params
from lineal.integrations.scores import scoring, tell_score
from lineal.integrations.sources import GROUP, Remembered, place_of
from lineal.integrations.training import arguments, name_of, training, with_callback
from lineal.model.values import Json

_SETTINGS = (
    "batch_size", "epochs", "shuffle", "validation_split", "initial_epoch", "steps_per_epoch", "validation_freq",
    "class_weight",
)  # fmt: skip


def install(keras: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `fit`, which the backend's trainer has, and the files of models."""
    loaded: Remembered[str] = Remembered()
    following = _Following(listener, loaded)
    holder = next(kind for kind in keras.Model.__mro__ if "fit" in vars(kind))
    patches.patch(holder, "fit", training(listener, following.start, following.end, add=following.add))
    patches.patch(holder, "evaluate", scoring(_told_evaluation(listener)))
    for name in ("save", "save_weights"):
        patches.patch(keras.Model, name, after(_told_save(listener, name), group=GROUP))
    patches.patch(keras.Model, "load_weights", after(_told_weights(listener, loaded), group=GROUP))
    patches.patch_function("keras", keras.saving.load_model, after(_told_load(listener, loaded), group=GROUP))


class _Following:
    """Follows trainings; the curves of those under way are kept by their `Fit`."""

    def __init__(self, listener: Listener, loaded: Remembered[str]) -> None:
        self._listener = listener
        self._loaded = loaded
        self._curves: dict[int, Curves] = {}

    def start(self, call: Call) -> Fit:
        """Return what begins; a model in it that came from a file is a parent."""
        model, given = call.args[0], arguments(call)
        for path in dict.fromkeys(path for path in map(self._loaded.get, _parts(model)) if path is not None):
            self._listener.parent(Read(by="keras.Model.fit", path=path, type="Model"))
        settings = {name: given[name] for name in _SETTINGS if name in given}
        params = {**plain_params(settings), **_compiled(model)}
        data = {name: given[name] for name in ("x", "y", "sample_weight") if given.get(name) is not None}
        return Fit(by="keras.Model.fit", model=model, data=data, params=params)

    def add(self, call: Call, fit: Fit) -> Mapping[str, object]:
        """Return the callbacks with ours at the end."""
        curves = self._curves[id(fit)] = Curves(self._listener)
        return with_callback(call, _callback(curves), first=False)

    def end(self, call: Call, fit: Fit) -> FitEnd:
        """Return what came of it."""
        curves = self._curves.pop(id(fit), None) or Curves(self._listener)
        if not curves:  # the callbacks were given in a form that we left alone
            curves.add_all(call.result.history)
        model: Any = fit.model
        facts: dict[str, Json] = {
            "class": name_of(model),
            "params": plain_params(fit.params),
            "epochs": len(call.result.epoch),
            "parameters": model.count_params() if model.built else None,
            "curves": curves.summary() if curves else None,
            "stopped_early": bool(model.stop_training),
        }
        return FitEnd(facts=known(facts))


def _callback(curves: Curves) -> object:
    base: Any = sys.modules["keras"].callbacks.Callback

    class Follow(base):  # type: ignore[misc]  # made late: the base is the library's
        """Tells the metrics of each epoch."""

        def on_epoch_end(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
            with telling("following keras"):
                curves.add(logs or {}, epoch)

    return Follow()


def _told_evaluation(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        # What comes back is a list without names, unless it was asked for with them.
        model: Any = call.args[0]
        found = call.result if isinstance(call.result, Mapping) else model.get_metrics_result()
        values = {name: float(value) for name, value in (found or {"loss": call.result}).items()}
        tell_score(listener, "evaluate", values, by="keras.Model.evaluate", on=call.argument("x", 1))

    return tell


def _parts(model: Any) -> list[object]:
    """Return a model and the models used as layers in it."""
    layers = getattr(model, "_flatten_layers", None)
    return list(layers()) if callable(layers) else [model]


def _compiled(model: Any) -> dict[str, Json]:
    """Return the optimizer's settings and the loss."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return {}
    own = {f"optimizer.{name}": plain(value) for name, value in optimizer.get_config().items() if name != "name"}
    loss = plain(getattr(model, "loss", None))
    return {"optimizer": type(optimizer).__name__, **own, **({} if loss is None else {"loss": loss})}


def _told_save(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("filepath", 1))
        if path is not None:
            listener.wrote(Written(by=f"keras.Model.{name}", path=path, thing=call.args[0], type="Model"))

    return tell


def _told_weights(listener: Listener, loaded: Remembered[str]) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("filepath", 1))
        if path is not None:
            loaded.put(call.args[0], path)
            listener.read(Read(by="keras.Model.load_weights", path=path, thing=call.args[0], type="Model"))

    return tell


def _told_load(listener: Listener, loaded: Remembered[str]) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("filepath", 0))
        if path is not None:
            loaded.put(call.result, path)
            listener.read(Read(by="keras.load_model", path=path, thing=call.result, type="Model"))

    return tell
