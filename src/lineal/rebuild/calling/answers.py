"""Answers: what calls gave, as arrays in files that are read without any library. Texts are labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lineal.rebuild.calling.opened import Uncallable

MOST_BYTES = 256 << 20
ANSWER = "answer.json"


def parts_of(name: str, result: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a call gave as plain arrays, each by a name; one that holds texts or objects holds texts then."""
    import numpy as np

    result = _plain(result)
    if isinstance(result, Mapping):
        for key, one in result.items():
            yield from parts_of(f"{name}.{key}", one)
        return
    if isinstance(result, list | tuple) and result:
        first = _plain(result[0])
        if isinstance(first, Mapping):  # probabilities by class, as ONNX gives them
            yield name, np.array([[row[key] for key in sorted(first)] for row in result])
            return
        if getattr(first, "ndim", 0) > 0:  # an output for each target
            for place, one in enumerate(result):
                yield from parts_of(f"{name}[{place}]", one)
            return
    array = np.asarray(result)
    if array.dtype.kind in "mM":
        array = array.view(np.int64)
    if array.dtype.kind not in "fiub":
        array = _numbers_in(array)
    if array.dtype.kind == "f" and array.dtype.itemsize > np.dtype(np.float64).itemsize:
        array = array.astype(np.float64)
    yield name, np.atleast_1d(array)


def _numbers_in(array: Any) -> Any:
    import numpy as np

    if any(isinstance(one, str) for one in array.ravel()[:1]):
        return array.astype(str)
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        return array.astype(str)


def _plain(thing: Any) -> Any:
    """Return a tensor, a frame or a sparse matrix as an array."""
    if hasattr(thing, "detach"):
        thing = thing.detach().cpu()
        return (thing.float() if str(thing.dtype) == "torch.bfloat16" else thing).numpy()
    for way in ("toarray", "to_numpy"):
        if callable(getattr(thing, way, None)):
            return getattr(thing, way)()
    return thing


def written(directory: Path, parts: Mapping[str, tuple[Any, bool]]) -> list[dict[str, Any]]:
    """Write arrays, each with whether it came out the same twice, and return the list that tells of them."""
    import numpy as np

    listed: list[dict[str, Any]] = []
    total = 0
    for number, (name, (array, is_steady)) in enumerate(parts.items()):
        entry: dict[str, Any] = {"name": name, "shape": list(array.shape), "steady": is_steady}
        if array.dtype.kind == "U":
            data = json.dumps(array.ravel().tolist()).encode()
            entry["dtype"] = "text"
        else:
            little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
            entry["dtype"], data = little.dtype.str, little.tobytes()
        total += len(data)
        if total > MOST_BYTES:
            raise Uncallable(f"it gives more than the {MOST_BYTES >> 20} MiB that are compared")
        entry["file"] = f"{number}.bin"
        (directory / str(entry["file"])).write_bytes(data)
        listed.append(entry)
    return listed


def is_same(one: Any, other: Any) -> bool:
    """Return whether two arrays hold the same, NaN being the same as NaN."""
    import numpy as np

    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
