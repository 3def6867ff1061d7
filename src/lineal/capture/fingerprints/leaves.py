"""The leaves of a model's state: the canonical bytes read back, part by part, without making the model again.

What `StateBytes`, `tensor_map_bytes` and `booster_bytes` wrote is read here; nothing is unpickled, no library needed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lineal.capture.fingerprints.booster_leaves import lightgbm_leaves, xgboost_leaves
from lineal.capture.fingerprints.leaf import Leaf, plain_leaf
from lineal.errors import InvalidArgument
from lineal.model.fingerprint import Kind, domain

_LIGHTGBM = b"tree\n"
_SCALARS = {"n": "none", "t": "bool", "f": "bool"}


def read_state(state: bytes) -> Iterator[Leaf]:
    """Yield the leaves of a model's state, in its own order; InvalidArgument for bytes that are none."""
    start = domain(Kind.MODEL.value)
    if not state.startswith(start):
        raise InvalidArgument("these bytes are no state of a model", hint="they start with the line `lineal model 1`")
    try:
        yield from _thing(_Bytes(memoryview(state)[len(start) :]), "model")
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"the state of the model cannot be read: {error}") from error


@dataclass
class _Bytes:
    """A place in bytes, moving forward."""

    data: memoryview
    at: int = 0

    def tag(self) -> str:
        self.at += 1
        return chr(self.data[self.at - 1])

    def number(self) -> int:
        (found,) = struct.unpack_from("<q", self.data, self.at)
        self.at += 8
        return int(found)

    def take(self, length: int) -> memoryview:
        if not 0 <= length <= len(self.data) - self.at:
            raise IndexError(f"{length} bytes wanted at {self.at} of {len(self.data)}")
        self.at += length
        return self.data[self.at - length : self.at]

    def frame(self) -> memoryview:
        return self.take(self.number())

    def text(self) -> str:
        return bytes(self.frame()).decode("utf-8", "surrogatepass")


def _thing(here: _Bytes, path: str) -> Iterator[Leaf]:
    tag = here.tag()
    if tag in "aAr":
        yield from _array(here, tag, path)
    elif tag in _PARTS:
        yield from _PARTS[tag](here, path)
    else:
        yield _scalar(here, tag, path)


def _instance(here: _Bytes, path: str) -> Iterator[Leaf]:
    yield plain_leaf(f"{path} (class)", here.text())
    yield from _thing(here, path)


def _objects(here: _Bytes, path: str) -> Iterator[Leaf]:
    shape = [here.number() for _ in range(here.number())]
    yield plain_leaf(f"{path} (shape)", str(shape))
    yield from _thing(here, path)


def _name(here: _Bytes, path: str) -> Iterator[Leaf]:
    yield plain_leaf(path, here.text())


def _member(here: _Bytes, path: str) -> Iterator[Leaf]:
    yield plain_leaf(path, f"{here.text()}.{here.text()}")


def _complex(here: _Bytes, path: str) -> Iterator[Leaf]:
    for part in ("real", "imag"):
        yield from _thing(here, f"{path}.{part}")


def _xgboost(here: _Bytes, path: str) -> Iterator[Leaf]:
    return xgboost_leaves(bytes(here.frame()), path)


def _scalar(here: _Bytes, tag: str, path: str) -> Leaf:
    if tag in _SCALARS:
        return Leaf(path, _SCALARS[tag], (), tag.encode())
    if tag == "d":
        return Leaf(path, "<f8", (), bytes(here.take(8)))
    if tag == "i":
        return plain_leaf(path, str(int.from_bytes(here.frame(), "little", signed=True)))
    if tag == "s":
        return plain_leaf(path, here.text())
    if tag == "b":
        return Leaf(path, "bytes", (), bytes(here.frame()))
    raise IndexError(f"there is no part of the kind {tag!r}")


def _list(here: _Bytes, path: str) -> Iterator[Leaf]:
    if bytes(here.data[here.at + 8 : here.at + 8 + len(_LIGHTGBM)]) == _LIGHTGBM:
        yield from lightgbm_leaves(here.text(), path)
        return
    for index in range(here.number()):
        yield from _thing(_Bytes(here.frame()), f"{path}[{index}]")


def _set(here: _Bytes, path: str) -> Iterator[Leaf]:
    for _ in range(here.number()):
        # Members are sorted by their bytes and have no names, so each is its own name.
        yield from (Leaf(f"{path}{{{leaf.told(0)}}}", *leaf[1:]) for leaf in _thing(_Bytes(here.frame()), path))


def _mapping(here: _Bytes, path: str) -> Iterator[Leaf]:
    for _ in range(here.number()):
        (key,) = _thing(_Bytes(here.frame()), "")
        yield from _thing(_Bytes(here.frame()), f"{path}.{key.told(0)}")


def _tensors(here: _Bytes, path: str) -> Iterator[Leaf]:
    for _ in range(here.number()):
        name = here.text()
        tag = here.tag()
        if tag == "=":
            yield plain_leaf(name, f"shared with {here.text()}")
        else:
            yield from _array(here, tag, name if path == "model" else f"{path}.{name}")


def _array(here: _Bytes, tag: str, path: str) -> Iterator[Leaf]:
    if tag == "r":
        for _ in range(int.from_bytes(here.frame(), "little", signed=True)):
            name = here.text()
            yield from _array(here, here.tag(), f"{path}.{name}")
        return
    dtype = here.text()
    shape: list[int] = []
    sizes = _Bytes(here.frame())
    while sizes.at < len(sizes.data):
        shape.append(int.from_bytes(sizes.frame(), "little", signed=True))
    yield Leaf(path, dtype, tuple(shape), here.frame())


_PARTS: dict[str, Callable[[_Bytes, str], Iterator[Leaf]]] = {
    "T": _tensors,
    "X": _xgboost,
    "L": _list,
    "M": _mapping,
    "S": _set,
    "I": _instance,
    "R": _instance,
    "O": _objects,
    "E": _member,
    "K": _name,
    "G": _name,
    "F": _name,
    "C": _complex,
}
"""How a part is read, by the letter it starts with."""
