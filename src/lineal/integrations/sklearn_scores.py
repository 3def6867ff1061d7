"""scikit-learn's scores: the functions of `sklearn.metrics`, `score` of an estimator, folds, the best of a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from lineal.integrations.fitted import read
from lineal.integrations.grafts import graft
from lineal.integrations.hooks import Call, Patches
from lineal.integrations.listener import Fit, Listener
from lineal.integrations.scores import hook_method, scoring, tell_score
from lineal.integrations.training import name_of


def metrics(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook every public function of `sklearn.metrics`; those that return no number tell nothing."""
    for name in module.__all__:
        graft(patches, getattr(module, name), scoring(_told_metric(listener, name), depth=2))


def hook_mixins(module: ModuleType, listener: Listener, patches: Patches) -> None:
    """Hook `score` of the classes that lend it to estimators."""
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__]
    for kind in kinds:
        if not issubclass(kind, module.BaseEstimator):  # those are hooked as estimators
            hook_score(kind, listener, patches)


def hook_score(kind: type, listener: Listener, patches: Patches) -> None:
    """Hook `score` of a class that has one of its own."""
    if "score" in vars(kind):
        hook_method(patches, kind, "score", _told_score(listener))


def tell_folds(listener: Listener, verb: str, scores: Mapping[str, Sequence[float]]) -> None:
    """Tell the scores of a cross-validation: each fold's as a curve, and their mean."""
    parts: dict[str, object] = dict(scores)
    for name, values in scores.items():
        mean: Any = values
        parts[f"{name}.mean"] = mean.mean()
    tell_score(listener, verb, parts, by=f"sklearn.model_selection.{verb}")


def tell_best(listener: Listener, fit: Fit) -> None:
    """Tell the score of the best candidate of a search."""
    if isinstance(read(fit.model, "cv_results_"), Mapping):
        name = f"{type(fit.model).__name__}.best_score"
        tell_score(listener, name, read(fit.model, "best_score_"), by=fit.by)


def _told_metric(listener: Listener, name: str) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        given = call.args[0] if call.args else next(iter(call.kwargs.values()), None)
        tell_score(listener, name, call.result, by=f"sklearn.metrics.{name}", on=given, settings=call.kwargs)

    return tell


def _told_score(listener: Listener) -> Callable[[Call], None]:
    def tell(call: Call) -> None:
        model = call.args[0]
        given = next(iter([*call.args[1:], *call.kwargs.values()]), None)
        name, by = f"{type(model).__name__}.score", f"{name_of(model)}.score"
        tell_score(listener, name, call.result, by=by, on=given)

    return tell
