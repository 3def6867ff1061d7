"""Models as the process opens them: from a file to the object that can be called. Runs what the file says to run."""

from __future__ import annotations

import ast
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from lineal.rebuild.calling.kinds import Kind, kind_of

_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Uncallable(Exception):  # it becomes the answer's reason
    """There is nothing to call; the message says why.

    A second argument is what was said about it: it may quote the data.
    """


def opened(path: Path, name: str, script: Path | None) -> Any:
    """Return what is in a model file that was called `name`; Uncallable where nothing can be made of it.

    `script` is the program that wrote it: classes it defined itself are taken from its text, which is not run.
    """
    kind = kind_of(path, name)
    read = _READERS.get(kind)
    if kind is Kind.WEIGHTS:
        raise Uncallable("the file holds weights alone, and not the code that calls them: save the whole model")
    if read is None:
        raise Uncallable(f"a {Path(name).suffix or 'nameless'} file is of no kind that can be called")
    if kind in (Kind.PICKLE, Kind.JOBLIB, Kind.TORCH) and script is not None:
        _lend_definitions(script)
    try:
        return read(path)
    except ImportError as error:
        raise Uncallable(f"it needs {error.name or error}, which is not installed here") from error
    except Exception as error:
        raise Uncallable(f"it cannot be opened ({type(error).__name__})", str(error)) from error


def _lend_definitions(script: Path) -> None:
    """Put the classes and functions of a program where pickles look for them, without running the program."""
    try:
        tree = ast.parse(script.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return
    module = ModuleType("__main__")
    module.__file__ = str(script)
    for statement in tree.body:
        is_constant = isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        if isinstance(statement, _DEFINITIONS) or is_constant:
            code = compile(ast.Module([statement], []), str(script), "exec")
            with suppress(Exception):  # what needs more than is defined here is missed only by whoever asks for it
                exec(code, vars(module))  # noqa: S102  the recorded program's own text, in its confined process
    sys.modules["__main__"] = module


def _pickle(path: Path) -> Any:
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301  confined: that is what this process is for


def _joblib(path: Path) -> Any:
    import joblib

    return joblib.load(path)


def _xgboost(path: Path) -> Any:
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(bytearray(path.read_bytes()))
    return booster


def _lightgbm(path: Path) -> Any:
    import lightgbm

    return lightgbm.Booster(model_file=str(path))


def _onnx(path: Path) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])


def _keras(path: Path) -> Any:
    import keras

    suffix = ".h5" if path.read_bytes().startswith(b"\x89HDF") else ".keras"
    named = path.rename(path.with_suffix(suffix))
    return keras.saving.load_model(named, compile=False, safe_mode=False)


def _torch(path: Path) -> Any:
    import torch

    return torch.load(path, map_location="cpu", weights_only=False)


def _torchscript(path: Path) -> Any:
    import torch

    return torch.jit.load(str(path), map_location="cpu")


def _exported(path: Path) -> Any:
    import torch

    return torch.export.load(path.rename(path.with_suffix(".pt2"))).module()


_READERS: dict[Kind, Callable[[Path], Any]] = {
    Kind.PICKLE: _pickle,
    Kind.JOBLIB: _joblib,
    Kind.XGBOOST: _xgboost,
    Kind.LIGHTGBM: _lightgbm,
    Kind.ONNX: _onnx,
    Kind.KERAS: _keras,
    Kind.TORCH: _torch,
    Kind.TORCHSCRIPT: _torchscript,
    Kind.EXPORTED: _exported,
}
