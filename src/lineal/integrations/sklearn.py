"""scikit-learn: each fit of an estimator is one training, whatever it fits inside; splits and their folds are told.

All estimators that inherit from `BaseEstimator` are hooked, of other packages and the program's own too. Boosters of
XGBoost and LightGBM tell more themselves and are left to their files.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from lineal.integrations.curves import Curves
from lineal.integrations.fitted import curves_of, facts_of
from lineal.integrations.hooks import Call, Patches, after, around
from lineal.integrations.listener import Fit, FitEnd, Listener, Read, Split
from lineal.integrations.params import known, params_of, plain
from lineal.integrations.sklearn_scores import hook_mixins, hook_score, tell_best, tell_folds
from lineal.integrations.sources import Remembered
from lineal.integrations.training import GROUP, arguments, name_of, training, untold
from lineal.model.values import Json

_VERBS = ("fit", "fit_transform", "fit_predict", "fit_resample")
_ELSEWHERE = frozenset({"xgboost", "lightgbm"})
_DATA = ("X", "y", "sample_weight", "groups")


def base(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook every estimator there is and every one that will be defined."""
    root, batches = module.BaseEstimator, _Batches(listener)
    hook_mixins(module, listener, patches)
    for kind in _subclasses(root):
        _hook_class(kind, listener, patches, batches)
    told = after(lambda call: _hook_class(call.args[0], listener, patches, batches), group="estimator classes")
    patches.patch(root, "__init_subclass__", told)


def parallel(module: ModuleType, _listener: Listener, patches: Patches) -> None:
    """Keep what scikit-learn fits in worker threads part of the training that started them."""
    patches.patch(module._FuncWrapper, "__call__", untold)  # noqa: SLF001  the only seam between a fit and its threads


