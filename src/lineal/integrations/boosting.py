"""Boosting: what the hooks on XGBoost and LightGBM share: following `train`, their estimators' `fit`, data, parents."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from lineal.integrations.curves import Curves, flat
from lineal.integrations.fitted import facts_of, read
from lineal.integrations.hooks import Call, Function, after
from lineal.integrations.listener import Fit, FitEnd, Listener, Read, Split, Written
from lineal.integrations.params import known, params_of, plain, plain_params
from lineal.integrations.sources import GROUP, Remembered, place_of
from lineal.integrations.training import arguments, name_of, training, with_callback
from lineal.model.values import Json, Value

_FOLDS = ("nfold", "stratified", "shuffle", "seed", "num_boost_round")
_DATA = ("X", "y", "sample_weight", "base_margin", "init_score", "group", "qid")


class Following:
    """Follows a library's `train` by a callback of ours, which tells its curves as they come."""

    def __init__(
        self,
        listener: Listener,
        *,
        callback: Callable[[Curves], object],
        facts: Callable[[Any], Mapping[str, Json]],
        is_first: bool,
    ) -> None:
        self._listener = listener
        self._callback = callback
        self._facts = facts
        self._is_first = is_first
        self._curves: dict[int, Curves] = {}

    def maker(self, start: Callable[[Call], Fit]) -> Callable[[Function], Function]:
        """Return the maker for `patch`."""
        return training(self._listener, start, self._end, add=self._add)

    def _add(self, call: Call, fit: Fit) -> Mapping[str, object]:
        curves = self._curves[id(fit)] = Curves(self._listener)
        return with_callback(call, self._callback(curves), first=self._is_first)

    def _end(self, call: Call, fit: Fit) -> FitEnd:
        curves = self._curves.pop(id(fit), None)
        made: dict[str, Json] = {"class": name_of(call.result), "params": plain_params(fit.params)}
        facts = {**made, **self._facts(call.result), "curves": curves.summary() if curves else None}
        return FitEnd(model=call.result, facts=known(facts))


class DataSets:
    """The objects that data sets were made of, as long as the program itself holds them."""

    def __init__(self) -> None:
        self._known: Remembered[dict[str, weakref.ref[object]]] = Remembered()

    def put(self, data_set: object, parts: Mapping[str, object]) -> None:
        """Remember what a data set was made of."""
        found: dict[str, weakref.ref[object]] = {}
        for name, part in parts.items():
            with suppress(TypeError):  # a list: no weak reference, and no fingerprint either
                found[name] = weakref.ref(part)
        self._known.put(data_set, found)

    def get(self, data_set: object) -> dict[str, object]:
        """Return what of it the program still holds."""
        parts = {name: get() for name, get in (self._known.get(data_set) or {}).items()}
        return {name: part for name, part in parts.items() if part is not None}


def estimator_fit(
    listener: Listener, *, goes_on_from: str, rounds: Callable[[Any], int]
) -> Callable[[Function], Function]:
    """Return a maker for the `fit` of a booster's scikit-learn class; `goes_on_from` is its argument for a parent."""

    def start(call: Call) -> Fit:
        model, given = call.args[0], arguments(call)
        by = f"{name_of(model)}.fit"
        tell_parent(listener, by, given.get(goes_on_from))
        data = {name: given[name] for name in _DATA if given.get(name) is not None}
        return Fit(by=by, model=model, data=data, params=params_of(model))

    def end(_call: Call, fit: Fit) -> FitEnd:
        curves = Curves(listener)
        results = read(fit.model, "evals_result_")
        curves.add_all(flat(results) if isinstance(results, Mapping) else {})
        told = {"rounds": rounds(fit.model), "curves": curves.summary() if curves else None}
        return FitEnd(facts=known({**facts_of(fit.model), **told}))

    return training(listener, start, end)


def tell_parent(listener: Listener, by: str, model: object) -> None:
    """Tell of the model that training goes on from: a file, or an object that was read, or fitted, before."""
    if model is None:
        return
    if isinstance(model, str | os.PathLike):
        listener.parent(Read(by=by, path=place_of(model), type="Model"))
    else:
        listener.parent(Read(by=by, thing=model, type="Model", name=type(model).__name__))


def cross_validated(listener: Listener, by: str) -> Callable[[Function], Function]:
    """Return a maker for a library's `cv`: the folds are a split, the means over them curves."""

    def tell(call: Call) -> None:
        given = arguments(call)
        facts: dict[str, Value] = known({name: plain(given[name]) for name in _FOLDS if name in given})
        curves = Curves(listener)
        results = call.result if isinstance(call.result, dict) else call.result.to_dict(orient="list")
        curves.add_all({f"cv.{name}": values for name, values in results.items() if isinstance(values, list)})
        listener.split(Split(by=by, facts={**facts, "curves": curves.summary()}))

    return after(tell, group="split")


def model_file_read(listener: Listener, by: str, argument: str, position: int) -> Callable[[Function], Function]:
    """Return a maker for a method that reads a model file into its object."""

    def tell(call: Call) -> None:
        path = place_of(call.argument(argument, position))
        if path is not None:
            listener.read(Read(by=by, path=path, thing=call.args[0], type="Model"))

    return after(tell, group=GROUP)


def model_file_written(listener: Listener, by: str, argument: str) -> Callable[[Function], Function]:
    """Return a maker for a method that writes its object as a model file."""

    def tell(call: Call) -> None:
        path = place_of(call.argument(argument, 1))
        if path is not None:
            listener.wrote(Written(by=by, path=path, thing=call.args[0], type="Model"))

    return after(tell, group=GROUP)
