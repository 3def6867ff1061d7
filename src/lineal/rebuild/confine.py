"""Starts one program confined: no network, no writing outside the rebuild directory, wherever the system allows it.

Run as a script of its own (`python -I confine.py SPEC`), because what it does cannot be undone in a process. It needs
the standard library only, says in the report what it achieved, and then becomes the program.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import platform
import resource
import socket
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

_NEWNS, _NEWUSER, _NEWNET = 0x2_0000, 0x1000_0000, 0x4000_0000
_BIND, _PRIVATE = 0x1000 | 0x4000, 0x4_0000 | 0x4000
_MOUNTED = "the tree at its recorded path"
_NO_NEW_PRIVILEGES, _DIES_WITH_PARENT, _SET_FILTER, _FILTER = 38, 1, 22, 2
_SIGKILL = 9
_LANDLOCK = {"create": 444, "add": 445, "restrict": 446}
_WRITES, _SINCE = 0b1_1111_1111_0010, {2: 1 << 13, 3: 1 << 14}
"""Landlock's rights that change a file system: write, remove, make; and those that came with a later version."""

_IN_PLACE = (1 << 1) | (1 << 14)
_SOCKET = {"x86_64": (0xC000_003E, 41), "aarch64": (0xC000_00B7, 198)}
_UNREACHABLE = 101


def main(path: str) -> None:
    """Read what to start from the file, confine this process and become the program."""
    with open(path, encoding="utf-8") as handle:  # noqa: PTH123  no import that is not needed
        spec = json.load(handle)
    argv, cwd, environment = spec["argv"], spec["cwd"], spec["environment"]
    report = confined(spec)
    with open(spec["report"], "w", encoding="utf-8") as handle:  # noqa: PTH123
        json.dump(report, handle)
    if _MOUNTED in report["how"]:
        tree, at = spec["mount"]["tree"], spec["mount"]["at"]
        argv, cwd = [word.replace(tree, at) for word in argv], cwd.replace(tree, at)
        environment = {name: value.replace(tree, at) for name, value in environment.items()}
    os.chdir(cwd)
    try:
        os.execvpe(argv[0], argv, environment)  # noqa: S606  the recorded command, word by word
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


