"""The rows of a table whatever their order: two tables with the same rows have one row set.

Only to explain why two fingerprints differ ("same rows, other order"); never an identity. A row becomes a number of 64
bits, fast and without a secret, so whoever wants to can find two rows with one number.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

from lineal.capture.fingerprints.layout import (
    decimal_bytes,
    fixed_bytes,
    float_bytes,
    is_text,
    plain,
    text_parts,
    union_parts,
)
from lineal.capture.fingerprints.types import is_list
from lineal.model.fingerprint import domain, text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Keys = npt.NDArray[np.uint64]

_SLICE = 1 << 16
"""Rows hashed at a time: what they need besides fits a processor's cache."""

_LONG = 64
"""Longer texts are hashed one by one, shorter ones all of a slice together."""

_NULL = 0x9AE16A3B2F90404F
_STEP = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WORD = 8
_ALL_BITS = (1 << 64) - 1


class RowSet:
    """The sum of all rows' numbers: adding has no order."""

    def __init__(self) -> None:
        self._sums = [0, 0]

    def take(self, keys: Keys) -> None:
        """Add rows, each the sum of its cells' numbers."""
        import numpy as np

        for place, start in enumerate((_FIRST, _SECOND)):
            total = int(np.add.reduce(_mixed(keys + np.uint64(start)), dtype=np.uint64)) if len(keys) else 0
            self._sums[place] = (self._sums[place] + total) & _ALL_BITS

    def text(self, header: bytes, rows: int) -> str:
        """Return the row set of a table with this header, in the form of a fingerprint."""
        return text(hashlib.sha256(domain("rows") + header + struct.pack("<q2Q", rows, *self._sums)).digest())


def add_cells(keys: Keys, column: int, array: pa.Array) -> None:
    """Add the cells of a chunk of the column at this place to the numbers of their rows."""
    import numpy as np

    place = np.uint64((column + 1) * _STEP & _ALL_BITS)
    for at in range(0, len(array), _SLICE):
        part = array.slice(at, _SLICE)
        keys[at : at + len(part)] += _mixed(_cells(part) + place)


def _cells(array: pa.Array) -> Keys:
    import numpy as np
    import pyarrow as pa

    array = plain(array)
    if pa.types.is_union(array.type):
        return _union(array)
    if array.null_count == 0:
        return _values(array)
    found = np.full(len(array), _NULL, np.uint64)
    valid = array.is_valid().cast(pa.uint8()).to_numpy(zero_copy_only=False).view(bool)
    found[valid] = _values(array.drop_null())
    return found


def _values(array: pa.Array) -> Keys:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    of, kinds = array.type, pa.types
    if len(array) == 0:
        return np.empty(0, np.uint64)
    if kinds.is_boolean(of):
        return _words(fixed_bytes(array.cast(pa.uint8()), 1), 1)
    if kinds.is_floating(of):
        return _words(float_bytes(array), of.bit_width // 8)
    if kinds.is_decimal(of):
        return _words(decimal_bytes(array), 32)
    if is_text(of):
        return _texts(array)
    if is_list(of):
        lengths = pc.list_value_length(array).cast(pa.int64()).to_numpy(zero_copy_only=False)
        return _sequences(_cells(array.flatten()), lengths)
    if kinds.is_fixed_size_list(of):
        return _sequences(_cells(array.flatten()), np.full(len(array), of.list_size, np.int64))
    if kinds.is_struct(of):
        keys = np.zeros(len(array), np.uint64)
        for place, child in enumerate(array.flatten()):
            keys += _mixed(_cells(child) + np.uint64((place + 1) * _STEP & _ALL_BITS))
        return keys
    return _words(fixed_bytes(array, of.bit_width // 8), of.bit_width // 8)


def _words(data: memoryview | bytes, width: int) -> Keys:
    """Return one hash for each `width` bytes."""
    import numpy as np

    if width in (1, 2, 4, 8):
        return np.frombuffer(data, f"<u{width}").astype(np.uint64)
    count = -(-width // _WORD)
    padded = np.zeros((len(data) // width if width else 0, count * _WORD), "u1")
    padded[:, :width] = np.frombuffer(data, "u1").reshape(-1, width)
    words = padded.view("<u8")
    keys = np.zeros(len(words), np.uint64)
    for place in range(count):
        keys = _mixed(keys + words[:, place] + np.uint64((place + 1) * _STEP & _ALL_BITS))
    return keys


def _texts(array: pa.Array) -> Keys:
    """Return one hash for each text, taken word by word for all texts together: 8 bytes, fewer at its end."""
    import numpy as np

    lengths, values = text_parts(array)
    starts = np.cumsum(lengths) - lengths
    padded = np.frombuffer(bytes(values) + bytes(_WORD), "u1")
    words: Keys = np.ndarray(len(values) + 1, "<u8", padded, strides=(1,))
    masks = np.array([(1 << 8 * length) - 1 for length in range(_WORD + 1)], np.uint64)
    keys = lengths.astype(np.uint64)
    for at in range(0, min(int(lengths.max()), _LONG), _WORD):
        rows = np.flatnonzero(lengths > at)
        word = words[starts[rows] + at] & masks[np.minimum(lengths[rows] - at, _WORD)]
        keys[rows] = _mixed(keys[rows] + word + np.uint64((at + 1) * _STEP & _ALL_BITS))
    for row in np.flatnonzero(lengths > _LONG):
        one = values[int(starts[row]) : int(starts[row] + lengths[row])]
        keys[row] = int.from_bytes(hashlib.blake2b(one, digest_size=_WORD).digest(), "little")
    return keys


def _sequences(items: Keys, lengths: npt.NDArray[np.int64]) -> Keys:
    """Return one hash for each run of items: of the items, their places in it, and its length."""
    import numpy as np

    ends = np.cumsum(lengths)
    places = np.arange(len(items), dtype=np.int64) - np.repeat(ends - lengths, lengths)
    sums = np.zeros(len(items) + 1, np.uint64)
    np.cumsum(_mixed(items + (places + 1).astype(np.uint64) * np.uint64(_STEP)), out=sums[1:])
    return _mixed(sums[ends] - sums[ends - lengths] + lengths.astype(np.uint64))


def _union(array: pa.Array) -> Keys:
    import numpy as np

    keys = np.zeros(len(array), np.uint64)
    for code, is_of, child in union_parts(array):
        keys[is_of] = _mixed(_cells(child) + np.uint64((code + 1) * _STEP & _ALL_BITS))
    return keys


def _mixed(keys: Keys) -> Keys:
    """Spread every bit over the whole word, as SplitMix64 ends; in place, so the array must be the caller's own."""
    import numpy as np

    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        keys ^= keys >> np.uint64(shift)
        keys *= np.uint64(factor)
    keys ^= keys >> np.uint64(31)
    return keys
