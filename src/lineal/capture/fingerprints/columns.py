"""The digest of one column: three streams of bytes (validity, lengths, values) that do not see how Arrow laid it out.

Chunks, slices, padding, validity buffers, string kinds and plain dictionaries leave no trace; every value does.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lineal.capture.fingerprints.layout import (
    decimal_bytes,
    fixed_bytes,
    float_bytes,
    is_text,
    plain,
    text_parts,
    union_codes,
    union_parts,
)
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
        import pyarrow as pa

        array = plain(array, self._see_categories)

        if pa.types.is_union(array.type):
            self._take_union(array)
            return
        if array.null_count == 0:
            self._validity.update(b"\1" * len(array))
        else:
            self._validity.update(fixed_bytes(array.is_valid().cast(pa.uint8()), 1))
            array = array.drop_null()
        self._take_values(array)

    def _take_values(self, array: pa.Array) -> None:
        import pyarrow as pa

        of = array.type
        kinds = pa.types
        if kinds.is_null(of):
            return
        if kinds.is_boolean(of):
            self._add(fixed_bytes(array.cast(pa.uint8()), 1))
        elif kinds.is_floating(of):
            self._add(float_bytes(array))
        elif kinds.is_decimal(of):
            self._add(decimal_bytes(array))
        elif is_text(of):
            self._take_text(array)
        elif is_list(of):
            self._take_lists(array)
        elif kinds.is_fixed_size_list(of):
            self._child(0, of.value_type).take(array.flatten())
        elif kinds.is_struct(of):
            for index, child in enumerate(array.flatten()):
                self._child(index, child.type).take(child)
        else:
            self._add(fixed_bytes(array, of.bit_width // 8))

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
        lengths, values = text_parts(array)
        self._lengths.update(lengths.data)
        self.size += 8 * len(lengths)
        self._add(values)

    def _take_lists(self, array: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self._lengths.update(fixed_bytes(pc.list_value_length(array).cast(pa.int64()), 8))
        self.size += 8 * len(array)
        self._child(0, array.type.value_type).take(array.flatten())

    def _take_union(self, array: pa.Array) -> None:
        self._add(union_codes(array).tobytes())
        for index, (_, _, child) in enumerate(union_parts(array)):
            self._child(index, array.type.field(index).type).take(child)

    def _child(self, index: int, of: pa.DataType) -> ColumnDigest:
        while len(self._children) <= index:
            self._children.append(ColumnDigest(of))
        return self._children[index]

    def _add(self, data: memoryview | bytes) -> None:
        self._values.update(data)
        self.size += len(data) if isinstance(data, bytes) else data.nbytes
