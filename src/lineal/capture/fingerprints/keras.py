"""Keras models as plain values: configuration and weights, without the optimizer's state and versions.

The package is the program's own, which has loaded it: nothing here imports it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

_CONFIG = ("module", "class_name", "registered_name", "config")

LEFT_OUT = ("compile_config", "keras_version", "optimizer")


def is_keras(thing: object) -> bool:
    """Return whether `thing` is a model of Keras 3."""
    keras = sys.modules.get("keras")
    model = getattr(keras, "Model", None)
    return isinstance(model, type) and isinstance(thing, model)


def keras_parts(model: Any) -> dict[str, object]:
    """Return the model as dicts, lists, plain values and arrays; weights by their paths, a repeated one marked.

    A model that was loaded leaves its own name out of them, one that was made does not: it is left out here.
    """
    keras: Any = sys.modules["keras"]
    weights: dict[str, object] = {}
    for weight in model.weights:
        name = str(weight.path).removeprefix(f"{model.name}/")
        while name in weights:
            name = f"{name}'"
        weights[name] = keras.ops.convert_to_numpy(weight)
    return {"format": "keras", "config": _config(model), "weights": weights}


def _config(model: Any) -> object:
    try:
        told = json.loads(model.to_json())
    except (NotImplementedError, TypeError, ValueError):
        # A model of the program's own classes cannot always say how it is made; its weights still say what it is.
        return f"{type(model).__module__}.{type(model).__qualname__}"
    return {name: told.get(name) for name in _CONFIG}
