"""The kernel, asked directly: the few calls the standard library has no name for."""

from __future__ import annotations

import ctypes
import os
import struct

PRIVATE, BIND, RECURSIVE, REMOUNT = 1 << 18, 1 << 12, 1 << 14, 1 << 5
READ_ONLY, NO_SET_ID, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8
"""Flags of mounts; the last four are also those of their attributes."""

_DIES_WITH_PARENT, _NO_NEW_PRIVILEGES, _SET_FILTER, _DROP, _GETS_ORPHANS = 1, 38, 22, 24, 36
_SIGKILL = 9
_MOUNT_SETATTR, _HERE, _ALL_BELOW = 442, -100, 0x8000
_CAPABILITIES, _CAPABILITY_VERSION = 64, 0x2008_0522

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """Return what a call returned; OSError where that was a failure."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def system_call(number: int, *arguments: object) -> int:
    """Make a call by its number and return what it returned, a negative number for a failure."""
    return int(_libc.syscall(ctypes.c_long(number), *arguments))


def unshare(flags: int) -> None:
    """Leave the namespaces that the flags name for new ones; OSError where that is forbidden."""
    checked(_libc.unshare(flags))


def mount(source: str | None, target: str, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """Mount something at a path; OSError where that is forbidden."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, options)]
    checked(_libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]))


def set_mount(target: str, *, gains: int = 0, loses: int = 0, below: bool = False) -> None:
    """Change the attributes of the mount at a path, and with `below` of all mounts beneath it."""
    attributes = ctypes.create_string_buffer(struct.pack("<QQQQ", gains, loses, 0, 0))
    flags = _ALL_BELOW if below else 0
    checked(system_call(_MOUNT_SETATTR, _HERE, os.fsencode(target), flags, attributes, ctypes.c_size_t(32)))


def die_with_parent() -> None:
    """Let the kernel kill this process when the thread that started it ends, however it ends."""
    checked(_libc.prctl(_DIES_WITH_PARENT, _SIGKILL, 0, 0, 0))


def get_orphans() -> None:
    """Let processes below this one whose parents end become its children."""
    checked(_libc.prctl(_GETS_ORPHANS, 1, 0, 0, 0))


def gain_nothing() -> None:
    """Let no program that is started from here have more rights than this process: filters and rules ask for it."""
    checked(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def set_filter(program: bytes) -> None:
    """Let a program of 8-byte steps decide on each system call from now on, for this process and its children."""
    steps = ctypes.create_string_buffer(program)
    whole = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(steps)))
    checked(_libc.prctl(_SET_FILTER, 2, ctypes.c_void_p(ctypes.addressof(whole)), 0, 0))


def drop_capabilities(kept: frozenset[int]) -> None:
    """Give up what a superuser may do beside reading and writing files; `kept` are the capabilities that stay."""
    for number in range(_CAPABILITIES):
        if number not in kept and _libc.prctl(_DROP, number, 0, 0, 0) != 0:
            break  # beyond the last one, or not a superuser: then there is nothing to drop
    mask = sum(1 << number for number in kept)
    had = ctypes.create_string_buffer(24)
    header = ctypes.create_string_buffer(struct.pack("<Ii", _CAPABILITY_VERSION, 0))
    checked(_libc.capget(header, had))
    words = struct.unpack("<6I", had.raw)
    masks = [mask & 0xFFFF_FFFF] * 3 + [mask >> 32] * 3
    left = [word & allowed for word, allowed in zip(words, masks, strict=True)]
    left[2] = left[5] = 0  # nothing is inherited
    checked(_libc.capset(header, ctypes.create_string_buffer(struct.pack("<6I", *left))))
