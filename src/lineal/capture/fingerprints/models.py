"""Canonical fingerprints of models: the fitted state, not the bytes of a file.

Two files of one model may differ in threads, paths or the order of a map; their state does not. What is left out is
listed. Nothing is unpickled or called that could run foreign code.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from lineal.capture.fingerprints.boosters import booster_bytes
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
    """Return the canonical fingerprint of scikit-learn estimators, boosters, PyTorch modules and maps of arrays.

    A list, tuple or dict of them is an ensemble. A class without a rule gives None and the reason, never a guess.
    """
    try:
        data, left_out = _bytes_of(model)
    except Unreadable as error:
        return Canonical(None, str(error))
    return Canonical(of_parts(Kind.MODEL, [data]), None, left_out, state=domain(Kind.MODEL.value) + data)


def _bytes_of(model: object) -> tuple[bytes, tuple[str, ...]]:
    if is_tensor_map(model):
        return tensor_map_bytes(model), ()
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        return tensor_map_bytes(model.state_dict()), ()
    booster = booster_bytes(model)
    if booster is not None:
        return booster
    encoder = StateBytes(leaf=booster_bytes)
    return encoder.encode(model), encoder.left_out


def _model_classes() -> list[type]:
    found: list[type] = []
    for module, name in (
        ("sklearn.base", "BaseEstimator"),
        ("xgboost", "Booster"),
        ("lightgbm", "Booster"),
        ("torch.nn", "Module"),
    ):
        candidate = getattr(sys.modules.get(module), name, None)
        if isinstance(candidate, type):
            found.append(candidate)
    return found
