"""What is only layout in Arrow's arrays, taken away: the values of a chunk as bytes that do not show how they lay."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from lineal.errors import InvalidArgument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


def plain(array: pa.Array, see_categories: Callable[[pa.Array], None] | None = None) -> pa.Array:
    """Return the array without extensions, run ends, dictionaries, views and maps.

    `see_categories` is told the dictionary of ordered categories, whose values alone do not say their order.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    while True:
        of = array.type
        kinds = pa.types
        if isinstance(of, pa.BaseExtensionType):
            array = array.storage
        elif kinds.is_run_end_encoded(of):
            array = pc.run_end_decode(array)
        elif kinds.is_dictionary(of):
            if of.ordered and see_categories is not None:
                see_categories(array.dictionary)
            array = array.dictionary_decode()
        elif of in (pa.string_view(), pa.binary_view()):
            array = array.cast(pa.large_binary())
        elif kinds.is_map(of):
            pair = pa.struct([pa.field("key", of.key_type, nullable=False), pa.field("value", of.item_type)])
            array = array.cast(pa.list_(pair))
        else:
            return array


def is_text(of: pa.DataType) -> bool:
    """Return whether values of this type are bytes of any length."""
    import pyarrow as pa

    return of in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())


def fixed_bytes(array: pa.Array, width: int) -> memoryview | bytes:
    """Return the values of a fixed-width array without nulls: little-endian, slice and padding cut away."""
    buffer = array.buffers()[1]
    if buffer is None or width == 0:
        return b""
    data = memoryview(buffer).cast("B")[array.offset * width : (array.offset + len(array)) * width]
    if sys.byteorder == "little":
        return data
    raise InvalidArgument("frames are fingerprinted on little-endian machines only")


def float_bytes(array: pa.Array) -> memoryview | bytes:
    """Return the doubles exactly as they are, but for NaN: it has many bit patterns and one meaning."""
    import numpy as np

    width = array.type.bit_width // 8
    numbers = np.frombuffer(fixed_bytes(array, width), f"<f{width}")
    strange = np.isnan(numbers)
    if strange.any():
        numbers = numbers.copy()
        numbers[strange] = np.nan
    return numbers.view("u1").data if len(numbers) else b""


def decimal_bytes(array: pa.Array) -> bytes:
    """Return the unscaled numbers as 32 bytes each, so that precision and storage width do not count."""
    import numpy as np

    width = array.type.byte_width
    narrow = np.frombuffer(fixed_bytes(array, width), "u1").reshape(-1, width)
    wide = np.empty((len(narrow), 32), "u1")
    wide[:, :width] = narrow
    wide[:, width:] = np.where(narrow[:, -1:] & 0x80, 0xFF, 0)
    return wide.tobytes()


def text_parts(array: pa.Array) -> tuple[npt.NDArray[np.int64], memoryview]:
    """Return the lengths of texts without nulls, and all their bytes one behind the other."""
    import numpy as np

    width = 8 if str(array.type).startswith("large_") else 4
    _, offsets_buffer, values = array.buffers()
    if len(array) == 0 or offsets_buffer is None:
        return np.empty(0, np.int64), memoryview(b"")
    offsets = np.frombuffer(offsets_buffer, f"<i{width}", len(array) + 1, array.offset * width)
    data = memoryview(b"") if values is None else memoryview(values)[int(offsets[0]) : int(offsets[-1])]
    return np.diff(offsets.astype("<i8", copy=False)), data


def union_codes(array: pa.Array) -> npt.NDArray[np.int8]:
    """Return which type each value of a union has; `type_codes` of a slice forgets where the slice begins."""
    import numpy as np

    return np.frombuffer(array.buffers()[1] or b"", "i1")[array.offset : array.offset + len(array)]


def union_parts(array: pa.Array) -> Iterator[tuple[int, npt.NDArray[np.bool_], pa.Array]]:
    """Yield, for each type of a union, its code, which values have it, and those values."""
    import numpy as np
    import pyarrow as pa

    codes = union_codes(array)
    for index, code in enumerate(array.type.type_codes):
        child = array.field(index)
        is_of = codes == code
        if array.type.mode == "dense":
            places = np.frombuffer(array.buffers()[2] or b"", "<i4")[array.offset : array.offset + len(array)]
            yield code, is_of, child.take(pa.array(places[is_of]))
        else:
            yield code, is_of, child.filter(pa.array(is_of))
