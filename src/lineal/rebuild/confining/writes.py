"""Rules on files: where a program may write, by Landlock. They also keep it from processes that are not its own."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress

from lineal.rebuild.confining.kernel import checked, gain_nothing, system_call

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_WRITES, _SINCE = 0b1_1111_1111_0010, {2: 1 << 13, 3: 1 << 14}
"""Rights that change a file system: write, remove, make; and those that came with a later version."""

_IN_PLACE = (1 << 1) | (1 << 14)
_MOVING, _SCOPES = 2, 6
"""The first versions that let a file move to another directory, and that know of signals and named sockets."""


def restrict_writes(writable: Iterable[str], devices: Iterable[str]) -> tuple[bool, bool]:
    """Let this process and its children write below `writable` and to `devices` only.

    Returns whether writes are restricted, and whether signals and abstract sockets are too.
    """
    version = system_call(_CREATE, None, 0, 1)
    if version < _MOVING:
        return False, False  # the first version forbids moving a file to another directory altogether
    rights = _WRITES | sum(bit for since, bit in _SINCE.items() if version >= since)
    scopes = 0b11 if version >= _SCOPES else 0
    size = 24 if scopes else 8
    rules = system_call(_CREATE, ctypes.create_string_buffer(struct.pack("<QQQ", rights, 0, scopes)), size, 0)
    if rules < 0:
        return False, False
    allowed = [(path, rights) for path in writable] + [(path, _IN_PLACE & rights) for path in devices]
    for path, right in allowed:
        with suppress(OSError):
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rule = ctypes.create_string_buffer(struct.pack("<Qi", right, descriptor))
            checked(system_call(_ADD, rules, 1, rule, 0))
            os.close(descriptor)
    gain_nothing()
    restricted = system_call(_RESTRICT, rules, 0) == 0
    os.close(rules)
    return restricted, restricted and bool(scopes)
