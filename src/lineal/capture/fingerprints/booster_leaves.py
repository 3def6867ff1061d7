"""The leaves of boosters: XGBoost's UBJSON and LightGBM's text, read into named arrays. No booster library is needed.

UBJSON as its specification (draft 12) says: a marker, then big-endian values; `$` and `#` give an array one type and
a count.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator

from lineal.capture.fingerprints.leaf import Leaf, plain_leaf

_NUMBERS = {"i": "b", "U": "B", "I": "h", "l": "i", "L": "q", "d": "f", "D": "d"}
_DTYPES = {"b": "|i1", "B": "|u1", "h": "<i2", "i": "<i4", "q": "<i8", "f": "<f4", "d": "<f8"}
_WORDS = {"Z": "null", "T": "true", "F": "false"}


def xgboost_leaves(ubjson: bytes, path: str) -> Iterator[Leaf]:
    """Yield the leaves of a booster saved as UBJSON, in the order of the file."""
    yield from _Reader(ubjson).value(path)


def lightgbm_leaves(text: str, path: str) -> Iterator[Leaf]:
    """Yield the leaves of a booster's text: `trees[3].leaf_value` and so on."""
    place = path
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if not equals or name == "tree_sizes":  # how many characters each tree below takes
            continue
        if name == "Tree":
            place = f"{path}.trees[{value}]"
            continue
        yield _line(f"{place}.{name}", value)


def _line(path: str, value: str) -> Leaf:
    try:
        numbers = array("d", [float(word) for word in value.split()])
    except ValueError:
        return plain_leaf(path, value)
    return Leaf(path, "<f8", (len(numbers),), numbers.tobytes()) if numbers else plain_leaf(path, value)


class _Reader:
    """Reads one value after another."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self, path: str) -> Iterator[Leaf]:
        """Yield the leaves of the next value."""
        yield from self._value(self._marker(), path)

    def _value(self, marker: str, path: str) -> Iterator[Leaf]:
        if marker == "{":
            yield from self._object(path)
        elif marker == "[":
            yield from self._array(path)
        elif marker in _NUMBERS:
            code = _NUMBERS[marker]
            yield Leaf(path, _DTYPES[code], (), struct.pack(f"<{code}", self._number(code)))
        elif marker in _WORDS:
            yield plain_leaf(path, _WORDS[marker])
        elif marker in "SH":
            yield plain_leaf(path, self._text())
        elif marker == "C":
            yield plain_leaf(path, self._take(1).decode("latin-1"))
        else:
            raise IndexError(f"no value of UBJSON starts with {marker!r}")

    def _object(self, path: str) -> Iterator[Leaf]:
        while self._data[self._at : self._at + 1] != b"}":
            name = self._text()
            yield from self.value(f"{path}.{name}")
        self._at += 1

    def _array(self, path: str) -> Iterator[Leaf]:
        kind = None
        if self._data[self._at : self._at + 1] == b"$":
            self._at += 1
            kind = self._marker()
        if self._data[self._at : self._at + 1] == b"#":
            self._at += 1
            count = self._length()
            if kind in _NUMBERS:
                code = _NUMBERS[kind]
                numbers = array(code, self._take(count * array(code).itemsize))
                numbers.byteswap()
                yield Leaf(path, _DTYPES[code], (count,), numbers.tobytes())
                return
            for index in range(count):
                yield from self._value(kind or self._marker(), f"{path}[{index}]")
            return
        index = 0
        while self._data[self._at : self._at + 1] != b"]":
            yield from self.value(f"{path}[{index}]")
            index += 1
        self._at += 1

    def _marker(self) -> str:
        while (marker := self._take(1)) == b"N":
            pass
        return marker.decode("latin-1")

    def _length(self) -> int:
        return int(self._number(_NUMBERS[self._marker()]))

    def _text(self) -> str:
        return self._take(self._length()).decode("utf-8", "surrogatepass")

    def _number(self, code: str) -> float:
        found: float = struct.unpack(f">{code}", self._take(struct.calcsize(f">{code}")))[0]
        return found

    def _take(self, length: int) -> bytes:
        found = self._data[self._at : self._at + length]
        if length < 0 or len(found) != length:
            raise IndexError(f"{length} bytes wanted at {self._at} of {len(self._data)}")
        self._at += length
        return found
