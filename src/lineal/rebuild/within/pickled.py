"""Pickles: what an object is made of, read off the instructions that would make it. None of them is followed.

Attributes, keys and items have names then, as in the program; a class is its name.
"""

from __future__ import annotations

import io
import math
import pickletools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import Any

from lineal.model.values import Json
from lineal.rebuild.within.part import LONGEST, MOST_PARTS, Opaque, Part

_MOST = 16 << 20
_MOST_INSTRUCTIONS = 500_000
_CONSTANTS = {"NONE": "None", "NEWTRUE": "True", "NEWFALSE": "False"}
_EMPTY = {"EMPTY_LIST": "list", "EMPTY_TUPLE": "tuple", "EMPTY_DICT": "dict", "EMPTY_SET": "set"}
_SKIPPED = frozenset(("PROTO", "FRAME", "STOP"))
_RAW = "joblib.numpy_pickle.NumpyArrayWrapper"
"""What joblib writes before the bytes of an array, which are no instructions."""

_SIZED = re.compile(r"'[biufcmM](\d{1,2})'")

_ATTRIBUTES = "."


class _Made:
    """Something that the instructions make: a plain value, or a thing of a kind with named parts."""

    __slots__ = ("kind", "parts", "value")

    def __init__(self, kind: str, value: str | bytes | None = None) -> None:
        self.kind = kind
        self.value = value
        self.parts: list[tuple[str, _Made]] = []

    @property
    def told(self) -> str:
        """A plain value as text, not all of a long one; else the kind."""
        if self.value is None:
            return self.kind
        return str(self.value[:LONGEST])


def is_pickle(data: bytes) -> bool:
    """Return whether these bytes begin like a pickle of protocol 2 or later, and end like one."""
    return len(data) > 2 and data[0] == 0x80 and 2 <= data[1] <= 5 and data.endswith(b".")  # noqa: PLR2004


def pickle_parts(_name: PurePath, data: bytes) -> Iterator[Part]:
    """Yield the plain values that an object is made of; Opaque for what is no pickle, or has other bytes in it."""
    if len(data) > _MOST:
        raise Opaque("this pickle is too large")
    tops: list[_Made] = []
    source, left = io.BytesIO(data), _MOST_INSTRUCTIONS
    try:
        while source.tell() < len(data):
            machine = _Machine()
            for code, argument, _place in pickletools.genops(source):
                left -= 1
                if left < 0:
                    raise Opaque("these are too many instructions")
                machine.do(code.name, argument)
                if code.name == "BUILD" and machine.stack[-1].kind == _RAW:
                    _read_array(machine.stack[-1], source)
            [top] = machine.stack
            tops.append(top)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise Opaque(f"this is no plain pickle: {error}") from error
    for number, top in enumerate(tops, 1):
        yield from _leaves(top, "" if number == 1 else f"(object {number})")


def _read_array(made: _Made, source: io.BytesIO) -> None:
    """Take the bytes of an array that joblib wrote behind what it says of it; KeyError where it does not say enough."""
    facts = dict(made.parts[-1][1].parts)
    kind = dict(facts["['dtype']"].parts[0][1].parts)["[0]"]
    sized = _SIZED.fullmatch(kind.told)
    if sized is None:
        raise KeyError(kind.told)
    size = math.prod(int(part.told) for _, part in facts["['shape']"].parts) * int(sized[1])
    if facts.get("['numpy_array_alignment_bytes']", kind).told not in ("None", kind.told):
        source.seek(source.read(1)[0], io.SEEK_CUR)
    content = source.read(size)
    if len(content) != size:
        raise KeyError("the bytes of an array")
    made.parts.append(("(content)", _Made("value", content)))


def _leaves(top: _Made, name: str) -> Iterator[Part]:
    known: dict[int, str] = {}
    waiting = [(name, top)]
    count = 0
    while waiting:
        path, made = waiting.pop()
        count += 1
        if count > MOST_PARTS or len(path) > LONGEST:
            raise Opaque("this is too much to be looked into")
        place = path.lstrip(".")
        where: dict[str, Json] = {"part": place} if place else {}
        told = f"its part {place}" if place else "the object"
        if made.value is not None:
            yield Part(told, made.value, where)
        elif id(made) in known:
            yield Part(told, f"the same as {known[id(made)] or 'the object'}", where)
        else:
            known[id(made)] = place
            yield Part(told, f"{made.kind} of {len(made.parts)}" if made.parts else made.kind, where)
            waiting += reversed([(_below(path, label), part) for label, part in _parts(made)])


def _parts(made: _Made) -> list[tuple[str, _Made]]:
    # Members of a set have no order: a plain one is its own name.
    return sorted(made.parts, key=lambda part: part[0]) if made.kind in ("set", "frozenset") else made.parts


def _below(path: str, label: str) -> str:
    if path.endswith(_ATTRIBUTES) and label[1:2] == "'" and label[2:-2].isidentifier():
        return path + label[2:-2]
    return path + label


