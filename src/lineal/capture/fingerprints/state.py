"""The bytes of a fitted object: plain values, arrays, containers, scikit-learn estimators and their inner parts.

Parts of a library that says how it is copied are read through that (`__reduce_ex__`); foreign classes have no rule.
"""

from __future__ import annotations

import enum
import struct
import sys
import types
from collections.abc import Callable, Mapping

from lineal.capture.fingerprints.arrays import array_bytes, is_array
from lineal.errors import InvalidArgument
from lineal.model.fingerprint import MAX_DEPTH, framed, value_bytes

VOLATILE = frozenset(
    {
        "n_jobs", "nthread", "num_threads", "n_threads", "_n_threads", "thread_count", "verbose", "verbosity", "memory",
        "pre_dispatch", "refit_time_", "mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time",
        "_stop_words_id",
    }
)  # fmt: skip
"""Fields that say how, how long or where in memory a model was computed, not what it is. Left out, and listed."""

_KNOWN = frozenset(
    {"sklearn", "scipy", "numpy", "pandas", "xgboost", "lightgbm", "collections", "datetime", "decimal", "functools"}
)
"""Packages whose classes may be read through the way they are copied."""

Leaf = Callable[[object], tuple[bytes, tuple[str, ...]] | None]


class Unreadable(Exception):  # it becomes the reason of a model without a canonical fingerprint
    """A part of a model has no rule; the message says which."""


class StateBytes:
    """Encodes one object and remembers what it left out. `leaf` encodes parts that have a form of their own."""

    def __init__(self, leaf: Leaf) -> None:
        self._leaf = leaf
        self._left_out: set[str] = set()
        self._above: set[int] = set()

    @property
    def left_out(self) -> tuple[str, ...]:
        """The volatile fields that were met, sorted."""
        return tuple(sorted(self._left_out))

    def encode(self, thing: object, path: str = "model") -> bytes:
        """Return the one byte string of `thing`; raise Unreadable naming the part that has no rule."""
        if id(thing) in self._above:
            raise Unreadable(f"{path} holds itself")
        if len(self._above) > MAX_DEPTH:
            raise Unreadable(f"{path} is nested too deeply")
        self._above.add(id(thing))
        try:
            return self._encode(thing, path)
        except InvalidArgument as error:
            raise Unreadable(f"{path}: {error.message}") from error
        finally:
            self._above.discard(id(thing))

    def _encode(self, thing: object, path: str) -> bytes:
        own = self._leaf(thing)
        if own is not None:
            self._left_out.update(own[1])
            return own[0]
        if is_array(thing):
            return self._array(thing, path)
        if isinstance(thing, enum.Enum):
            return b"E" + framed(_name(type(thing))) + framed(thing.name.encode())
        if type(thing) in (type(None), bool, int, float, str, bytes, bytearray, memoryview):
            return value_bytes(thing)
        if type(thing) is complex:
            return b"C" + value_bytes(thing.real) + value_bytes(thing.imag)
        if type(thing) in (list, tuple):
            return self._sequence(thing, path)  # type: ignore[arg-type]  # looked at just before
        if type(thing) in (set, frozenset):
            return self._set(thing, path)  # type: ignore[arg-type]  # looked at just before
        if isinstance(thing, dict) and type(thing).__module__.partition(".")[0] in ("builtins", *_KNOWN):
            return self._mapping(thing, path)
        return self._instance(thing, path)

    def _array(self, thing: object, path: str) -> bytes:
        import numpy as np

        array = np.asarray(thing)
        if not array.dtype.hasobject or array.dtype.names is not None:
            return array_bytes(array)
        shape = struct.pack(f"<q{array.ndim}q", array.ndim, *array.shape)
        return b"O" + shape + self._sequence(list(array.ravel()), path)

    def _sequence(self, items: list[object] | tuple[object, ...], path: str) -> bytes:
        parts = [b"L", struct.pack("<q", len(items))]
        parts += [framed(self.encode(item, f"{path}[{index}]")) for index, item in enumerate(items)]
        return b"".join(parts)

    def _set(self, items: set[object] | frozenset[object], path: str) -> bytes:
        members = sorted(framed(self.encode(item, path)) for item in items)
        return b"S" + struct.pack("<q", len(members)) + b"".join(members)

    def _mapping(self, items: Mapping[object, object], path: str) -> bytes:
        pairs: list[tuple[bytes, bytes]] = []
        for key, item in items.items():
            if isinstance(key, str) and key in VOLATILE:
                self._left_out.add(key)
                continue
            pairs.append((self.encode(key, path), self.encode(item, f"{path}.{key}")))
        return (
            b"M" + struct.pack("<q", len(pairs)) + b"".join(framed(key) + framed(item) for key, item in sorted(pairs))
        )

    def _instance(self, thing: object, path: str) -> bytes:
        if isinstance(thing, type):
            return b"K" + framed(_name(thing))
        if isinstance(thing, slice):
            return b"R" + framed(b"builtins.slice") + self._sequence([thing.start, thing.stop, thing.step], path)
        if isinstance(thing, types.FunctionType | types.BuiltinFunctionType) or _is_compiled_function(thing):
            return b"F" + framed(_function(thing, path))
        estimator = getattr(sys.modules.get("sklearn.base"), "BaseEstimator", None)
        if isinstance(estimator, type) and isinstance(thing, estimator):
            state = {**vars(thing), **thing.get_params(deep=False)}  # type: ignore[attr-defined]
            return b"I" + framed(_name(type(thing))) + self._mapping(state, path)
        if type(thing).__module__.partition(".")[0] in _KNOWN:
            return self._reduced(thing, path)
        raise Unreadable(f"{path} is a {type(thing).__module__}.{type(thing).__qualname__}, which has no rule")

    def _reduced(self, thing: object, path: str) -> bytes:
        """Encode what the object says it would be made again from; nothing is made again."""
        try:
            reduced = thing.__reduce_ex__(4)
        except Exception as error:
            raise Unreadable(f"{path} cannot be read: {type(error).__name__}: {error}") from error
        if isinstance(reduced, str):
            return b"G" + framed(reduced.encode())
        parts = [part if index < _FIXED_PARTS or part is None else list(part) for index, part in enumerate(reduced)]
        return b"R" + framed(_name(type(thing))) + self._sequence(parts, path)


_FIXED_PARTS = 3


def _name(of: type) -> bytes:
    return f"{of.__module__}.{of.__qualname__}".encode()


def _function(thing: object, path: str) -> bytes:
    name = str(getattr(thing, "__qualname__", None) or getattr(thing, "__name__", ""))
    module = getattr(thing, "__module__", None) or type(thing).__module__
    if "<lambda>" in name or "<locals>" in name or module == "__main__":
        raise Unreadable(f"{path} is the function {module}.{name}, whose code is not part of the model")
    return f"{module}.{name}".encode()


def _is_compiled_function(thing: object) -> bool:
    """Return whether `thing` is a function of an extension module: NumPy's ufuncs, Cython's own kind."""
    return type(thing).__name__ in ("ufunc", "cython_function_or_method", "fused_cython_function")
