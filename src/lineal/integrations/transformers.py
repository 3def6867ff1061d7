"""Hugging Face Transformers: `Trainer.train` is a training, followed by a callback of ours; pretrained models.

What a model was pretrained as is the parent of what it becomes: a directory, or a name on the hub with its commit.
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
from lineal.integrations.loops import shape_of
from lineal.integrations.params import known, plain_params
from lineal.integrations.scores import scoring, tell_score
from lineal.integrations.sources import GROUP, place_of
from lineal.integrations.tensors import came_from
from lineal.integrations.training import name_of, training
from lineal.model.values import Json

_SETTINGS = (
    "learning_rate", "per_device_train_batch_size", "num_train_epochs", "max_steps", "weight_decay", "warmup_ratio",
    "warmup_steps", "lr_scheduler_type", "optim", "seed", "data_seed", "gradient_accumulation_steps", "fp16", "bf16",
    "max_grad_norm", "label_smoothing_factor", "gradient_checkpointing",
)  # fmt: skip
_TIMED = ("_runtime", "_per_second", "_time")
_NO_CURVES = ("epoch", "total_flos", "train_runtime", "train_loss")


def models(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `from_pretrained` and `save_pretrained` of every model."""
    model = module.PreTrainedModel
    patches.patch(model, "from_pretrained", after(_told_pretrained(listener), group=GROUP))
    patches.patch(model, "save_pretrained", after(_told_saved(listener), group=GROUP))


def trainer(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `Trainer.train` and `Trainer.save_model`."""
    following = _Following(listener)
    patches.patch(module.Trainer, "train", training(listener, following.start, following.end, stop=following.stop))
    for name in ("evaluate", "predict"):
        patches.patch(module.Trainer, name, scoring(_told_evaluation(listener, name)))


class _Following:
    """Follows trainers: a callback is theirs while they train, and no longer."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._curves: dict[int, Curves] = {}
        self._callbacks: dict[int, object] = {}

    def start(self, call: Call) -> Fit:
        """Put our callback in and return what begins."""
        trainer, by = call.args[0], "transformers.Trainer.train"
        checkpoint = _checkpoint(trainer, call.argument("resume_from_checkpoint", 1))
        if checkpoint is not None:
            self._listener.parent(Read(by=by, path=checkpoint, type="Model"))
        params = plain_params({name: getattr(trainer.args, name, None) for name in _SETTINGS})
        fit = Fit(by=by, model=trainer.model, data=_data(trainer), params=params)
        curves = self._curves[id(fit)] = Curves(self._listener)
        callback = self._callbacks[id(fit)] = _callback(curves)
        trainer.add_callback(callback)
        return fit

    def stop(self, call: Call, fit: Fit) -> None:
        """Take our callback out, whatever happened."""
        callback = self._callbacks.pop(id(fit), None)
        if callback is not None:
            call.args[0].remove_callback(callback)

    def end(self, call: Call, fit: Fit) -> FitEnd:
        """Return what came of it."""
        trainer, curves = call.args[0], self._curves.pop(id(fit), None)
        state = trainer.state
        facts: dict[str, Json] = {
            "class": name_of(trainer.model),
            "params": plain_params(fit.params),
            "epochs": state.epoch,
            "steps": state.global_step,
            "best_score": state.best_metric,
            "best_checkpoint": state.best_model_checkpoint,
            "curves": curves.summary() if curves else None,
            **shape_of(trainer.model),
        }
        return FitEnd(model=trainer.model, facts=known(facts))


def _callback(curves: Curves) -> object:
    base: Any = sys.modules["transformers.trainer_callback"].TrainerCallback

    class Follow(base):  # type: ignore[misc]  # made late: the base is the library's
        """Tells what the trainer logs."""

        def __reduce__(self) -> tuple[Any, tuple[()]]:
            return base, ()  # a trainer may be sent to another process, where nobody follows it

        def on_log(self, _args: object, state: Any, _control: object, logs: Any = None, **_more: object) -> None:
            with telling("following transformers"):
                wanted = {name: value for name, value in (logs or {}).items() if name not in _NO_CURVES}
                curves.add({name: one for name, one in wanted.items() if not name.endswith(_TIMED)}, state.global_step)

    return Follow()


def _told_evaluation(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        found = call.result if isinstance(call.result, Mapping) else call.result.metrics or {}
        values = {key: value for key, value in found.items() if key not in _NO_CURVES and not key.endswith(_TIMED)}
        given = call.args[1] if len(call.args) > 1 else next(iter(call.kwargs.values()), None)
        tell_score(listener, name, values, by=f"transformers.Trainer.{name}", on=given)

    return tell


def _checkpoint(trainer: Any, given: object) -> str | None:
    if isinstance(given, str):
        return given
    if given is True:
        found: str | None = sys.modules["transformers.trainer_utils"].get_last_checkpoint(trainer.args.output_dir)
        return found
    return None


def _data(trainer: Any) -> dict[str, object]:
    """Return the table of a data set of Hugging Face's `datasets` that is used as a whole."""
    dataset = getattr(trainer, "train_dataset", None)
    table = getattr(getattr(dataset, "data", None), "table", None)
    is_whole = table is not None and getattr(dataset, "_indices", None) is None
    return {"train_dataset": table} if is_whole else {}


def _told_pretrained(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        name = call.argument("pretrained_model_name_or_path", 1)
        model = call.result[0] if isinstance(call.result, tuple) else call.result
        if not isinstance(name, str | os.PathLike):
            return
        source = os.fspath(name)
        is_local = os.path.exists(source)  # noqa: PTH110  text in, text out
        path = source if is_local else f"hf://{source}"
        came_from(model, path)
        commit = None if is_local else getattr(model.config, "_commit_hash", None)
        by = "transformers.from_pretrained"
        listener.read(Read(by=by, path=path, thing=model, type="Model", version=commit))

    return tell


def _told_saved(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        path = place_of(call.argument("save_directory", 1))
        if path is not None:
            by = "transformers.save_pretrained"
            listener.wrote(Written(by=by, path=path, thing=call.args[0], type="Model"))

    return tell
