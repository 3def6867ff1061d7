"""One leaf of a model's state: a named array, or a plain value, as little-endian bytes."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import NamedTuple

_FORMATS = {
    "<f8": "d", "<f4": "f", "<f2": "e", "<c16": "d", "<c8": "f",
    "<i8": "q", "<i4": "i", "<i2": "h", "|i1": "b", "<u8": "Q", "<u4": "I", "<u2": "H", "|u1": "B", "|b1": "?",
}  # fmt: skip
_EPSILON = {
    "<f8": 2.0**-52,
    "<c16": 2.0**-52,
    "<f4": 2.0**-23,
    "<c8": 2.0**-23,
    "<f2": 2.0**-10,
    "torch.bfloat16": 2.0**-7,
}


class Leaf(NamedTuple):
    """A part of a state: where it is, its element type as NumPy or PyTorch writes it, its shape, its bytes."""

    path: str
    dtype: str
    shape: tuple[int, ...]
    data: bytes | memoryview

    @property
    def is_float(self) -> bool:
        """Whether its elements have a distance in units in the last place."""
        return self.dtype in _EPSILON

    @property
    def epsilon(self) -> float:
        """The distance of 1 to the next number of this type."""
        return _EPSILON[self.dtype]

    def words(self) -> memoryview[int]:
        """Return the elements as signed integers of their bits, one a number (two a complex number)."""
        plain = memoryview(self.data).cast("B")
        size = self.element_size
        return plain.cast("q") if size == 8 else plain.cast("i") if size == 4 else plain.cast("h")  # noqa: PLR2004

    def numbers(self) -> Sequence[float]:
        """Return the elements as doubles; of complex numbers the real and the imaginary parts in turn."""
        if self.dtype == "torch.bfloat16":
            halves = struct.unpack(f"<{len(self.data) // 2}H", self.data)
            return struct.unpack(f"<{len(halves)}f", struct.pack(f"<{len(halves)}I", *(bits << 16 for bits in halves)))
        code = _FORMATS[self.dtype]
        return struct.unpack(f"<{len(self.data) // struct.calcsize(code)}{code}", self.data)

    def told(self, index: int) -> str:
        """Return one element as text."""
        if self.dtype in _FORMATS:
            code = _FORMATS[self.dtype]
            return repr(struct.unpack_from(f"<{code}", self.data, index * struct.calcsize(code))[0])
        if self.dtype == "str":
            return bytes(self.data).decode("utf-8", "backslashreplace")
        if self.dtype in ("none", "bool"):
            return {b"n": "None", b"t": "True", b"f": "False"}[bytes(self.data)]
        size = self.element_size
        return f"0x{bytes(self.data[index * size : (index + 1) * size]).hex()}"

    @property
    def element_size(self) -> int:
        """The bytes of one element, of a complex number's half; all of them where the type is not known."""
        if self.dtype in _FORMATS:
            return struct.calcsize(_FORMATS[self.dtype])
        count = math.prod(self.shape)
        return len(self.data) // count if count else max(1, len(self.data))


def plain_leaf(path: str, value: str) -> Leaf:
    """Return a leaf that is one text."""
    return Leaf(path, "str", (), value.encode("utf-8", "surrogatepass"))


def ordered(word: int, bits: int) -> int:
    """Return the bits of a floating-point number as an integer counted from zero on; both zeros are 0."""
    return word if word >= 0 else -(1 << (bits - 1)) - word
