"""The digest of one column: three streams of bytes (validity, lengths, values) that do not see how Arrow laid it out.

Chunks, slices, padding, validity buffers, string kinds and plain dictionaries leave no trace; every value does.
"""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

from lineal.capture.fingerprints.types import is_list, type_text
from lineal.errors import InvalidArgument
from lineal.model.fingerprint import domain, framed

if TYPE_CHECKING:
    import pyarrow as pa

_SLICE = 1 << 20
"""Rows taken at a time: bounds the memory for copies, and cannot change the digest."""


class ColumnDigest:
    """Takes the arrays of one column in order; nested types have one below for each child."""

    def __init__(self, of: pa.DataType) -> None:
        self.size = 0
        self._type = of
        self.text = type_text(of)
        self._validity = hashlib.sha256()
        self._lengths = hashlib.sha256()
        self._values = hashlib.sha256()
        self._categories: bytes | None = None
        self._children: list[ColumnDigest] = []

    def take(self, array: pa.Array) -> None:
        """Add the rows of `array`, which must be of this column's type."""
        for start in range(0, len(array), _SLICE):
            self._take(array.slice(start, _SLICE))

    def digest(self) -> bytes:
        """Return the digest of type, streams and children so far."""
        total = hashlib.sha256(domain("column"))
        total.update(framed(self.text.encode("utf-8", "surrogatepass")))
        for stream in (self._validity, self._lengths, self._values):
            total.update(stream.digest())
        total.update(framed(self._categories or b""))
        for child in self._children:
            total.update(framed(child.digest()))
        return total.digest()

    def total_size(self) -> int:
        """Return the bytes of all lengths and values seen: the logical size of the column."""
        return self.size + sum(child.total_size() for child in self._children)

    def _take(self, array: pa.Array) -> None:
        array = self._plain(array)
        import pyarrow as pa

        if pa.types.is_union(array.type):
            self._take_union(array)
            return
        if array.null_count == 0:
            self._validity.update(b"\1" * len(array))
        else:
            self._validity.update(_bytes_of(array.is_valid().cast(pa.uint8()), 1))
            array = array.drop_null()
        self._take_values(array)

    def _take_values(self, array: pa.Array) -> None:
        import pyarrow as pa

        of = array.type
        kinds = pa.types
        if kinds.is_null(of):
            return
        if kinds.is_boolean(of):
            self._add(_bytes_of(array.cast(pa.uint8()), 1))
        elif kinds.is_floating(of):
            self._add(_floats(array))
        elif kinds.is_decimal(of):
            self._add(_decimals(array))
        elif _is_text(of):
            self._take_text(array)
        elif is_list(of):
            self._take_lists(array)
        elif kinds.is_fixed_size_list(of):
            self._child(0, of.value_type).take(array.flatten())
        elif kinds.is_struct(of):
            for index, child in enumerate(array.flatten()):
                self._child(index, child.type).take(child)
        else:
            self._add(_bytes_of(array, of.bit_width // 8))

    def _plain(self, array: pa.Array) -> pa.Array:
        """Take away what is only layout: extensions, run ends, dictionaries, views, maps."""
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
                if of.ordered:
                    self._see_categories(array.dictionary)
                array = array.dictionary_decode()
            elif of in (pa.string_view(), pa.binary_view()):
                array = array.cast(pa.large_binary())
            elif kinds.is_map(of):
                pair = pa.struct([pa.field("key", of.key_type, nullable=False), pa.field("value", of.item_type)])
                array = array.cast(pa.list_(pair))
            else:
                return array

    def _see_categories(self, dictionary: pa.Array) -> None:
        categories = ColumnDigest(dictionary.type)
        categories.take(dictionary)
        digest = categories.digest()
        if self._categories not in (None, digest):
            raise InvalidArgument(
                "an ordered categorical has other categories in each of its chunks",
                hint="unify its categories first (pyarrow: table.unify_dictionaries())",
            )
        self._categories = digest

    def _take_text(self, array: pa.Array) -> None:
        import numpy as np

        width = 8 if str(array.type).startswith("large_") else 4
        _, offsets_buffer, values = array.buffers()
        if len(array) == 0 or offsets_buffer is None:
            return
        offsets = np.frombuffer(offsets_buffer, f"<i{width}", len(array) + 1, array.offset * width)
        self._lengths.update(np.diff(offsets.astype("<i8", copy=False)).data)
        self.size += 8 * len(array)
        if values is not None:
            self._add(memoryview(values)[int(offsets[0]) : int(offsets[-1])])

    def _take_lists(self, array: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self._lengths.update(_bytes_of(pc.list_value_length(array).cast(pa.int64()), 8))
        self.size += 8 * len(array)
        self._child(0, array.type.value_type).take(array.flatten())

    def _take_union(self, array: pa.Array) -> None:
        import numpy as np
        import pyarrow as pa

        # From the buffers: `type_codes` and `offsets` of a slice forget where the slice begins.
        buffers = array.buffers()
        codes = np.frombuffer(buffers[1] or b"", "i1")[array.offset : array.offset + len(array)]
        self._add(codes.tobytes())
        for index, code in enumerate(array.type.type_codes):
            child = array.field(index)
            if array.type.mode == "dense":
                places = np.frombuffer(buffers[2] or b"", "<i4")[array.offset : array.offset + len(array)]
                child = child.take(pa.array(places[codes == code]))
            else:
                child = child.filter(pa.array(codes == code))
            self._child(index, array.type.field(index).type).take(child)

    def _child(self, index: int, of: pa.DataType) -> ColumnDigest:
        while len(self._children) <= index:
            self._children.append(ColumnDigest(of))
        return self._children[index]

    def _add(self, data: memoryview | bytes) -> None:
        self._values.update(data)
        self.size += len(data) if isinstance(data, bytes) else data.nbytes


def _bytes_of(array: pa.Array, width: int) -> memoryview | bytes:
    """Return the values of a fixed-width array without nulls: little-endian, slice and padding cut away."""
    buffer = array.buffers()[1]
    if buffer is None or width == 0:
        return b""
    data = memoryview(buffer).cast("B")[array.offset * width : (array.offset + len(array)) * width]
    if sys.byteorder == "little":
        return data
    raise InvalidArgument("frames are fingerprinted on little-endian machines only")


def _floats(array: pa.Array) -> memoryview | bytes:
    """Return the doubles exactly as they are, but for NaN: it has many bit patterns and one meaning."""
    import numpy as np

    width = array.type.bit_width // 8
    numbers = np.frombuffer(_bytes_of(array, width), f"<f{width}")
    strange = np.isnan(numbers)
    if strange.any():
        numbers = numbers.copy()
        numbers[strange] = np.nan
    return numbers.view("u1").data if len(numbers) else b""


def _decimals(array: pa.Array) -> memoryview | bytes:
    """Return the unscaled numbers as 32 bytes each, so that precision and storage width do not count."""
    import numpy as np

    width = array.type.byte_width
    narrow = np.frombuffer(_bytes_of(array, width), "u1").reshape(-1, width)
    wide = np.empty((len(narrow), 32), "u1")
    wide[:, :width] = narrow
    wide[:, width:] = np.where(narrow[:, -1:] & 0x80, 0xFF, 0)
    return wide.tobytes()


def _is_text(of: pa.DataType) -> bool:
    import pyarrow as pa

    return of in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())
