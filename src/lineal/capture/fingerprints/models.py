"""Canonical fingerprints of models: the fitted state, not the bytes of a file.

Two files of one model may differ in threads, paths or the order of a map; their state does not. What is left out is
listed. Nothing is unpickled or called that could run foreign code.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from lineal.capture.fingerprints import keras, onnx
from lineal.capture.fingerprints.boosters import Found, booster_bytes
from lineal.capture.fingerprints.model_files import state_of_file
from lineal.capture.fingerprints.state import StateBytes, Unreadable
from lineal.capture.fingerprints.tensors import is_tensor_map, tensor_map_bytes
from lineal.model.fingerprint import RULE, Kind, domain, of_parts


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical fingerprint of a model, or None and the reason; `left_out` names the volatile fields.

    `state` is what the fingerprint is of: bytes that `read_state` reads and `compare_states` compares.
    """

    fingerprint: str | None
    reason: str | None = None
    left_out: tuple[str, ...] = ()
    rule: int = RULE
    state: bytes | None = None


def is_model(thing: object) -> bool:
    """Return whether `thing` is a fitted model of a library that is loaded, or a map of tensors."""
    if is_tensor_map(thing):
        return True
    return any(isinstance(thing, base) for base in _model_classes())


def canonical_of(model: object) -> Canonical:
    """Return the canonical fingerprint of a model of a known library, loaded by the program, or of a map of arrays.

    Those are scikit-learn, XGBoost, LightGBM, PyTorch, Keras and ONNX. A list, tuple or dict of them is an ensemble.
    A class without a rule gives None and the reason, never a guess.
    """
    try:
        data, left_out = _bytes_of(model)
    except Unreadable as error:
        return Canonical(None, str(error))
    return _canonical(data, left_out)


def canonical_of_file(path: Path) -> Canonical:
    """Return the canonical fingerprint of what is in a model file, that of the same model in memory.

    Without loading it: of safetensors and of LightGBM's text. Of ONNX where the program has loaded its package.
    """
    try:
        found = state_of_file(path)
        if found is None and path.suffix == ".onnx" and "onnx" in sys.modules:
            found = _bytes_of(sys.modules["onnx"].load(str(path), load_external_data=False))
    except Unreadable as error:
        return Canonical(None, str(error))
    if found is None:
        return Canonical(None, f"a {path.suffix or 'nameless'} file is not read without its library")
    return _canonical(*found)


def _canonical(data: bytes, left_out: tuple[str, ...]) -> Canonical:
    return Canonical(of_parts(Kind.MODEL, [data]), None, left_out, state=domain(Kind.MODEL.value) + data)


def _bytes_of(model: object) -> Found:
    if is_tensor_map(model):
        return tensor_map_bytes(model), ()
    own = _own_form(model)
    if own is not None:
        return own
    encoder = StateBytes(leaf=_own_form)
    return encoder.encode(model), encoder.left_out


def _own_form(thing: object) -> Found | None:
    """Return the bytes of a model that is more than an object with attributes, and what was left out of them."""
    if keras.is_keras(thing):  # before PyTorch: with that backend it is a module too
        return StateBytes(leaf=booster_bytes).encode(keras.keras_parts(thing)), keras.LEFT_OUT
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "nn") and isinstance(thing, torch.nn.Module):
        return tensor_map_bytes(thing.state_dict()), ()
    if onnx.is_onnx(thing):
        return StateBytes(leaf=booster_bytes).encode(onnx.onnx_parts(thing)), onnx.LEFT_OUT
    return booster_bytes(thing)


def _model_classes() -> list[type]:
    found: list[type] = []
    for module, name in (
        ("sklearn.base", "BaseEstimator"),
        ("xgboost", "Booster"),
        ("lightgbm", "Booster"),
        ("torch.nn", "Module"),
        ("keras", "Model"),
        ("onnx", "ModelProto"),
    ):
        candidate = getattr(sys.modules.get(module), name, None)
        if isinstance(candidate, type):
            found.append(candidate)
    return found
