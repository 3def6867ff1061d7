"""Covering: recorded directories beside the tree, as the program shall find them; only it sees them so.

Each is covered by a directory of the rebuild that can be written. What lies there on this machine is shown in it again,
read-only, but for what the record says of: that is absent, or there as it was recorded.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lineal.rebuild.confining.beside import MOST_NAMES
from lineal.rebuild.confining.kernel import BIND, READ_ONLY, RECURSIVE, mount, set_mount


@dataclass(frozen=True, slots=True)
class _Shown:
    """One thing that is to be shown again: where, what it is, and what holds it, or leads elsewhere."""

    place: str
    mode: int
    descriptor: int = -1
    leads: str = ""


def cover(covers: Sequence[Mapping[str, Any]]) -> None:
    """Cover the directories; OSError where one of them cannot be, or too much lies there."""
    for each in covers:
        shown = list(_below(each["at"], each["fresh"], each["also"]))
        mount(each["place"], each["at"], flags=BIND)
        with suppress(OSError):  # a kernel that cannot say so has made nothing read-only either
            set_mount(each["at"], loses=READ_ONLY)
        for one in shown:
            _show(one)


def uncovered(word: str, covers: Sequence[Mapping[str, Any]]) -> str:
    """Return a word of the command as it was recorded, where it names a covered directory by the one that covers it."""
    for each in covers:
        word = re.sub(rf"{re.escape(each['place'])}(?=[/:]|$)", each["named"].replace("\\", r"\\"), word)
    return word


def _below(directory: str, fresh: Collection[str], also: Collection[str]) -> Iterator[_Shown]:
    """Yield what is to be shown again; what lies beside a deeper path of the record is shown one by one."""
    names = os.listdir(directory)  # noqa: PTH208
    if len(names) > MOST_NAMES:
        raise OSError(f"too many names in {directory}")
    for name in names:
        path = os.path.join(directory, name)  # noqa: PTH118
        if path in fresh:
            continue
        with suppress(FileNotFoundError, PermissionError):
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                yield _Shown(path, mode, leads=os.readlink(path))  # noqa: PTH115
            elif stat.S_ISDIR(mode) and path in also:
                yield _Shown(path, mode)
                yield from _below(path, fresh, also)
            elif stat.S_ISDIR(mode) or stat.S_ISREG(mode):
                yield _Shown(path, mode, os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW))


def _show(one: _Shown) -> None:
    with suppress(FileExistsError):
        if one.leads:
            os.symlink(one.leads, one.place)  # noqa: PTH211
        elif stat.S_ISDIR(one.mode):
            os.mkdir(one.place)  # noqa: PTH102
        else:
            os.close(os.open(one.place, os.O_CREAT | os.O_CLOEXEC))
    if one.descriptor >= 0:
        mount(f"/proc/self/fd/{one.descriptor}", one.place, flags=BIND | RECURSIVE)
        os.close(one.descriptor)
