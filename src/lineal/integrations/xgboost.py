"""XGBoost: `train` and the scikit-learn classes are trainings with their evaluation curves; model files, warm starts.

Its files are read and written in C++, where Python's own hook on files sees nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from lineal.integrations.boosting import (
    DataSets,
    Following,
    cross_validated,
    estimator_fit,
    model_file_read,
    model_file_written,
    tell_parent,
)
from lineal.integrations.curves import Curves, flat
from lineal.integrations.fitted import ranked, read
from lineal.integrations.hooks import Call, Patches, after, telling
from lineal.integrations.listener import Fit, Listener, Read
from lineal.integrations.params import number, plain, plain_params
from lineal.integrations.scores import scoring, tell_score
from lineal.integrations.sources import GROUP
from lineal.integrations.training import arguments
from lineal.model.values import Json


def install(xgboost: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook training, cross-validation, data sets and model files."""
    data_sets = DataSets()
    for name in ("DMatrix", "QuantileDMatrix", "ExtMemQuantileDMatrix"):
        kind = getattr(xgboost, name, None)
        if isinstance(kind, type) and "__init__" in vars(kind):
            patches.patch(kind, "__init__", after(_told_data(listener, data_sets), group=GROUP))
    # First: XGBoost asks the callbacks after one that says stop no more, not even for the last round.
    following = Following(listener, callback=_callback, facts=_facts, is_first=True)
    patches.patch_function("xgboost", xgboost.train, following.maker(_start(listener, data_sets)))
    patches.patch_function("xgboost", xgboost.cv, cross_validated(listener, "xgboost.cv"))
    for name in ("eval", "eval_set"):
        patches.patch(xgboost.Booster, name, scoring(_told_evaluation(listener, name)))
    estimators = [kind for kind in vars(xgboost).values() if isinstance(kind, type) and "fit" in vars(kind)]
    for kind in estimators:
        fit = estimator_fit(listener, goes_on_from="xgb_model", rounds=lambda model: _rounds(model.get_booster()))
        patches.patch(kind, "fit", fit)
    for kind in (xgboost.Booster, *estimators):
        if "save_model" in vars(kind):
            by = f"xgboost.{kind.__name__}"
            patches.patch(kind, "save_model", model_file_written(listener, f"{by}.save_model", "fname"))
            patches.patch(kind, "load_model", model_file_read(listener, f"{by}.load_model", "fname", 1))


def _callback(curves: Curves) -> object:
    base: Any = sys.modules["xgboost"].callback.TrainingCallback

    class Follow(base):  # type: ignore[misc]  # made late: the base is the library's
        """Tells each round's evaluations; never stops a training."""

        def after_iteration(self, _model: object, epoch: int, evals_log: Mapping[str, Mapping[str, list[Any]]]) -> bool:
            with telling("following xgboost.train"):
                curves.add({name: values[-1] for name, values in flat(evals_log).items() if values}, epoch)
            return False

    return Follow()


def _start(listener: Listener, data_sets: DataSets) -> Callable[[Call], Fit]:
    def start(call: Call) -> Fit:
        given = arguments(call)
        tell_parent(listener, "xgboost.train", given.get("xgb_model"))
        own = given.get("params")
        params = plain_params(own) if isinstance(own, Mapping) else {}
        for name in ("num_boost_round", "early_stopping_rounds"):
            if name in given:
                params[name] = plain(given[name])
        return Fit(by="xgboost.train", model=None, data=data_sets.get(given.get("dtrain")), params=params)

    return start


def _facts(booster: Any) -> dict[str, Json]:
    facts: dict[str, Json] = {"rounds": _rounds(booster)}
    for name in ("best_iteration", "best_score"):
        value = number(read(booster, name))
        if value is not None:
            facts[name] = int(value) if name == "best_iteration" else value
    # A tree's gain is what the scikit-learn classes call importance; a linear booster has weights only.
    kind = "weight" if '"name":"gblinear"' in str(booster.save_config()) else "gain"
    scores = {name: number(value) for name, value in booster.get_score(importance_type=kind).items()}
    found = {name: value for name, value in scores.items() if value is not None}
    return facts | ranked(list(found), list(found.values()), what="feature_importances")


def _rounds(booster: Any) -> int:
    return int(booster.num_boosted_rounds())


def _told_evaluation(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        # The result is a text: [0]\ttest-rmse:0.25\ttest-mae:0.125
        pairs = [part.rpartition(":") for part in str(call.result).split("\t")[1:]]
        values = {key.replace("-", ".", 1): float(value) for key, _, value in pairs}
        tell_score(listener, f"Booster.{name}", values, by=f"xgboost.Booster.{name}")

    return tell


def _told_data(listener: Listener, data_sets: DataSets) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        given = arguments(call)
        data = given.get("data")
        if isinstance(data, str):
            path = data.partition("?")[0].partition("#")[0]  # train.svm?format=libsvm#cache
            listener.read(Read(by="xgboost.DMatrix", path=path, type="Dataset"))
        names = ("data", "label", "weight", "base_margin")
        data_sets.put(call.args[0], {name: given[name] for name in names if given.get(name) is not None})

    return tell
