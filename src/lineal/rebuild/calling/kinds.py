"""Kinds of model files, told from their first bytes and names. Nothing of a file is run, and no library is loaded."""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

_HEAD = 1 << 16


class Kind(StrEnum):
    """What a model file is read with."""

    PICKLE = "pickle"
    JOBLIB = "joblib"
    XGBOOST = "xgboost"
    LIGHTGBM = "lightgbm"
    ONNX = "onnx"
    KERAS = "keras"
    TORCH = "torch"
    TORCHSCRIPT = "torchscript"
    EXPORTED = "exported"
    WEIGHTS = "weights"
    UNKNOWN = "unknown"


LIBRARIES: dict[Kind, str] = {
    Kind.JOBLIB: "joblib",
    Kind.XGBOOST: "xgboost",
    Kind.LIGHTGBM: "lightgbm",
    Kind.ONNX: "onnxruntime",
    Kind.KERAS: "keras",
    Kind.TORCH: "torch",
    Kind.TORCHSCRIPT: "torch",
    Kind.EXPORTED: "torch",
}
"""The library that reads a kind, where it takes one."""


def kind_of(path: Path, name: str) -> Kind:
    """Return the kind of the file at `path`, which was called `name` when it was written."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    suffix = Path(name).suffix.lower()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return _of_archive(archive.namelist())
    if suffix == ".safetensors" or name.endswith(".weights.h5"):
        return Kind.WEIGHTS
    if head.startswith(b"\x89HDF"):
        return Kind.KERAS
    if head.startswith(b"tree\nversion="):
        return Kind.LIGHTGBM
    if head.startswith(b"{L") or (head.lstrip().startswith(b"{") and b'"learner"' in head):
        return Kind.XGBOOST
    if b"joblib.numpy_pickle" in head or suffix == ".joblib":
        return Kind.JOBLIB
    if head.startswith(b"\x80"):
        return Kind.PICKLE
    return Kind.ONNX if suffix == ".onnx" else Kind.UNKNOWN


def _of_archive(names: Sequence[str]) -> Kind:
    inside = {name.partition("/")[2] for name in names}
    if "config.json" in names and any(name.endswith("weights.h5") for name in names):
        return Kind.KERAS
    if "serialized_exported_program.json" in names or any(name.startswith("models/") for name in inside):
        return Kind.EXPORTED
    if "constants.pkl" in inside:
        return Kind.TORCHSCRIPT
    return Kind.TORCH if "data.pkl" in inside else Kind.UNKNOWN


def first_class(path: Path) -> str | None:
    """Return the first class that a pickle names, which is most often that of the model: `sklearn.pipeline.Pipeline`.

    None where it names none: then it holds plain values.
    """
    texts: list[str] = []
    with path.open("rb") as file:
        try:
            for operation, argument, _ in pickletools.genops(file):
                if operation.name == "GLOBAL":
                    return str(argument).replace(" ", ".", 1)
                if operation.name == "STACK_GLOBAL":
                    return ".".join(texts[-2:])
                if isinstance(argument, str):
                    texts.append(argument)
        except ValueError:
            return None
    return None