class _Machine:
    """A stack and a memory, as pickle has them, of things that are only told."""

    def __init__(self) -> None:
        self.stack: list[_Made] = []
        self._marks: list[int] = []
        self._memory: dict[int, _Made] = {}

    def do(self, name: str, argument: Any) -> None:
        """Follow one instruction; KeyError for one that is not known."""
        if name in _SKIPPED:
            return
        if name in _CONSTANTS:
            self.stack.append(_Made("value", _CONSTANTS[name]))
        elif name in _EMPTY:
            self.stack.append(_Made(_EMPTY[name]))
        elif name in _WAYS:
            _WAYS[name](self, argument)
        elif argument is not None:
            is_bytes = type(argument) is bytes
            self.stack.append(_Made("value", argument if is_bytes else repr(argument)))
        else:
            raise KeyError(name)

    def mark(self, _argument: Any) -> None:
        """Begin a group."""
        self._marks.append(len(self.stack))

    def since_mark(self) -> list[_Made]:
        """Take the group."""
        return self.taken(len(self.stack) - self._marks.pop())

    def taken(self, count: int) -> list[_Made]:
        """Take the last things."""
        if not 0 <= count <= len(self.stack):
            raise IndexError("the stack is empty")
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return found

    def remember(self, argument: Any) -> None:
        """Put the last thing into the memory."""
        self._memory[len(self._memory) if argument is None else int(argument)] = self.stack[-1]

    def recall(self, argument: Any) -> None:
        """Take a thing from the memory."""
        self.stack.append(self._memory[int(argument)])

    def put(self, kind: str, items: Sequence[_Made], add: _Change) -> None:
        """Put a container of these."""
        made = _Made(kind)
        add(made, items)
        self.stack.append(made)

    def call(self, parts: Sequence[_Made]) -> None:
        """Put what a function or class would give."""
        function, *arguments = parts
        made = _Made(function.told if function.kind == "class" else "what is called")
        if function.kind != "class":
            made.parts.append(("(function)", function))
        made.parts += [(f"(given {place})" if place else "", one) for place, one in enumerate(arguments)]
        self.stack.append(made)

    def build(self, _argument: Any) -> None:
        """Give the last thing but one its state."""
        (state,) = self.taken(1)
        made = self.stack[-1]
        if state.kind == "tuple" and len(state.parts) == 2 and state.parts[1][1].kind == "dict":  # noqa: PLR2004
            made.parts += [(_ATTRIBUTES, one) for _, one in state.parts]
        else:
            made.parts.append((_ATTRIBUTES, state))

    def named(self, _argument: Any) -> None:
        """Put the class of this module and name."""
        module, name = (str(part.value).strip("'") for part in self.taken(2))
        self.stack.append(_Made("class", f"{module}.{name}"))

    def drop(self, _argument: Any) -> None:
        """Drop the last thing, or the last mark."""
        if self._marks and self._marks[-1] == len(self.stack):
            self._marks.pop()
        else:
            self.taken(1)


_Change = Callable[[_Made, Sequence[_Made]], None]
_Way = Callable[[_Machine, Any], None]


def _append(made: _Made, items: Sequence[_Made]) -> None:
    made.parts += [(f"[{len(made.parts) + place}]", item) for place, item in enumerate(items)]


def _set(made: _Made, items: Sequence[_Made]) -> None:
    for key, item in zip(items[::2], items[1::2], strict=True):
        if key.value is None:  # a tuple, say: it has parts of its own
            made.parts.append((f"[key {len(made.parts)}]", key))
        made.parts.append((f"[{key.told}]", item))


def _add(made: _Made, items: Sequence[_Made]) -> None:
    made.parts += [(f"{{{item.told}}}", item) for item in items]


def _into(
    change: Callable[[_Made, Sequence[_Made]], None], count: int | None = None
) -> Callable[[_Machine, Any], None]:
    def do(machine: _Machine, _argument: Any) -> None:
        items = machine.since_mark() if count is None else machine.taken(count)
        change(machine.stack[-1], items)

    return do


def _new(kind: str, count: int | None, add: _Change = _append) -> _Way:
    def do(machine: _Machine, _argument: Any) -> None:
        machine.put(kind, machine.since_mark() if count is None else machine.taken(count), add)

    return do


def _called(count: int) -> _Way:
    def do(machine: _Machine, _argument: Any) -> None:
        machine.call(machine.taken(count))

    return do


def _instance(machine: _Machine, argument: Any) -> None:
    items = machine.since_mark()
    if argument is not None:
        items.insert(0, _Made("class", str(argument).replace(" ", ".")))
    machine.call(items)


def _global(machine: _Machine, argument: Any) -> None:
    machine.stack.append(_Made("class", str(argument).replace(" ", ".")))


def _changeable(machine: _Machine, argument: Any) -> None:
    machine.stack.append(_Made("value", b"changeable " + bytes(argument)))


_WAYS: dict[str, _Way] = {
    "MARK": _Machine.mark,
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _Machine.remember),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.recall),
    "APPEND": _into(_append, 1),
    "APPENDS": _into(_append),
    "SETITEM": _into(_set, 2),
    "SETITEMS": _into(_set),
    "ADDITEMS": _into(_add),
    "LIST": _new("list", None),
    "TUPLE": _new("tuple", None),
    "TUPLE1": _new("tuple", 1),
    "TUPLE2": _new("tuple", 2),
    "TUPLE3": _new("tuple", 3),
    "FROZENSET": _new("frozenset", None, _add),
    "DICT": _new("dict", None, _set),
    "BINPERSID": _new("a thing kept elsewhere", 1),
    "BYTEARRAY8": _changeable,
    "GLOBAL": _global,
    "STACK_GLOBAL": _Machine.named,
    "REDUCE": _called(2),
    "NEWOBJ": _called(2),
    "NEWOBJ_EX": _called(3),
    "INST": _instance,
    "OBJ": _instance,
    "BUILD": _Machine.build,
    "POP": _Machine.drop,
    "POP_MARK": lambda machine, _: machine.since_mark().clear(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
}
"""What is done at each instruction but those that push a plain value."""
