"""scikit-learn: each fit of an estimator is one training, whatever it fits inside; splits and their folds are told.

All estimators that inherit from `BaseEstimator` are hooked, of other packages and the program's own too. Boosters of
XGBoost and LightGBM tell more themselves and are left to their files.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from lineal.integrations.curves import Curves
from lineal.integrations.fitted import curves_of, facts_of
from lineal.integrations.hooks import Call, Patches, after
from lineal.integrations.listener import Fit, FitEnd, Listener, Read, Split
from lineal.integrations.params import known, params_of, plain
from lineal.integrations.training import arguments, name_of, training, untold
from lineal.model.values import Json

_VERBS = ("fit", "fit_transform", "fit_predict", "fit_resample", "partial_fit")
_ELSEWHERE = frozenset({"xgboost", "lightgbm"})
_DATA = ("X", "y", "sample_weight", "groups")


def base(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook every estimator there is and every one that will be defined."""
    root = module.BaseEstimator
    for kind in _subclasses(root):
        _hook_class(kind, listener, patches)
    told = after(lambda call: _hook_class(call.args[0], listener, patches), group="estimator classes")
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


def _hook_class(kind: type, listener: Listener, patches: Patches) -> None:
    if kind.__module__.partition(".")[0] in _ELSEWHERE:
        return
    for verb in _VERBS:
        if isinstance(vars(kind).get(verb), types.FunctionType):
            patches.patch(kind, verb, training(listener, _start(listener, verb), _end(listener)))


def _start(listener: Listener, verb: str) -> Callable[[Call], Fit]:
    def start(call: Call) -> Fit:
        model = call.args[0]
        if goes_on(model, verb):
            listener.parent(Read(by=f"{name_of(model)}.{verb}", thing=model, type="Model"))
        given = arguments(call)
        # A scaler's settings are the scaler's; those of what predicts are the run's as well.
        params = params_of(model) if hasattr(model, "predict") else {}
        data = {name: given[name] for name in _DATA if given.get(name) is not None}
        return Fit(by=f"{name_of(model)}.{verb}", model=model, data=data, params=params)

    return start


def goes_on(model: object, verb: str) -> bool:
    """Return whether an estimator that is fitted already learns on: by `partial_fit`, or with `warm_start`."""
    is_fitted = any(name.endswith("_") and not name.startswith("_") for name in vars(model))
    return is_fitted and (verb == "partial_fit" or bool(getattr(model, "warm_start", False)))


def _end(listener: Listener) -> Callable[[Call, Fit], FitEnd]:
    def end(_call: Call, fit: Fit) -> FitEnd:
        curves = Curves(listener)
        curves.add_all(curves_of(fit.model))
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
        Curves(listener).add_all({f"{verb}.{key}": values for key, values in wanted.items()})
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
