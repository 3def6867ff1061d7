"""NumPy and SciPy, where they are installed (the `graph` extra) and a snapshot is large enough to repay loading them.

Whatever they do here, plain Python does too.
"""

from __future__ import annotations

import sys
from array import array
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

LARGE = 20_000
"""Events from which on NumPy, loaded for them alone, is repaid within some ten questions, SciPy within fifty."""


def numpy_for(events: int) -> ModuleType | None:
    """Return NumPy, or None where it is not there or not worth loading for so many events."""
    return _module("numpy") if events >= LARGE or "numpy" in sys.modules else None


def search_for(events: int) -> tuple[ModuleType, ModuleType] | None:
    """Return SciPy's sparse matrices and its walks over them, or None, as `numpy_for` does."""
    if events < LARGE and "scipy.sparse.csgraph" not in sys.modules:
        return None
    sparse, walks = _module("scipy.sparse"), _module("scipy.sparse.csgraph")
    return (sparse, walks) if sparse and walks else None


def view_of(numpy: ModuleType, column: array[int]) -> Any:
    """Return a column as NumPy sees it, without a copy."""
    return numpy.frombuffer(column, dtype=column.typecode)


@cache
def _module(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None
