"""Loops: trainings that a program writes itself with PyTorch, seen through the steps of their optimizers.

Such a loop has no call that begins or ends it. The first step of an optimizer begins it; the run ends it.
"""

from __future__ import annotations

import sys
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from lineal.integrations.curves import Curves
from lineal.integrations.hooks import Call, is_inside, telling
from lineal.integrations.listener import Fit, FitEnd, Listener, Read
from lineal.integrations.params import known, plain_params
from lineal.integrations.sources import Remembered
from lineal.integrations.tensors import SOURCES, module_of, sources_of
from lineal.integrations.training import GROUP, name_of
from lineal.model.values import Json

_MOST_LOSSES = 64
"""Losses between two steps of an optimizer that are looked at."""

_POINTS = 1000
"""Points of the loss where nothing says what an epoch is; later ones stand for more and more steps."""

_AT_ONCE = 128
_EVERY_SECONDS = 1.0
"""Losses on an accelerator that are fetched together, and how often at most: the program waits for it each time."""

_SETTINGS = (
    "lr", "momentum", "weight_decay", "betas", "eps", "nesterov", "dampening", "alpha", "amsgrad", "rho", "max_iter",
    "history_size",
)  # fmt: skip


class Loops:
    """Hears of data being gone through, of losses and of steps, and tells each loop as one training."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._loops: Remembered[_Loop] = Remembered()
        self._known: Remembered[bool] = Remembered()
        self._scaled: Remembered[Any] = Remembered()
        self._losses: list[Any] = []
        self._by_model: Remembered[_Loop] = Remembered()
        self._loader: dict[str, Json] = {}
        self._dataset: Callable[[], Any] = _nothing
        self._round = 0

    def loading(self, call: Call) -> None:
        """Hear that a loader begins to go through its data."""
        loader = call.args[0]  # often made for this one round, and gone before the first step
        self._loader, self._round = loader_params(loader), self._round + 1
        self._dataset = _weak(loader.dataset)

    def scaled(self, call: Call) -> None:
        """Hear that a loss is scaled for low precision: its own value is the one to tell."""
        self._scaled.put(call.result, call.args[1])

    def backward(self, call: Call) -> None:
        """Hear of a loss."""
        loss = call.args[0]
        if loss.numel() == 1 and len(self._losses) < _MOST_LOSSES:
            own = self._scaled.get(loss)
            self._losses.append((loss if own is None else own).detach())

    def stepped(self, optimizer: Any, _args: object, _kwargs: object) -> None:
        """Hear of a step of an optimizer."""
        with telling("following a loop of PyTorch"):
            losses, self._losses = self._losses, []
            if is_inside(
                GROUP
            ):  # Lightning, Keras and the like tell of themselves; where weights came from is told here
                if not self._known.get(optimizer):
                    self._known.put(optimizer, value=True)
                    self._tell_parents(module_of(_parameters(optimizer)), optimizer)
                return
            loop = self._loops.get(optimizer)
            if loop is None:
                loop = self._begin(optimizer)
            loop.step(losses, self._round)

    def of_module(self, module: object) -> _Loop | None:
        """Return the loop that trains a module."""
        return self._by_model.get(module)

    def modules(self) -> list[Any]:
        """Return the modules that loops train."""
        models = [loop.model() for loop in self._by_model.values()]
        return [model for model in models if model is not None]

    def _begin(self, optimizer: Any) -> _Loop:
        model = module_of(_parameters(optimizer))
        loop = _Loop(self._listener, _weak(model), is_in_rounds=bool(self._loader))
        self._loops.put(optimizer, loop)
        if model is not None:
            self._by_model.put(model, loop)
        self._tell_parents(model, optimizer)
        own = {f"optimizer.{name}": value for name, value in optimizer.defaults.items() if name in _SETTINGS}
        params = {"optimizer": name_of(optimizer), **plain_params(own), **self._loader}
        facts: dict[str, Json] = {"class": name_of(model), "params": params, **shape_of(model)}
        own_optimizer = _weak(optimizer)

        def at_end() -> FitEnd:
            self._loops.forget(own_optimizer())
            self._by_model.forget(loop.model())
            return FitEnd(facts=known({**facts, **loop.facts()}))

        data = _data(self._dataset())
        self._listener.fit_started(
            Fit(by=f"{name_of(optimizer)}.step", model=model, data=data, params=params, at_end=at_end)
        )
        return loop

    def _tell_parents(self, model: Any, optimizer: Any) -> None:
        paths = sources_of(model) if model is not None else []
        paths += [path for path in map(SOURCES.get, _parameters(optimizer)) if path is not None and path not in paths]
        for path in dict.fromkeys(paths):
            self._listener.parent(Read(by="torch.load", path=path, type="Model"))


class _Loop:
    """One loop: its steps, its epochs, and the mean loss of each."""

    def __init__(self, listener: Listener, model: Callable[[], Any], *, is_in_rounds: bool) -> None:
        self.model = model
        self._curves = Curves(listener)
        self._is_in_rounds = is_in_rounds
        self._began = self._last = time.perf_counter()
        self._steps = self._epochs = self._round = self._told = 0
        self._total: Any = 0.0
        self._count = 0
        self._waiting: list[tuple[int, Any, int]] = []
        self._fetched = self._began

    def step(self, losses: list[Any], now_in_round: int) -> None:
        """Count one step; the first one of a new round over the data begins an epoch."""
        if self._is_in_rounds and now_in_round != self._round:
            self.flush()
            self._epochs, self._round = self._epochs + 1, now_in_round
        self._steps, self._last = self._steps + 1, time.perf_counter()
        for loss in losses:
            # On an accelerator adding does not wait for it; asking for the number would.
            self._total = self._total + (loss.item() if loss.device.type == "cpu" else loss.float().reshape(()))
            self._count += 1
        if not self._is_in_rounds and self._steps - self._told >= max(1, self._steps // _POINTS):
            self.flush()

    def flush(self) -> None:
        """Note the mean loss since the last time; it is told at once, or with others where it must be fetched."""
        step = self._epochs - 1 if self._is_in_rounds else self._steps - 1
        if self._count:
            self._waiting.append((step, self._total, self._count))
        self._total, self._count, self._told = 0.0, 0, self._steps
        is_time = self._last - self._fetched >= _EVERY_SECONDS or len(self._waiting) >= _AT_ONCE
        if is_time or all(isinstance(total, float) for _, total, _ in self._waiting):
            self.tell()

    def tell(self) -> None:
        """Tell the losses that were noted."""
        waiting, self._waiting, self._fetched = self._waiting, [], self._last
        totals = _fetched([total for _, total, _ in waiting])
        for (step, _, count), total in zip(waiting, totals, strict=True):
            self._curves.add({"loss": total / count}, step)

    def facts(self) -> dict[str, Json]:
        """Return what is known of it so far."""
        self.flush()
        self.tell()
        told: dict[str, Json] = {"steps": self._steps, "seconds": round(self._last - self._began, 6)}
        if self._epochs:
            told["epochs"] = self._epochs
        return {**told, "curves": self._curves.summary()} if self._curves else told

    def so_far(self) -> dict[str, Json]:
        """Return what a checkpoint that is written now should say."""
        return {"steps": self._steps, "epochs": self._epochs or None}


def _fetched(totals: Sequence[Any]) -> list[float]:
    """Return numbers that may lie on accelerators, those of one of them with one question."""
    devices = {str(total.device) for total in totals if not isinstance(total, float)}
    if len(devices) == 1 and all(not isinstance(total, float) for total in totals):
        numbers: list[float] = sys.modules["torch"].stack(list(totals)).tolist()
        return numbers
    return [float(total) for total in totals]


def _parameters(optimizer: Any) -> list[object]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def shape_of(model: Any) -> dict[str, Json]:
    """Return how many numbers a module has, and how many of them are trained."""
    if model is None:
        return {}
    parameters = list(model.parameters())
    trained = sum(one.numel() for one in parameters if one.requires_grad)
    return {"parameters": sum(one.numel() for one in parameters), "trained_parameters": trained}


def loader_params(loader: Any) -> dict[str, Json]:
    """Return how a loader of PyTorch goes through its data: batches, order, seed; nothing of anything else."""
    if not hasattr(loader, "sampler"):
        return {}
    told: dict[str, Json] = {
        "loader.batch_size": loader.batch_size,
        "loader.shuffle": type(loader.sampler).__name__ != "SequentialSampler",
        "loader.drop_last": loader.drop_last,
        "loader.num_workers": loader.num_workers,
        "loader.dataset": name_of(loader.dataset),
        "loader.seed": loader.generator.initial_seed() if loader.generator is not None else None,
        "loader.rows": len(loader.dataset) if hasattr(loader.dataset, "__len__") else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _data(dataset: Any) -> dict[str, object]:
    """Return the tensors of a plain data set as arrays on the same memory, as far as they are on the CPU."""
    tensors = getattr(dataset, "tensors", None)
    if not isinstance(tensors, tuple):
        return {}
    on_cpu = {f"tensors[{place}]": one for place, one in enumerate(tensors) if one.device.type == "cpu"}
    return {name: one.detach().numpy() for name, one in on_cpu.items() if not str(one.dtype).startswith("torch.bfloat")}


def _weak(thing: object) -> Callable[[], Any]:
    """Return what gives the thing back as long as the program holds it."""
    try:
        return weakref.ref(thing)
    except TypeError:
        return _nothing


def _nothing() -> None:
    return None
