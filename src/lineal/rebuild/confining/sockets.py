"""Sockets in the file system: doors to other programs, such as a container engine or an agent that holds keys.

A directory is shown through an overlay, in which files are what they are and sockets belong to nobody: also those that
are made later. What cannot be shown so has the sockets covered that are open now.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from lineal.rebuild.confining.kernel import BIND, NO_DEVICES, NO_SET_ID, READ_ONLY, RECURSIVE, mount

_PATH_IN_LINE = 7
_MOST_NAMES = 4096
_OCTAL = 8


def open_sockets() -> list[str]:
    """Return the paths that sockets of this network namespace are bound to."""
    found: list[str] = []
    with suppress(OSError), open("/proc/net/unix", "rb") as listing:  # noqa: PTH123
        for line in listing:
            words = line.rstrip(b"\n").split(b" ")
            words = [word for word in words if word]
            path = b" ".join(words[_PATH_IN_LINE:])
            if path.startswith(b"/"):
                found.append(os.fsdecode(path))
    return list(dict.fromkeys(found))


def hide_sockets(directories: Sequence[str], sockets: Iterable[str], empty: str) -> bool:
    """Hide the sockets below `directories`, and those of `sockets`; `empty` is a directory to make things in.

    Returns whether all below the directories are hidden for good. Raises OSError where nothing can be mounted.
    """
    mounted = list(_mount_points())
    os.makedirs(empty, exist_ok=True)  # noqa: PTH103
    mount("nothing", empty, "tmpfs", NO_DEVICES | NO_SET_ID, "mode=0755")
    nobody = os.path.join(empty, "nobody")  # noqa: PTH118
    with open(nobody, "wb"):  # noqa: PTH123
        pass
    nothing = os.path.join(empty, "nothing")  # noqa: PTH118
    os.mkdir(nothing)  # noqa: PTH102
    held = os.open(nobody, os.O_PATH | os.O_CLOEXEC)
    behind = os.open(nothing, os.O_PATH | os.O_CLOEXEC)
    is_whole = True
    for directory in directories:
        if os.path.realpath(directory) == directory and os.path.isdir(directory):  # noqa: PTH112
            is_whole &= _veil(directory, mounted, behind)
    for path in sockets:
        with suppress(OSError):
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                mount(f"/proc/self/fd/{held}", path, flags=BIND)
    os.close(held)
    os.close(behind)
    return is_whole


def _veil(directory: str, mounted: Sequence[str], behind: int) -> bool:
    """Show a directory without its sockets; return whether that was possible.

    What has other file systems below it cannot be shown as one: it is put together from its parts.
    """
    if any(point.startswith(f"{directory}/") for point in mounted):
        return _put_together(directory, mounted, behind)
    try:
        # An overlay that is not written to needs two layers.
        layers = f"lowerdir={_escaped(directory)}:/proc/self/fd/{behind}"
        mount("overlay", directory, "overlay", READ_ONLY | NO_DEVICES | NO_SET_ID, layers)
    except OSError:
        return False
    return True


def _put_together(directory: str, mounted: Sequence[str], behind: int) -> bool:
    names = os.listdir(directory)  # noqa: PTH208
    if len(names) > _MOST_NAMES:
        return False
    held: list[tuple[str, int, int]] = []
    links: list[tuple[str, str]] = []
    for name in names:
        path = os.path.join(directory, name)  # noqa: PTH118
        with suppress(OSError):
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                links.append((path, os.readlink(path)))  # noqa: PTH115
            elif stat.S_ISDIR(mode) or stat.S_ISREG(mode):
                held.append((path, mode, os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)))
    mount("nothing", directory, "tmpfs", NO_DEVICES | NO_SET_ID, "mode=0755")
    for path, text in links:
        os.symlink(text, path)  # noqa: PTH211
    # All of them, also after one that could not be shown.
    shown = [_put_back(path, mode, descriptor, mounted, behind) for path, mode, descriptor in held]
    return all(shown)


def _put_back(path: str, mode: int, descriptor: int, mounted: Sequence[str], behind: int) -> bool:
    """Show one part of a directory again; one that cannot be is left out, and hidden all the more."""
    with suppress(OSError):
        if stat.S_ISDIR(mode):
            os.mkdir(path)  # noqa: PTH102
        else:
            os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC))
        mount(f"/proc/self/fd/{descriptor}", path, flags=BIND | RECURSIVE)
    os.close(descriptor)
    return _veil(path, mounted, behind) if stat.S_ISDIR(mode) else True


def _mount_points() -> Iterator[str]:
    with open("/proc/self/mountinfo", "rb") as listing:  # noqa: PTH123
        for line in listing:
            yield _unescaped(os.fsdecode(line.split(b" ")[4]))


def _unescaped(text: str) -> str:
    """Return a path as it is: the kernel writes spaces and the like as a backslash and three digits."""
    parts = text.split("\\")
    return parts[0] + "".join(chr(int(part[:3], _OCTAL)) + part[3:] for part in parts[1:])


def _escaped(path: str) -> str:
    """Return a path as an overlay takes it in its list of layers."""
    return "".join(f"\\{letter}" if letter in "\\:," else letter for letter in path)
