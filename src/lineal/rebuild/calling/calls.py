"""Calls: what can be asked of a model that was opened, with the columns it takes, library by library."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from lineal.rebuild.calling.data import Data
from lineal.rebuild.calling.opened import Uncallable

Calls = Iterator[tuple[str, Callable[[], Any]]]

_VERBS = ("predict", "predict_proba", "decision_function")
_GIVEN_NAMES = re.compile(r"(?:Column_|f)\d+")
"""Names that boosters give to columns that have none."""

_MOST_MEMBERS = 32


def calls_of(model: Any, data: Data) -> list[tuple[str, Callable[[], Any]]]:
    """Return what is asked of a model, each by a name; Uncallable where there is nothing, Unfit for other columns."""
    found = list(_calls(model, data, ""))
    if not found:
        raise Uncallable(_nothing(model))
    return found


def _calls(model: Any, data: Data, place: str) -> Calls:
    told = type(model).__name__
    if _is(model, "xgboost", "Booster"):
        yield f"{place}predict", _booster(model, data)
    elif _is(model, "lightgbm", "Booster"):
        names, width = _own_names(model.feature_name(), data), model.num_feature()
        taken = _categories(data.taken(names, width, told), model)
        yield f"{place}predict", partial(model.predict, taken)
    elif _is(model, "onnxruntime", "InferenceSession"):
        yield f"{place}run", _session(model, data)
    elif _is(model, "keras", "Model"):
        yield f"{place}predict", partial(model.predict, _keras_inputs(model, data), verbose=0)
    elif _is(model, "torch.nn", "Module"):
        yield f"{place}call", _module(model, data)
    elif isinstance(model, list | tuple | dict) and len(model) <= _MOST_MEMBERS:
        members = model.items() if isinstance(model, dict) else enumerate(model)
        for key, member in members:
            yield from _calls(member, data, f"{place}[{key!r}].")
    elif not isinstance(model, type):
        yield from _estimator(model, data, place, told)


def _estimator(model: Any, data: Data, place: str, told: str) -> Calls:
    verbs = [verb for verb in _VERBS if callable(getattr(model, verb, None))]
    verbs = verbs or [verb for verb in ("transform",) if callable(getattr(model, verb, None))]
    if not verbs:
        return
    names = getattr(model, "feature_names_in_", None)
    names = _own_names(None if names is None else list(names), data)
    width = getattr(model, "n_features_in_", None)
    taken = _categories(data.taken(names, width, told), getattr(model, "booster_", None))
    if names is None and width is not None and hasattr(taken, "to_numpy"):
        taken = taken.to_numpy()  # it was trained on an array
    for verb in verbs:
        yield f"{place}{verb}", partial(getattr(model, verb), taken)


def _own_names(names: list[str] | None, data: Data) -> list[str] | None:
    """Return the names of a model's columns; None where a library made them up."""
    plain = [str(name) for name in names or ()]
    has = data.names or []
    if not plain or (all(map(_GIVEN_NAMES.fullmatch, plain)) and not set(plain) <= set(has)):
        return None
    return plain


def _categories(taken: Any, booster: Any) -> Any:
    """Return text as categories where the model was trained on such: files such as CSV do not tell."""
    if getattr(booster, "pandas_categorical", None) and hasattr(taken, "select_dtypes"):
        texts = taken.select_dtypes(include=["object", "string"]).columns
        return taken.astype(dict.fromkeys(texts, "category"))
    return taken


def _booster(model: Any, data: Data) -> Callable[[], Any]:
    xgboost = sys.modules["xgboost"]
    names = _own_names(model.feature_names, data)
    taken = data.taken(names, model.num_features(), "Booster")
    if not hasattr(taken, "to_numpy"):
        taken = data.matrix(names, model.num_features(), "Booster")
    given = model.feature_names
    matrix = xgboost.DMatrix(taken, feature_names=given, enable_categorical=hasattr(taken, "to_numpy"))
    return partial(model.predict, matrix)


def _session(model: Any, data: Data) -> Callable[[], Any]:
    inputs = model.get_inputs()
    names = [one.name for one in inputs]
    if len(inputs) == 1 and not set(names) <= set(data.names or ()):
        width = next((size for size in inputs[0].shape[1:2] if isinstance(size, int)), None)
        feed = {names[0]: _typed(data.matrix(None, width, "the ONNX model"), inputs[0].type)}
    else:
        feed = {
            one.name: _typed(_one_column(data, one.name), one.type).reshape(-1, *[1] * (len(one.shape) - 1))
            for one in inputs
        }
    outputs = [one.name for one in model.get_outputs()]

    def run() -> Mapping[str, Any]:
        return dict(zip(outputs, model.run(None, feed), strict=True))

    return run


def _one_column(data: Data, name: str) -> Any:
    taken = data.taken([name], None, "the ONNX model")
    if isinstance(taken, Mapping):
        return taken[name]
    return taken[name].to_numpy() if hasattr(taken, "to_numpy") else taken


def _typed(array: Any, kind: str) -> Any:
    import numpy as np

    kinds = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(string)": object}
    kinds |= {f"tensor({name})": getattr(np, name) for name in ("int64", "int32", "float16")}
    return np.ascontiguousarray(array).astype(kinds.get(kind, array.dtype))


def _keras_inputs(model: Any, data: Data) -> Any:
    names = list(getattr(model, "input_names", None) or [])
    has = set(data.names or ())
    if len(names) > 1 and set(names) <= has:
        taken = data.taken(names, None, "the Keras model")
        return {name: taken[name].to_numpy() for name in names}
    shape = getattr(model, "input_shape", None)
    width = shape[1] if isinstance(shape, tuple) and len(shape) == 2 else None  # noqa: PLR2004  rows and columns
    return data.matrix(None, width, "the Keras model")


def _module(model: Any, data: Data) -> Callable[[], Any]:
    import numpy as np

    torch = sys.modules["torch"]
    if hasattr(model, "eval"):
        with suppress(NotImplementedError):  # what was exported is in the state it was exported in
            model.eval()
    first = next((each.in_features for each in model.modules() if hasattr(each, "in_features")), None)
    width = first if isinstance(first, int) and data.table is not None else None
    array = np.array(data.matrix(None, width, "the PyTorch model"))
    weights = next((each for each in model.parameters() if each.is_floating_point()), None)
    given = torch.from_numpy(array)
    if data.table is not None or given.is_floating_point():
        given = given.to(torch.float32 if weights is None else weights.dtype)

    def call() -> Any:
        with torch.no_grad():
            return model(given)

    return call


def _is(thing: Any, module: str, name: str) -> bool:
    found = getattr(sys.modules.get(module), name, None)
    return isinstance(found, type) and isinstance(thing, found)


def _nothing(model: Any) -> str:
    torch = sys.modules.get("torch")
    if isinstance(model, Mapping) and torch is not None and any(map(torch.is_tensor, model.values())):
        return "the file holds weights alone (a state_dict), and not the code that calls them: save the whole module"
    name = f"{type(model).__module__}.{type(model).__qualname__}".removeprefix("builtins.")
    return f"the file holds a {name}, which has no predict"