def splits(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `train_test_split`, the `split` of every splitter, and cross-validation with its scores as curves."""
    patches.patch_function("sklearn", module.train_test_split, after(_told_halves(listener), group="split"))
    for kind in _splitters(module):
        patches.patch(kind, "split", after(_told_folds(listener, kind), group="split"))
    for verb in ("cross_validate", "cross_val_score"):
        patches.patch_function("sklearn", getattr(module, verb), after(_told_scores(listener, verb), group="scores"))


def _splitters(module: ModuleType) -> Iterator[type]:
    """Yield the classes of splitters that have a `split` of their own, the abstract ones included."""
    defined: list[object] = list(vars(module._split).values())  # noqa: SLF001  where all of them are
    for kind in defined:
        if isinstance(kind, type) and isinstance(vars(kind).get("split"), types.FunctionType):
            yield kind


def _subclasses(root: type) -> Iterator[type]:
    kinds: list[type] = root.__subclasses__()
    for kind in kinds:
        yield kind
        yield from _subclasses(kind)


def _hook_class(kind: type, listener: Listener, patches: Patches, batches: _Batches) -> None:
    if kind.__module__.partition(".")[0] in _ELSEWHERE:
        return
    for verb in _VERBS:
        if isinstance(vars(kind).get(verb), types.FunctionType):
            patches.patch(kind, verb, training(listener, _start(listener, verb), _end(listener)))
    hook_score(kind, listener, patches)
    if isinstance(vars(kind).get("partial_fit"), types.FunctionType):
        patches.patch(kind, "partial_fit", around(batches.start, batches.end, group=GROUP))


@dataclass(slots=True)
class _Counts:
    """What one estimator was shown so far."""

    batches: int = 0
    rows: int = 0


class _Batches:
    """Estimators that learn batch by batch: one training each, until the run ends."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._counts: Remembered[_Counts] = Remembered()

    def start(self, call: Call) -> None:
        """Tell of the model that is learned on from, where it was fitted elsewhere."""
        model = call.args[0]
        if self._counts.get(model) is None and is_fitted(model):
            _tell_parent(self._listener, "partial_fit", model)

    def end(self, call: Call, _begun: object, error: BaseException | None) -> None:
        """Count one batch; the first one of an estimator starts its training."""
        if error is not None:
            return
        model = call.args[0]
        counts = self._counts.get(model)
        if counts is None:
            counts = self._begin(model)
        counts.batches += 1
        counts.rows += _length(call.argument("X", 1)) or 0

    def _begin(self, model: object) -> _Counts:
        counts = _Counts()

        def at_end() -> FitEnd:
            self._counts.forget(model)
            return FitEnd(facts={**known(facts_of(model)), "batches": counts.batches, "rows": counts.rows})

        self._counts.put(model, counts)
        by = f"{name_of(model)}.partial_fit"
        self._listener.fit_started(Fit(by=by, model=model, params=params_of(model), at_end=at_end))
        return counts


def _start(listener: Listener, verb: str) -> Callable[[Call], Fit]:
    def start(call: Call) -> Fit:
        model = call.args[0]
        by = f"{name_of(model)}.{verb}"
        if getattr(model, "warm_start", False) and is_fitted(model):
            _tell_parent(listener, verb, model)
        given = arguments(call)
        # A scaler's settings are the scaler's; those of what predicts are the run's as well.
        params = params_of(model) if hasattr(model, "predict") else {}
        data = {name: given[name] for name in _DATA if given.get(name) is not None}
        return Fit(by=by, model=model, data=data, params=params)

    return start


def _tell_parent(listener: Listener, verb: str, model: object) -> None:
    listener.parent(Read(by=f"{name_of(model)}.{verb}", thing=model, type="Model", name=type(model).__name__))


def is_fitted(model: object) -> bool:
    """Return whether an estimator has learned before, by the names of its attributes, as scikit-learn does."""
    return any(name.endswith("_") and not name.startswith("_") for name in vars(model))


def _end(listener: Listener) -> Callable[[Call, Fit], FitEnd]:
    def end(_call: Call, fit: Fit) -> FitEnd:
        curves = Curves(listener)
        curves.add_all(curves_of(fit.model))
        tell_best(listener, fit)
        return FitEnd(facts=known({**facts_of(fit.model), "curves": curves.summary() if curves else None}))

    return end


def _told_halves(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        names = ("test_size", "train_size", "random_state", "shuffle")
        facts = known({name: plain(call.kwargs[name]) for name in names if name in call.kwargs})
        facts["stratified"] = call.kwargs.get("stratify") is not None
        sizes = [_length(part) for part in call.result[:2]]
        if len(sizes) == 2 and None not in sizes:  # noqa: PLR2004
            train, test = (size or 0 for size in sizes)
            facts |= {"rows": [train, test], "ratios": [train / (train + test), test / (train + test)]}
        listener.split(Split(by="sklearn.train_test_split", whole=call.args, parts=tuple(call.result), facts=facts))

    return tell


def _told_folds(listener: Listener, kind: type) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        splitter = call.args[0]
        if next(one for one in type(splitter).__mro__ if "split" in vars(one)) is not kind:
            return  # called through `super` by the one that is told: they are generators, and begin when asked
        names = ("n_splits", "n_repeats", "shuffle", "random_state", "test_size", "train_size", "gap", "max_train_size")
        facts = known({name: plain(getattr(splitter, name)) for name in names if hasattr(splitter, name)})
        whole = tuple(thing for thing in (call.argument("X", 1),) if thing is not None)
        rows = _length(whole[0]) if whole else None
        if rows is not None:
            facts["rows"] = rows
        listener.split(Split(by=name_of(splitter), whole=whole, facts=facts))

    return tell


def _told_scores(listener: Listener, verb: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        given = arguments(call)
        scores = call.result if isinstance(call.result, dict) else {"test_score": call.result}
        wanted = {key: values for key, values in scores.items() if key.startswith(("test_", "train_"))}
        tell_folds(listener, verb, wanted)
        facts: dict[str, Json] = {"estimator": name_of(given.get("estimator")), "scoring": plain(given.get("scoring"))}
        facts |= {"folds": max(map(len, wanted.values()), default=0)}
        facts |= {key: plain(values) for key, values in wanted.items()}
        listener.split(Split(by=f"sklearn.{verb}", facts=known(facts)))

    return tell


def _length(thing: Any) -> int | None:
    shape = getattr(thing, "shape", None)
    if isinstance(shape, tuple) and shape:
        return int(shape[0])
    return len(thing) if hasattr(thing, "__len__") else None
