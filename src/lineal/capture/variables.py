"""The environment variables a program may depend on: those known to act on numbers, and those its own code reads.

Values are those the process was started with, where the system tells: what a program sets for itself it sets again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from lineal.capture.captured import Captured, captured
from lineal.capture.outlet import VARIABLE, pass_on
from lineal.capture.program import KEPT_SIZE, own_sources
from lineal.capture.secrets import redact_value
from lineal.model.values import Json

_PREFIXES = (
    "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "VECLIB_", "KMP_", "GOTO_", "BLIS_", "RAYON_", "LOKY_", "JOBLIB_",
    "NUMBA_", "POLARS_", "ARROW_", "MALLOC_", "PYTHON", "LC_", "CUDA_", "CUBLAS_", "CUDNN_", "NCCL_", "NVIDIA_", "HIP_",
    "ROCR_", "XLA_", "TF_", "TORCH_", "PYTORCH_", "JAX_", "KERAS_", "HF_", "TRANSFORMERS_", "SKLEARN_",
    "XGBOOST_", "LIGHTGBM_", "TOKENIZERS_",
)  # fmt: skip
_NAMES = frozenset({"LANG", "LANGUAGE", "TZ", "TZDIR", "LD_PRELOAD", "LD_LIBRARY_PATH", "SOURCE_DATE_EPOCH"})
_OURS = re.compile(r"[/\\]lineal[/\\]sdk[/\\]bootstrap[/\\]?$")
_READ_IN_TEXT = re.compile(
    r"""environ(?:\.get\(|\.setdefault\(|\.pop\(|\[)\s*['"]([A-Za-z_]\w*)['"]|getenv\(\s*['"]([A-Za-z_]\w*)['"]"""
)
_MOST = 200

_heard: set[str] = set()


def hear_read(name: str) -> None:
    """Hear that the user's own code read this variable."""
    if name not in _heard and len(_heard) < _MOST:
        _heard.add(name)
        pass_on(VARIABLE, name)


def is_heard(name: str) -> bool:
    """Return whether a variable is known to be read already."""
    return name in _heard


def is_always_recorded(name: str) -> bool:
    """Return whether a variable is recorded wherever it is set; any other one only where the program reads it."""
    return name.startswith(_PREFIXES) or name in _NAMES


def variables_item(environment: Mapping[str, str] | None = None, read: Collection[str] | None = None) -> Captured:
    """Return the variables with their values; one that was read and is not set is null.

    A secret value is redacted and named in the reason: a rebuild has to be given it. Lineal's own are left out.
    `read` are those that the program reads, where that is another one than this process.
    """
    given = first_environment() if environment is None else environment
    names = {name for name in given if is_always_recorded(name)}
    asked = (*_heard, *_in_texts(own_sources())) if read is None else read
    names |= {name for name in asked if not name.startswith("LINEAL_")}
    found: dict[str, Json] = {}
    secret: list[str] = []
    for name in sorted(names):
        value = _without_ours(name, given.get(name))
        if value is None and name in given:
            continue  # it held nothing but our own bootstrap
        found[name] = None if value is None else redact_value(name, value)
        if found[name] != value:
            secret.append(name)
    return captured(found, f"secret, and to be given to a rebuild: {', '.join(secret)}" if secret else None)


def with_more_variables(
    item: Captured, names: Collection[str], sources: Iterable[str], environment: Mapping[str, str] | None
) -> Captured:
    """Return the item with variables that other processes of the run read, and those that stand in their code.

    Their values are those the command was started with; where that environment is gone, they are only named.
    """
    known = item.value if isinstance(item.value, Mapping) else {}
    wanted = {name for name in (*names, *_in_texts(_texts(sources))) if not name.startswith("LINEAL_")} - known.keys()
    if not wanted:
        return item
    if environment is None:
        return replace(item, reason=f"read by another process, values not known: {', '.join(sorted(wanted))}")
    more = variables_item({name: value for name, value in environment.items() if name in wanted}, wanted)
    assert isinstance(more.value, Mapping)
    reasons = [reason for reason in (item.reason, more.reason) if reason]
    return replace(item, value={**known, **more.value}, reason="; ".join(reasons) or None)


def first_environment() -> Mapping[str, str]:
    """Return the environment the process was started with; as it is now where the system does not tell."""
    try:
        data = Path("/proc/self/environ").read_bytes()
    except OSError:
        return os.environ
    pairs = (os.fsdecode(pair).partition("=") for pair in data.split(b"\0") if pair)
    return {name: value for name, _, value in pairs}


def _without_ours(name: str, value: str | None) -> str | None:
    if name != "PYTHONPATH" or value is None:
        return value
    return os.pathsep.join(place for place in value.split(os.pathsep) if not _OURS.search(place)) or None


def _in_texts(texts: Iterable[str]) -> set[str]:
    return {one or other for text in texts for one, other in _READ_IN_TEXT.findall(text)}


def _texts(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        try:
            if os.path.getsize(path) <= KEPT_SIZE:  # noqa: PTH202  a text path
                yield Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # gone since
