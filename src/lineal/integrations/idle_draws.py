"""Idle draws: numbers that scikit-learn draws from NumPy's shared generator, and that act on nothing.

Linear models by coordinate descent, and support vector machines, draw the seed of a generator of their compiled code in
each `fit`, and begin it only for random selection, or for probabilities.
"""

from __future__ import annotations

from types import ModuleType

from lineal.capture.generators import note_idle_draws, shared_state
from lineal.integrations.hooks import Call, Patches, around
from lineal.integrations.imports import when_imported

_DESCENT, _MACHINES = "sklearn.linear_model._coordinate_descent", "sklearn.svm._base"
_CLASSES = ("ElasticNet", "MultiTaskElasticNet", "LinearModelCV", "BaseLibSVM")
"""The classes of both modules that define `fit`; all others have it from these."""


def watch_idle_draws(patches: Patches) -> None:
    """Hear of them from now on."""
    for module in (_DESCENT, _MACHINES):
        patches.add(when_imported(module, lambda module: _install(module, patches)))


def _install(module: ModuleType, patches: Patches) -> None:
    for name in _CLASSES:
        found = getattr(module, name, None)
        if found is not None and "fit" in vars(found):
            patches.patch(found, "fit", around(_before, _after, group="idle draws"))


def _before(call: Call) -> str | None:
    return shared_state("numpy") if _is_idle(call.args[0]) else None


def _after(_call: Call, before: str | None, error: BaseException | None) -> None:
    if before is not None and error is None:
        note_idle_draws("numpy", before)


def _is_idle(estimator: object) -> bool:
    if hasattr(estimator, "selection"):
        folds = getattr(estimator, "cv", None)  # a number of folds does not shuffle; a splitter may
        return estimator.selection == "cyclic" and (folds is None or isinstance(folds, int))
    return getattr(estimator, "probability", True) in (False, "deprecated")
