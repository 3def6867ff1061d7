"""The filter of system calls: what no training program needs, and what would lead around everything else.

Without a network of its own it is also what keeps a program off the internet.
"""

from __future__ import annotations

import errno
import platform
import socket
import struct
from collections.abc import Iterator

from lineal.rebuild.confining.kernel import gain_nothing, set_filter

_LOAD, _IS, _IS_AT_LEAST, _HAS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_CALL, _MACHINE, _FIRST = 0, 4, 16
"""Where the number of the call, the machine it was made for and its first argument stand."""

_ALLOW, _FAIL = 0x7FFF_0000, 0x0005_0000
_OTHER_NUMBERS = 0x4000_0000
"""The bit of a second set of numbers for the same calls (x32), which a filter of the first would not see."""

_NEW_USERS = 0x1000_0000
_EVERYBODY = 0xFFFF_FFFF
_FAMILIES = (socket.AF_UNIX, 16)
"""Sockets that stay on this machine: between processes, and to ask the kernel for addresses."""

_REFUSED = (
    # Rings make and connect sockets, and open files, by messages that no filter sees.
    ("io_uring_setup", 425, 425, errno.ENOSYS),
    ("io_uring_enter", 426, 426, errno.ENOSYS),
    ("io_uring_register", 427, 427, errno.ENOSYS),
    # Its flags lie where no filter can look; libraries go on with `clone`.
    ("clone3", 435, 435, errno.ENOSYS),
    ("ptrace", 101, 117, errno.EPERM),
    ("process_vm_readv", 310, 270, errno.EPERM),
    ("process_vm_writev", 311, 271, errno.EPERM),
    ("pidfd_getfd", 438, 438, errno.EPERM),
    ("bpf", 321, 280, errno.EPERM),
    ("perf_event_open", 298, 241, errno.EPERM),
    ("userfaultfd", 323, 282, errno.EPERM),
    ("add_key", 248, 217, errno.EPERM),
    ("request_key", 249, 218, errno.EPERM),
    ("keyctl", 250, 219, errno.EPERM),
    ("setns", 308, 268, errno.EPERM),
    ("open_by_handle_at", 304, 265, errno.EPERM),
    ("mount", 165, 40, errno.EPERM),
    ("umount2", 166, 39, errno.EPERM),
    ("pivot_root", 155, 41, errno.EPERM),
    ("open_tree", 428, 428, errno.EPERM),
    ("move_mount", 429, 429, errno.EPERM),
    ("fsopen", 430, 430, errno.EPERM),
    ("fsmount", 432, 432, errno.EPERM),
    ("mount_setattr", 442, 442, errno.EPERM),
)
"""Each with its number on x86-64 and on ARM, and what the program is told."""

_MACHINES = {"x86_64": (0xC000_003E, 1), "aarch64": (0xC000_00B7, 2)}
_BY_ARGUMENT = {"socket": (41, 198), "clone": (56, 220), "unshare": (272, 97), "kill": (62, 129)}

Step = tuple[int, int, int, int]


def refuse_calls(*, internet: bool) -> None:
    """Refuse the calls above to this process and its children; without `internet` also sockets that leave the machine.

    Raises OSError or KeyError where there is no such filter: on other processors.
    """
    steps = list(_steps(*_MACHINES[platform.machine()], internet=internet))
    gain_nothing()
    set_filter(b"".join(struct.pack("<HBBI", *step) for step in steps))


def _steps(machine: int, column: int, *, internet: bool) -> Iterator[Step]:
    # A call made as a program of another word size numbers its calls otherwise.
    yield from ((_LOAD, 0, 0, _MACHINE), (_IS, 1, 0, machine), (_RETURN, 0, 0, _FAIL | errno.ENOSYS))
    yield (_LOAD, 0, 0, _CALL)
    yield from ((_IS_AT_LEAST, 0, 1, _OTHER_NUMBERS), (_RETURN, 0, 0, _FAIL | errno.ENOSYS))
    for each in _REFUSED:
        yield from ((_IS, 0, 1, int(each[column])), (_RETURN, 0, 0, _FAIL | each[3]))
    numbers = {name: pair[column - 1] for name, pair in _BY_ARGUMENT.items()}
    for name in ("clone", "unshare"):
        yield from _if(numbers[name], [(_HAS, 0, 1, _NEW_USERS), (_RETURN, 0, 0, _FAIL | errno.EPERM)])
    # To everybody is to all processes of the user, where they are in sight.
    yield from _if(numbers["kill"], [(_IS, 0, 1, _EVERYBODY), (_RETURN, 0, 0, _FAIL | errno.EPERM)])
    yield from _if(numbers["socket"], list(_families(internet=internet)))
    yield (_RETURN, 0, 0, _ALLOW)


def _if(number: int, steps: list[Step]) -> Iterator[Step]:
    """Steps for one call, which see its first argument and end with the call allowed."""
    inner = [(_LOAD, 0, 0, _FIRST), *steps, (_RETURN, 0, 0, _ALLOW)]
    yield (_IS, 0, len(inner), number)
    yield from inner


def _families(*, internet: bool) -> Iterator[Step]:
    told = _ALLOW if internet else _FAIL | errno.ENETUNREACH
    for family in _FAMILIES:
        yield from ((_IS, 0, 1, family), (_RETURN, 0, 0, _ALLOW))
    for family in (socket.AF_INET, socket.AF_INET6):
        yield from ((_IS, 0, 1, family), (_RETURN, 0, 0, told))
    # To the machine that this one runs in, to Bluetooth, raw packets: no namespace holds all of them.
    yield (_RETURN, 0, 0, _FAIL | errno.EAFNOSUPPORT)
