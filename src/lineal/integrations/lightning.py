"""Lightning: `Trainer.fit` is a training, followed by a callback of ours; checkpoints are models with their epoch.

`lightning.pytorch` and `pytorch_lightning` are the same library in two packages; each has its own classes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from lineal.integrations.curves import Curves
from lineal.integrations.hooks import Call, Patches, after, telling
from lineal.integrations.listener import Fit, FitEnd, Listener, Read, Written
from lineal.integrations.loops import loader_params, shape_of
from lineal.integrations.params import known, number, plain_params
from lineal.integrations.scores import scoring, tell_score
from lineal.integrations.sources import GROUP, place_of
from lineal.integrations.training import name_of, training
from lineal.model.values import Json

_SETTINGS = ("max_epochs", "max_steps", "accumulate_grad_batches", "gradient_clip_val", "precision", "num_devices")
_NO_PATHS = ("best", "last", "hpc", "registry")


def install(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook the `Trainer` of `….trainer.trainer`."""
    following = _Following(listener, module.__name__.removesuffix(".trainer.trainer"))
    patches.patch(module.Trainer, "fit", training(listener, following.start, following.end, stop=following.stop))
    for name in ("validate", "test"):
        patches.patch(module.Trainer, name, scoring(_told_evaluation(listener, name)))
    patches.patch(module.Trainer, "save_checkpoint", after(_told_checkpoint(listener), group=GROUP))


class _Following:
    """Follows trainers: a callback is theirs while they fit, and no longer."""

    def __init__(self, listener: Listener, package: str) -> None:
        self._listener = listener
        self._package = package
        self._curves: dict[int, Curves] = {}
        self._callbacks: dict[int, object] = {}

    def start(self, call: Call) -> Fit:
        """Put our callback in and return what begins."""
        trainer, model = call.args[0], call.argument("model", 1)
        by = f"{self._package}.Trainer.fit"
        checkpoint = call.argument("ckpt_path", 5)
        if isinstance(checkpoint, str | os.PathLike) and not os.fspath(checkpoint).startswith(_NO_PATHS):
            self._listener.parent(Read(by=by, path=os.fspath(checkpoint), type="Model"))
        settings = {name: getattr(trainer, name, None) for name in _SETTINGS}
        params = {**plain_params(dict(getattr(model, "hparams", None) or {})), **plain_params(settings)}
        fit = Fit(by=by, model=model, params=params)
        curves = self._curves[id(fit)] = Curves(self._listener)
        callback = self._callbacks[id(fit)] = _callback(self._package, curves)
        trainer.callbacks.append(callback)
        return fit

    def stop(self, call: Call, fit: Fit) -> None:
        """Take our callback out, whatever happened."""
        callback, trainer = self._callbacks.pop(id(fit), None), call.args[0]
        trainer.callbacks = [one for one in trainer.callbacks if one is not callback]

    def end(self, call: Call, fit: Fit) -> FitEnd:
        """Return what came of it."""
        trainer, curves = call.args[0], self._curves.pop(id(fit), None)
        facts: dict[str, Json] = {
            "class": name_of(fit.model),
            "params": plain_params({**fit.params, **loader_params(trainer.train_dataloader)}),
            "epochs": trainer.current_epoch,
            "steps": trainer.global_step,
            "optimizers": [name_of(one) for one in trainer.optimizers],
            "curves": curves.summary() if curves else None,
            **shape_of(fit.model),
            **_best(trainer),
        }
        return FitEnd(facts=known(facts))


def _callback(package: str, curves: Curves) -> object:
    base: Any = sys.modules[f"{package}.callbacks"].Callback

    class Follow(base):  # type: ignore[misc]  # made late: the base is the library's
        """Tells the metrics of each epoch."""

        def __reduce__(self) -> tuple[Any, tuple[()]]:
            return base, ()  # a trainer may be sent to another process, where nobody follows it

        def on_train_epoch_end(self, trainer: Any, _module: object) -> None:
            with telling("following Lightning"):
                curves.add(dict(trainer.callback_metrics), trainer.current_epoch)

    return Follow()


def _best(trainer: Any) -> Mapping[str, Json]:
    """Return which checkpoint the library found best, and where it stopped early."""
    checkpoint, stopping = trainer.checkpoint_callback, trainer.early_stopping_callback
    found: dict[str, Json] = {}
    if checkpoint is not None and checkpoint.best_model_path:
        score: Any = checkpoint.best_model_score
        found = {"best_checkpoint": os.path.relpath(checkpoint.best_model_path)}
        found["best_score"] = number(score.item()) if score is not None else None
    if stopping is not None and stopping.stopped_epoch:
        found["stopped_early_at"] = stopping.stopped_epoch
    return found


def _told_evaluation(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        values = {key: value for metrics in call.result or () for key, value in metrics.items()}
        tell_score(listener, name, values, by=f"lightning.Trainer.{name}")

    return tell


def _told_checkpoint(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        trainer, path = call.args[0], place_of(call.argument("filepath", 1))
        if path is not None:
            facts = known({"epochs": trainer.current_epoch, "steps": trainer.global_step})
            by, model = "lightning.Trainer.save_checkpoint", trainer.lightning_module
            listener.wrote(Written(by=by, path=path, thing=model, type="Model", facts=facts))

    return tell
