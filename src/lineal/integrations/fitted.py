"""Fitted: what a fitted estimator says about itself, by the attributes that scikit-learn's conventions name.

XGBoost's, LightGBM's and many other estimators follow them too. Nothing is computed that would change a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lineal.capture.fingerprints.arrays import is_array
from lineal.integrations.params import number, params_of, plain, plain_params
from lineal.integrations.training import name_of
from lineal.model.values import Json

MOST_FEATURES = 100
"""Importances and coefficients that are recorded, the largest ones; how many there are is recorded with them."""

_MOST_CLASSES = 100
_MOST_CANDIDATES = 100
_CURVES = ("loss_curve_", "validation_scores_", "train_score_", "validation_score_", "oob_scores_", "cv_score_curve")
_UNREADABLE = (AttributeError, ValueError, TypeError, KeyError, IndexError, NotImplementedError, RuntimeError)
"""What properties of estimators raise that have no such value."""


def facts_of(model: object) -> dict[str, Json]:
    """Return class, settings, steps, importances, coefficients, iterations and the like of a fitted estimator."""
    inner = final_of(model)
    facts: dict[str, Json] = {"class": name_of(model), "params": params_of(model)}
    facts |= _steps(model) | _search(model) | _features(inner, _names(model, inner)) | _iterations(inner)
    classes = read(inner, "classes_")
    if is_array(classes):
        facts["classes"] = plain(classes[:_MOST_CLASSES])
    seed = getattr(inner, "random_state", None)
    if isinstance(seed, int):
        facts["random_state"] = seed
    return facts


def curves_of(model: object) -> dict[str, Sequence[object]]:
    """Return the curves a fitted estimator kept of its training."""
    inner = final_of(model)
    found: dict[str, Sequence[object]] = {}
    for name in _CURVES:
        values = read(inner, name)
        if (is_array(values) and values.ndim == 1) or isinstance(values, list):
            found[name.rstrip("_")] = values
    results = getattr(model, "cv_results_", None)
    if isinstance(results, Mapping) and is_array(results.get("mean_test_score")):
        found["cv_score"] = results["mean_test_score"]
    return found


def final_of(model: object) -> object:
    """Return the estimator that decides: the best one of a search, the last step of a pipeline, else itself."""
    for _ in range(8):
        best, steps = read(model, "best_estimator_"), getattr(model, "steps", None)
        if best is not None:
            model = best
        elif isinstance(steps, list) and steps and hasattr(steps[-1][1], "fit"):
            model = steps[-1][1]
        else:
            break
    return model


def read(thing: object, name: str) -> Any:
    """Return an attribute, or None where there is none to be had now."""
    try:
        return getattr(thing, name, None)
    except _UNREADABLE:
        return None


def ranked(names: Sequence[str], values: Sequence[float], *, what: str) -> dict[str, Json]:
    """Return one number a feature, of the largest ones, and how many features there are."""
    pairs = sorted(zip(names, values, strict=True), key=lambda pair: -abs(pair[1]))[:MOST_FEATURES]
    return {what: dict(pairs), "features": len(names)}


def _steps(model: object) -> dict[str, Json]:
    """Return the steps of a pipeline, and what each does to which columns."""
    model = read(model, "best_estimator_") or model
    steps = getattr(model, "steps", None)
    if isinstance(steps, list):
        return {"steps": [_step(name, step) for name, step, *_ in steps]}
    columns = read(model, "transformers_")
    return {"steps": [_step(name, step, on) for name, step, on in columns]} if columns else {}


def _step(name: str, step: object, columns: object = None) -> dict[str, Json]:
    if isinstance(step, str) or step is None:  # "passthrough", "drop"
        told: dict[str, Json] = {"name": name, "class": step}
    else:
        get_params = getattr(step, "get_params", None)
        params = plain_params(get_params(deep=False)) if callable(get_params) else {}
        told = {"name": name, "class": name_of(step), "params": params, **_steps(step)}
    return told if columns is None else {**told, "columns": plain(columns)}


def _search(model: object) -> dict[str, Json]:
    """Return what a search tried and found."""
    results, best = getattr(model, "cv_results_", None), read(model, "best_params_")
    if not isinstance(results, Mapping) or best is None:
        return {}
    means, deviations = results.get("mean_test_score", ()), results.get("std_test_score", ())
    candidates = [
        {"params": plain(params), "mean": number(mean), "std": number(deviation)}
        for params, mean, deviation in zip(results.get("params", ()), means, deviations, strict=False)
    ]
    return {
        "best_params": plain(best),
        "best_score": number(read(model, "best_score_")),
        "folds": plain(read(model, "n_splits_")),
        "candidates": candidates[:_MOST_CANDIDATES],
        "tried": len(results.get("params", ())),
    }


def _features(model: object, names: Sequence[str] | None) -> dict[str, Json]:
    facts: dict[str, Json] = {}
    importances = read(model, "feature_importances_")
    if is_array(importances) and importances.ndim == 1:
        facts |= ranked(_named(names, len(importances)), importances.tolist(), what="feature_importances")
    coefficients = read(model, "coef_")
    if is_array(coefficients) and coefficients.dtype.kind in "fiu" and 0 < coefficients.ndim <= 2:  # noqa: PLR2004
        facts |= _coefficients(model, coefficients, names)
    intercept = read(model, "intercept_")
    if intercept is not None and coefficients is not None:
        facts["intercept"] = plain(intercept)
    return facts


def _coefficients(model: object, coefficients: Any, names: Sequence[str] | None) -> dict[str, Json]:
    """Return the coefficients by feature; of several outputs by the class, or the output's number."""
    rows = coefficients if coefficients.ndim > 1 else coefficients.reshape(1, -1)
    features = _named(names, rows.shape[1])
    if len(rows) == 1:
        return ranked(features, rows[0].tolist(), what="coefficients")
    classes = read(model, "classes_")
    outputs = [str(name) for name in (classes if is_array(classes) and len(classes) == len(rows) else range(len(rows)))]
    each = {
        output: ranked(features, row.tolist(), what="coefficients")["coefficients"]
        for output, row in list(zip(outputs, rows, strict=True))[:_MOST_CLASSES]
    }
    return {"coefficients": each, "features": len(features)}


