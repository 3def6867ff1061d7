"""The view: what of the file system a program sees, in a mount namespace of its own.

Everything is read-only but the rebuild directory; sockets of other programs are there and lead nowhere; devices are
those that programs need; the tree covers the directory it was recorded in.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from lineal.rebuild.confining.beside import BESIDE
from lineal.rebuild.confining.covering import cover
from lineal.rebuild.confining.kernel import (
    BIND,
    NO_DEVICES,
    NO_PROGRAMS,
    NO_SET_ID,
    PRIVATE,
    READ_ONLY,
    RECURSIVE,
    mount,
    set_mount,
)
from lineal.rebuild.confining.sockets import hide_sockets

READ_ONLY_VIEW = "a read-only file system"
NO_SOCKETS = "no sockets of other programs"
KNOWN_SOCKETS = "no sockets that other programs had open"
TERMINALS = "terminals of its own"
TREE = "the tree at its recorded path"

_DEVICES = (
    *("null", "zero", "full", "random", "urandom", "tty"),
    *("nvidia*", "dri", "kfd", "accel", "dxg", "infiniband"),
)
SHARED = "/dev/shm"  # noqa: S108  where processes share memory


def devices(*, terminals: bool) -> list[str]:
    """Return the devices a program may use: those that hold nothing, and processors of all kinds.

    Terminals are among them where they are its own: on those of the user it could write, and listen.
    """
    names = (*_DEVICES, "ptmx", "pts") if terminals else _DEVICES
    return [path for name in names for path in sorted(glob.glob(f"/dev/{name}"))]  # noqa: PTH207


def arrange(spec: Mapping[str, Any], sockets: Sequence[str], *, own_processes: bool, tree: bool) -> list[str]:
    """Arrange the view of this process and return what was achieved; OSError where it must not be used by half."""
    mount(None, "/", flags=PRIVATE | RECURSIVE)
    wanted = spec["mount"] if tree else None
    shown = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in (spec["root"], *spec["beside"])]
    kept = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in (wanted["keep"] if wanted else ())]
    if own_processes:
        mount("proc", "/proc", "proc", NO_SET_ID | NO_DEVICES | NO_PROGRAMS)
    how = []
    with suppress(OSError):
        is_whole = hide_sockets(spec["apart"], sockets, os.path.join(spec["root"], "nothing"))  # noqa: PTH118
        how.append(NO_SOCKETS if is_whole else KNOWN_SOCKETS)
    with suppress(OSError):
        set_mount("/", gains=READ_ONLY | NO_DEVICES | NO_SET_ID, below=True)
        how.append(READ_ONLY_VIEW)
    for path, descriptor in shown:
        _show(path, descriptor)
    how += [TERMINALS] if _own_devices() else []
    for path in spec["hidden"]:
        with suppress(OSError):
            _empty(path, os.path.join(spec["root"], "nothing", "nobody"))  # noqa: PTH118
    if (kept or spec["covers"]) and READ_ONLY_VIEW not in how:
        raise OSError  # what is the user's and shown again could be written
    if wanted:
        _cover(wanted, kept)
        how.append(TREE)
    if spec["covers"]:
        cover(spec["covers"])
        how.append(BESIDE)
    return how


def _empty(path: str, nobody: str) -> None:
    """Cover a directory with an empty one, a file with an empty one."""
    if stat.S_ISDIR(os.stat(path).st_mode):  # noqa: PTH116
        mount("nothing", path, "tmpfs", READ_ONLY | NO_DEVICES | NO_SET_ID, "size=4k,mode=0500")
    else:
        mount(nobody, path, flags=BIND)


def _show(path: str, descriptor: int) -> None:
    """Put what was at a path there again, to be written, above all that covers it now."""
    mount(f"/proc/self/fd/{descriptor}", path, flags=BIND | RECURSIVE)
    os.close(descriptor)
    _make_writable(path)


def _make_writable(path: str) -> None:
    with suppress(OSError):  # a kernel that cannot say so has made nothing read-only either
        set_mount(path, loses=READ_ONLY)


def _cover(wanted: Mapping[str, Any], kept: Iterable[tuple[str, int]]) -> None:
    """Cover the recorded directory with the tree; what lies below it and is needed stays."""
    mount(wanted["tree"], wanted["at"], flags=BIND | RECURSIVE)
    _make_writable(wanted["at"])
    for path, descriptor in kept:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
        mount(f"/proc/self/fd/{descriptor}", path, flags=BIND | RECURSIVE)
        os.close(descriptor)


def _own_devices() -> bool:
    """Open the devices that programs need again; give it shared memory and terminals of its own, if it may have any."""
    for path in devices(terminals=False):
        with suppress(OSError):
            mount(path, path, flags=BIND | RECURSIVE)
            set_mount(path, loses=NO_DEVICES)
    with suppress(OSError):
        if stat.S_ISDIR(os.stat(SHARED).st_mode):  # noqa: PTH116
            mount("shm", SHARED, "tmpfs", NO_SET_ID | NO_DEVICES, "mode=1777")
    with suppress(OSError):
        mount("devpts", "/dev/pts", "devpts", NO_SET_ID | NO_PROGRAMS, "newinstance,ptmxmode=0666,mode=0620")
        mount("/dev/pts/ptmx", "/dev/ptmx", flags=BIND)
        return True
    return False
