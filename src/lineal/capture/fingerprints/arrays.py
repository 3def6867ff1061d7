"""Fingerprints of NumPy arrays: type, shape and the elements in C order, little-endian."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lineal.errors import InvalidArgument
from lineal.model.fingerprint import Fingerprinted, Kind, framed, int_bytes, of_parts

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def is_array(thing: object) -> bool:
    """Return whether `thing` is a NumPy array or scalar; NumPy is not imported to find out."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(thing, (numpy.ndarray, numpy.generic))


def of_array(array: npt.NDArray[np.generic]) -> Fingerprinted:
    """Return the fingerprint of one array; `rows` is its first dimension. Raises InvalidArgument for object arrays."""
    import numpy as np

    array = np.asarray(array)
    columns = array.shape[1] if array.ndim > 1 else None
    return Fingerprinted(
        of_parts(Kind.VALUE, [array_bytes(array)]),
        Kind.VALUE.value,
        bytes=array.nbytes,
        rows=array.shape[0] if array.ndim else None,
        columns=columns,
    )


def array_bytes(array: npt.NDArray[np.generic]) -> bytes:
    """Return the one byte string of an array: a tag, its type, its shape, its elements.

    All NaNs are one. A structured array goes field by field, because the padding between fields is arbitrary.
    """
    import numpy as np

    array = np.asarray(array)
    if array.dtype.names is not None:
        parts = [b"r", framed(int_bytes(len(array.dtype.names)))]
        for name in array.dtype.names:
            parts += [framed(name.encode("utf-8", "surrogatepass")), array_bytes(np.asarray(array[name]))]  # type: ignore[call-overload]
        return b"".join(parts)
    if array.dtype.hasobject:
        raise InvalidArgument("an array of Python values has no fingerprint", hint="give it a numeric or text type")
    little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
    if array.dtype.kind in "fc":
        little = _one_nan(little)
    shape = b"".join(framed(int_bytes(length)) for length in array.shape)
    return b"".join([b"a", framed(little.dtype.str.encode()), framed(shape), framed(little.tobytes())])


def _one_nan(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    import numpy as np

    if array.dtype.kind == "c":
        array = array.view(array.real.dtype)
    strange = np.isnan(array)
    if strange.any():
        array = array.copy()
        array[strange] = np.nan
    return array
