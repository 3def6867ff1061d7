"""Item 26: the switches that decide whether equal inputs give equal results, of every framework that is loaded.

A framework is asked only if the program has loaded it. What one training was told (LightGBM's `deterministic`,
`nthread`, `device`) stands among the parameters of the run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import ModuleType

from lineal.capture.captured import Captured, captured, not_applicable
from lineal.capture.guard import guarded
from lineal.model.values import Json

_VARIABLES = (
    "CUBLAS_WORKSPACE_CONFIG",
    "XLA_FLAGS",
    "TF_DETERMINISTIC_OPS",
    "TF_CUDNN_DETERMINISTIC",
    "TF_ENABLE_ONEDNN_OPTS",
    "NVIDIA_TF32_OVERRIDE",
    "PYTORCH_CUDA_ALLOC_CONF",
    "MKL_CBWR",
    "JAX_ENABLE_X64",
)


def determinism_item() -> Captured:
    """Return the switches of the loaded frameworks and the variables that act on them."""
    variables: dict[str, Json] = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    found: dict[str, Json] = {"variables": variables} if variables else {}
    lost: list[str] = []
    for name, module, ask in _FRAMEWORKS:
        loaded = sys.modules.get(module)
        if loaded is None:
            continue
        told = guarded(lambda ask=ask, loaded=loaded: captured(ask(loaded)))  # type: ignore[misc]
        if told.status == "captured":
            found[name] = told.value
        else:
            lost.append(f"{name}: {told.reason}")
    if not found and not lost:
        return not_applicable("no framework with such switches is loaded")
    return captured(found, "; ".join(lost) or None)


def _torch(torch: ModuleType) -> Mapping[str, Json]:
    cudnn = torch.backends.cudnn
    return {
        "deterministic_algorithms": bool(torch.are_deterministic_algorithms_enabled()),
        "warn_only": bool(torch.is_deterministic_algorithms_warn_only_enabled()),
        "cudnn_benchmark": bool(cudnn.benchmark),
        "cudnn_deterministic": bool(cudnn.deterministic),
        "cudnn_tf32": bool(cudnn.allow_tf32),
        "matmul_tf32": bool(torch.backends.cuda.matmul.allow_tf32),
        "float32_matmul_precision": str(torch.get_float32_matmul_precision()),
        "default_dtype": str(torch.get_default_dtype()),
        "threads": int(torch.get_num_threads()),
    }


def _tensorflow(config: ModuleType) -> Mapping[str, Json]:
    return {
        "op_determinism": bool(config.is_op_determinism_enabled()),
        "tf32": bool(config.tensor_float_32_execution_enabled()),
        "intra_op_threads": int(config.get_intra_op_parallelism_threads()),
        "inter_op_threads": int(config.get_inter_op_parallelism_threads()),
    }


def _jax(jax: ModuleType) -> Mapping[str, Json]:
    names = ("jax_enable_x64", "jax_default_matmul_precision", "jax_default_prng_impl", "jax_threefry_partitionable")
    return {name: _plain(getattr(jax.config, name, None)) for name in names}


def _xgboost(xgboost: ModuleType) -> Mapping[str, Json]:
    return {name: _plain(value) for name, value in xgboost.get_config().items()}


def _sklearn(sklearn: ModuleType) -> Mapping[str, Json]:
    return {name: _plain(value) for name, value in sklearn.get_config().items() if name != "display"}


def _plain(value: object) -> Json:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


_FRAMEWORKS: tuple[tuple[str, str, Callable[[ModuleType], Mapping[str, Json]]], ...] = (
    ("torch", "torch", _torch),
    ("tensorflow", "tensorflow.python.framework.config", _tensorflow),
    ("jax", "jax", _jax),
    ("xgboost", "xgboost", _xgboost),
    ("sklearn", "sklearn", _sklearn),
)