def _named(names: Sequence[str] | None, count: int) -> list[str]:
    return list(names) if names is not None and len(names) == count else [f"x{index}" for index in range(count)]


def _names(model: object, inner: object) -> Sequence[str] | None:
    """Return the names of the features that the deciding estimator got, after the steps before it."""
    own = read(inner, "feature_names_in_")
    if own is not None and len(own):
        return [str(name) for name in own]
    model = read(model, "best_estimator_") or model
    steps = getattr(model, "steps", None)
    if not isinstance(steps, list) or len(steps) < 2:  # noqa: PLR2004
        return None
    try:
        return [str(name) for name in model[:-1].get_feature_names_out()]  # type: ignore[index]  # a pipeline
    except _UNREADABLE:
        return None


def _iterations(model: object) -> dict[str, Json]:
    """Return how often a solver went round, whether it stopped by itself, and where early stopping found the best."""
    facts: dict[str, Json] = {}
    done = read(model, "n_iter_")
    done = done.max() if is_array(done) and done.size else done
    count = number(done)
    if count is not None:
        facts["iterations"] = int(count)
        limit = getattr(model, "max_iter", None)
        if isinstance(limit, int) and limit > 0:
            facts["converged"] = count < limit
    best = number(read(model, "best_iteration_"))
    best = best if best is not None else number(read(model, "best_iteration"))
    if best:
        facts["best_iteration"] = int(best)
    for name in ("best_score", "best_score_", "best_loss_"):
        value = number(read(model, name))
        if value is not None:
            facts[name.rstrip("_")] = value
    return facts
