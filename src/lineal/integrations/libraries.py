"""The libraries that are hooked: which module to wait for, and what puts the patches in."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import ModuleType

from lineal.errors import InvalidArgument
from lineal.integrations import (
    datasets,
    duckdb,
    keras,
    lightgbm,
    lightning,
    numpy,
    onnx,
    pandas,
    pickles,
    polars,
    pyarrow,
    safetensors,
    sklearn,
    sklearn_scores,
    torch,
    transformers,
    xgboost,
)
from lineal.integrations.hooks import Patches, forget_said
from lineal.integrations.imports import when_imported
from lineal.integrations.listener import Listener

Install = Callable[[ModuleType, Listener, Patches], None]


@dataclass(frozen=True, slots=True)
class Library:
    """One integration: its name (as in `autolog(disable=["pandas"])`), the module it waits for, and its patches."""

    name: str
    module: str
    install: Install


LIBRARIES: tuple[Library, ...] = (
    Library("pickle", "pickle", pickles.pickle),
    Library("joblib", "joblib", pickles.joblib),
    Library("cloudpickle", "cloudpickle", pickles.cloudpickle),
    Library("numpy", "numpy", numpy.install),
    Library("pandas", "pandas", pandas.install),
    Library("polars", "polars", polars.install),
    Library("pyarrow", "pyarrow.parquet", pyarrow.parquet),
    Library("pyarrow", "pyarrow.csv", pyarrow.csv),
    Library("pyarrow", "pyarrow.feather", pyarrow.feather),
    Library("pyarrow", "pyarrow.json", pyarrow.json),
    Library("pyarrow", "pyarrow.orc", pyarrow.orc),
    Library("pyarrow", "pyarrow.dataset", pyarrow.dataset),
    Library("duckdb", "duckdb", duckdb.install),
    Library("datasets", "datasets", datasets.install),
    Library("sklearn", "sklearn.base", sklearn.base),
    Library("sklearn", "sklearn.metrics", sklearn_scores.metrics),
    Library("sklearn", "sklearn.utils.parallel", sklearn.parallel),
    Library("sklearn", "sklearn.model_selection", sklearn.splits),
    Library("xgboost", "xgboost", xgboost.install),
    Library("lightgbm", "lightgbm", lightgbm.install),
    Library("torch", "torch", torch.install),
    Library("lightning", "lightning.pytorch.trainer.trainer", lightning.install),
    Library("lightning", "pytorch_lightning.trainer.trainer", lightning.install),
    Library("transformers", "transformers.modeling_utils", transformers.models),
    Library("transformers", "transformers.trainer", transformers.trainer),
    Library("keras", "keras", keras.install),
    Library("onnx", "onnx", onnx.install),
    Library("onnx", "skl2onnx", onnx.sklearn),
    Library("onnx", "torch.onnx", onnx.torch),
    Library("safetensors", "safetensors.torch", safetensors.install),
    Library("safetensors", "safetensors.numpy", safetensors.install),
)
"""All integrations. Adding one is a line here and a file beside this one."""


def install(
    listener: Listener, *, disable: Collection[str] = (), libraries: tuple[Library, ...] = LIBRARIES
) -> Patches:
    """Hook every library but those disabled, each when it is imported; the patches given back undo everything.

    Raises InvalidArgument for a name that is no integration.
    """
    check_names(disable, libraries)
    forget_said()
    patches = Patches()
    for library in libraries:
        if library.name not in disable:
            patches.add(when_imported(library.module, _installer(library, listener, patches)))
    return patches


def check_names(disable: Collection[str], libraries: tuple[Library, ...] = LIBRARIES) -> None:
    """Raise InvalidArgument for a name that is no integration."""
    names = {library.name for library in libraries}
    unknown = sorted(set(disable) - names)
    if unknown:
        raise InvalidArgument(
            f"there is no integration called {', '.join(unknown)}", hint=f"they are: {', '.join(sorted(names))}"
        )


def _installer(library: Library, listener: Listener, patches: Patches) -> Callable[[ModuleType], None]:
    return lambda module: library.install(module, listener, patches)
