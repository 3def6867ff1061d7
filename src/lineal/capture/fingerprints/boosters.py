"""The bytes of XGBoost and LightGBM boosters, in the form each library itself calls its model."""

from __future__ import annotations

import re
import sys

from lineal.model.fingerprint import framed

_LIGHTGBM_PARAMETERS = re.compile(r"\nparameters:\n.*?\nend of parameters\n", re.DOTALL)

Found = tuple[bytes, tuple[str, ...]]


def booster_bytes(thing: object) -> Found | None:
    """Return the bytes of a booster and what was left out of them, or None for anything else."""
    xgboost = sys.modules.get("xgboost")
    if xgboost is not None and isinstance(thing, xgboost.Booster):
        return b"X" + framed(bytes(thing.save_raw("ubj"))), ()
    lightgbm = sys.modules.get("lightgbm")
    if lightgbm is not None and isinstance(thing, lightgbm.Booster):
        return lightgbm_text_bytes(str(thing.model_to_string()))
    return None


def lightgbm_text_bytes(text: str) -> Found:
    """Return the bytes of a LightGBM model from its text, which is also what its files hold."""
    # The block left out holds num_threads; the trees are all in the rest.
    return b"L" + framed(_LIGHTGBM_PARAMETERS.sub("\n", text).encode()), ("parameters",)
