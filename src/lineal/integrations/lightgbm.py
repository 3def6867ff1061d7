"""LightGBM: `train` and the scikit-learn classes are trainings with their evaluation curves; model files, init models.

Its files are read and written in C++, where Python's own hook on files sees nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from lineal.integrations.boosting import (
    Following,
    cross_validated,
    estimator_fit,
    model_file_read,
    model_file_written,
    tell_parent,
)
from lineal.integrations.curves import Curves
from lineal.integrations.fitted import ranked
from lineal.integrations.hooks import Call, Patches, after, telling
from lineal.integrations.listener import Fit, Listener, Read
from lineal.integrations.params import number, plain, plain_params
from lineal.integrations.scores import scoring, tell_score
from lineal.integrations.sources import GROUP
from lineal.integrations.training import arguments
from lineal.model.values import Json

_BEFORE_EARLY_STOPPING = 5
"""LightGBM calls callbacks by their order; early stopping has 30, and those after it miss the last round."""


def install(lightgbm: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook training, cross-validation, data sets and model files."""
    following = Following(listener, callback=_callback, facts=_facts, is_first=False)
    patches.patch_function("lightgbm", lightgbm.train, following.maker(_start(listener)))
    patches.patch_function("lightgbm", lightgbm.cv, cross_validated(listener, "lightgbm.cv"))
    booster = lightgbm.Booster
    patches.patch(booster, "__init__", model_file_read(listener, "lightgbm.Booster", "model_file", 3))
    patches.patch(booster, "save_model", model_file_written(listener, "lightgbm.Booster.save_model", "filename"))
    for name in ("eval", "eval_train", "eval_valid"):
        patches.patch(booster, name, scoring(_told_evaluation(listener, name)))
    patches.patch(lightgbm.Dataset, "__init__", after(_told_data(listener), group=GROUP))
    for kind in list(vars(lightgbm).values()):
        if isinstance(kind, type) and "fit" in vars(kind):
            fit = estimator_fit(
                listener, goes_on_from="init_model", rounds=lambda model: int(model.booster_.current_iteration())
            )
            patches.patch(kind, "fit", fit)


def _told_evaluation(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        values = {f"{data}.{metric}": value for data, metric, value, *_ in call.result}
        tell_score(listener, f"Booster.{name}", values, by=f"lightgbm.Booster.{name}")

    return tell


def _callback(curves: Curves) -> Callable[[Any], None]:
    def follow(env: Any) -> None:
        with telling("following lightgbm.train"):
            points = {f"{data}.{metric}": value for data, metric, value, *_ in env.evaluation_result_list or ()}
            curves.add(points, env.iteration)

    follow.order = _BEFORE_EARLY_STOPPING  # type: ignore[attr-defined]  # LightGBM's way to say it
    return follow


def _start(listener: Listener) -> Callable[[Call], Fit]:
    def start(call: Call) -> Fit:
        given = arguments(call)
        tell_parent(listener, "lightgbm.train", given.get("init_model"))
        own = given.get("params")
        params = plain_params(own) if isinstance(own, Mapping) else {}
        if "num_boost_round" in given:
            params["num_boost_round"] = plain(given["num_boost_round"])
        return Fit(by="lightgbm.train", model=None, data=_parts(given.get("train_set")), params=params)

    return start


def _parts(data_set: object) -> dict[str, object]:
    """Return what a data set was made of; LightGBM lets go of the table once it has its own form of it."""
    parts = {name: getattr(data_set, name, None) for name in ("data", "label", "weight", "group")}
    return {name: part for name, part in parts.items() if part is not None and not isinstance(part, str)}


def _facts(booster: Any) -> dict[str, Json]:
    facts: dict[str, Json] = {"rounds": int(booster.current_iteration())}
    best = number(booster.best_iteration)
    if best is not None and best > 0:
        facts["best_iteration"] = int(best)
    importances = booster.feature_importance(importance_type="gain")
    return facts | ranked(booster.feature_name(), importances.tolist(), what="feature_importances")


def _told_data(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        data = arguments(call).get("data")
        if isinstance(data, str | os.PathLike):
            listener.read(Read(by="lightgbm.Dataset", path=os.fspath(data), type="Dataset"))

    return tell