def confined(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Confine this process as far as the system allows, and return how far that was."""
    most = int(spec["most_bytes"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError, OverflowError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    if sys.platform != "linux":
        return {"network": "on", "writes": "open", "how": []}
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_DIES_WITH_PARENT, _SIGKILL, 0, 0, 0)
    how: list[str] = []
    network = _namespaces(libc, spec["mount"], how, wants_network=spec["network"] == "on")
    writes = _writes_confined(libc, spec["writable"], how)
    if writes == "confined":
        with suppress(OSError):
            _lend_home(spec["home"]["real"], spec["home"]["place"])
    return {"network": network, "writes": writes, "how": how}


def _namespaces(libc: ctypes.CDLL, mount: Mapping[str, Any] | None, how: list[str], *, wants_network: bool) -> str:
    """Take the network away and mount the tree, as much of it as the system allows; return how the network is."""
    network = 0 if wants_network else _NEWNET
    for mounted in (mount, None) if mount else (None,):
        flags = network | (_NEWNS if mounted else 0)
        for user in (0, _NEWUSER) if flags else ():
            if not _works(lambda: _apart(libc, user | flags, mounted)):  # noqa: B023  called at once
                continue
            _apart(libc, user | flags, mounted)
            how += ["a network of its own"] if network else []
            how += [_MOUNTED] if mounted else []
            return "off" if network else "on"
    if network and _works(lambda: _no_sockets(libc)):
        _no_sockets(libc)
        how.append("no internet sockets")
        return "off"
    return "on"


def _works(attempt: Callable[[], None]) -> bool:
    """Try something that cannot be undone in a child first: half of it would leave this process worse than none."""
    child = os.fork()
    if child == 0:
        status = 1
        with suppress(Exception):
            attempt()
            status = 0
        os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def _apart(libc: ctypes.CDLL, flags: int, mount: Mapping[str, Any] | None) -> None:
    user, group = os.geteuid(), os.getegid()
    _checked(libc.unshare(flags))
    if flags & _NEWUSER:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as handle:  # noqa: PTH123
                handle.write(text)
    if flags & _NEWNET:
        # Programs talk to themselves over the loopback, which is down in a new network.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            fcntl.ioctl(probe.fileno(), 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
    if mount is not None:
        _mount(libc, mount)


def _mount(libc: ctypes.CDLL, mount: Mapping[str, Any]) -> None:
    """Cover the recorded directory with the tree, for this process and its children alone."""
    _bind(libc, None, "/", _PRIVATE)
    kept = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in mount["keep"]]
    _bind(libc, mount["tree"], mount["at"], _BIND)
    for path, descriptor in kept:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
        _bind(libc, f"/proc/self/fd/{descriptor}", path, _BIND)
        os.close(descriptor)


def _bind(libc: ctypes.CDLL, source: str | None, target: str, flags: int) -> None:
    _checked(libc.mount(None if source is None else os.fsencode(source), os.fsencode(target), None, flags, None))


def _no_sockets(libc: ctypes.CDLL) -> None:
    """Refuse sockets of the internet's families; a program then says that the network is unreachable."""
    machine, call = _SOCKET[platform.machine()]
    steps = [
        (0x20, 0, 0, 4),  # the machine the call was made for
        (0x15, 0, 6, machine),
        (0x20, 0, 0, 0),  # the call
        (0x15, 0, 4, call),
        (0x20, 0, 0, 16),  # its first argument: the family
        (0x15, 1, 0, socket.AF_INET),
        (0x15, 0, 1, socket.AF_INET6),
        (0x06, 0, 0, 0x0005_0000 | _UNREACHABLE),
        (0x06, 0, 0, 0x7FFF_0000),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(steps), ctypes.addressof(code)))
    _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(libc.prctl(_SET_FILTER, _FILTER, ctypes.c_void_p(ctypes.addressof(program)), 0, 0))


def _writes_confined(libc: ctypes.CDLL, writable: Sequence[str], how: list[str]) -> str:
    version = libc.syscall(_LANDLOCK["create"], None, 0, 1)
    if version < 2:  # noqa: PLR2004  the first version forbids moving a file to another directory altogether
        return "open"
    rights = _WRITES | sum(bit for since, bit in _SINCE.items() if version >= since)
    given = ctypes.create_string_buffer(struct.pack("<Q", rights))
    rules = libc.syscall(_LANDLOCK["create"], given, 8, 0)
    if rules < 0:
        return "open"
    allowed = [(path, rights) for path in (*writable, "/dev/shm")]  # noqa: S108  where processes share memory
    for path, right in [*allowed, ("/dev", _IN_PLACE & rights)]:
        with suppress(OSError):
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rule = ctypes.create_string_buffer(struct.pack("<Qi", right, descriptor))
            _checked(libc.syscall(_LANDLOCK["add"], rules, 1, rule, 0))
            os.close(descriptor)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(_LANDLOCK["restrict"], rules, 0):
        return "open"
    os.close(rules)
    how.append("landlock")
    return "confined"


def _lend_home(real: str, place: str) -> None:
    """Let the program find what lies in the user's home, through links it cannot write through; hidden files apart.

    Caches are shown one by one, so that new ones can be made beside them.
    """
    os.makedirs(f"{place}/.cache", exist_ok=True)  # noqa: PTH103
    for below in ("", ".cache"):
        directory = os.path.join(real, below)  # noqa: PTH118
        for name in os.listdir(directory) if os.path.isdir(directory) else ():  # noqa: PTH112, PTH208
            target = os.path.join(place, below, name)  # noqa: PTH118
            if not name.startswith(".") and not os.path.lexists(target):
                os.symlink(os.path.join(directory, name), target)  # noqa: PTH118, PTH211


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main(sys.argv[1])
