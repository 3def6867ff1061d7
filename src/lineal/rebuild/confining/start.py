"""Starts one program confined, wherever the system allows it: the process this runs in becomes the program.

Where it may have processes of its own there are three: one outside that waits, the first inside, with which all others
end, and the program. What was achieved is told through a pipe that the program does not get.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from lineal.rebuild.confining.beside import BESIDE
from lineal.rebuild.confining.calls import refuse_calls
from lineal.rebuild.confining.covering import uncovered
from lineal.rebuild.confining.kernel import die_with_parent, drop_capabilities, get_orphans, unshare
from lineal.rebuild.confining.sockets import open_sockets
from lineal.rebuild.confining.view import NO_SOCKETS, READ_ONLY_VIEW, SHARED, TERMINALS, TREE, arrange, devices
from lineal.rebuild.confining.writes import restrict_writes

_MOUNTS, _MESSAGES, _USERS, _PROCESSES, _NETWORK = 0x2_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000
_LOOPBACK_UP = (0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
_PATIENCE_S = 2
_NOT_SHOWN = 125
_OF_FILES = frozenset({0, 1, 3, 4, 6, 7})
"""What a superuser keeps: to read and own files of others, and to become others."""


@dataclass(frozen=True, slots=True)
class _Apart:
    """What a program gets of its own: flags of namespaces, and whether it sees the tree at its recorded path."""

    flags: int
    tree: bool

    @property
    def has_processes(self) -> bool:
        return bool(self.flags & _PROCESSES)

    @property
    def has_view(self) -> bool:
        return bool(self.flags & _MOUNTS)


def main(path: str, outlet: int) -> None:
    """Read what to start from the file, confine this process, tell the pipe how, and become the program."""
    os.set_inheritable(outlet, False)  # noqa: FBT003
    with open(path, encoding="utf-8") as handle:  # noqa: PTH123
        spec = json.load(handle)
    most = int(spec["most_bytes"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError, OverflowError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    report = _confined(spec) if sys.platform == "linux" else {"how": []}
    os.write(outlet, json.dumps(report).encode())
    os.close(outlet)
    if spec["covers"] and BESIDE not in report["how"]:
        sys.exit(_NOT_SHOWN)  # it would find the files of today, and take them for those of the record
    _become(spec, sees_tree=TREE in report["how"])


def _become(spec: Mapping[str, Any], *, sees_tree: bool) -> NoReturn:
    argv, cwd, environment = spec["argv"], spec["cwd"], spec["environment"]
    if sees_tree:
        tree, at = spec["mount"]["tree"], spec["mount"]["at"]
        argv, cwd = [word.replace(tree, at) for word in argv], cwd.replace(tree, at)
        environment = {name: value.replace(tree, at) for name, value in environment.items()}
    argv = [uncovered(word, spec["covers"]) for word in argv]
    environment = {name: uncovered(value, spec["covers"]) for name, value in environment.items()}
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # Python ignores them, and what it starts would too
    try:
        os.chdir(cwd)
        os.execvpe(argv[0], argv, environment)  # noqa: S606  the recorded command, word by word
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


def _confined(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Confine this process as far as the system allows, and return how far that was. It may come back in a child."""
    die_with_parent()
    if os.getppid() != spec["parent"]:
        sys.exit(1)  # it ended before it could take us with it
    wants_network = spec["network"] == "on"
    sockets = open_sockets()
    how: list[str] = []
    apart = next((each for each in _choices(spec, wants_network=wants_network) if _works(each, spec, sockets)), None)
    if apart is not None:
        how = _enter(apart, spec, sockets)
    flags = apart.flags if apart is not None else 0
    if not flags & _PROCESSES:
        with suppress(OSError):
            _fork_kept()
    how += ["a network of its own"] if flags & _NETWORK else []
    how += ["processes of its own"] if flags & _PROCESSES else []
    with suppress(OSError):
        drop_capabilities(_OF_FILES)
    shown = [each["at"] for each in spec["covers"]] if BESIDE in how else []
    writable = [spec["root"], *spec["beside"], *spec["inside"], *shown, SHARED]
    wrote, signals = restrict_writes(writable, devices(terminals=TERMINALS in how))
    how += ["landlock"] if wrote else []
    filtered = False
    with suppress(OSError, KeyError):
        refuse_calls(internet=wants_network or bool(flags & _NETWORK))
        filtered = True
        how.append("a filter of system calls")
    is_confined = wrote or READ_ONLY_VIEW in how
    if is_confined:
        with suppress(OSError):
            _lend_home(spec["home"]["real"], spec["home"]["place"])
    return {
        "network": "on" if wants_network or not (filtered or flags & _NETWORK) else "off",
        "writes": "confined" if is_confined else "open",
        "processes": "hidden" if flags & _PROCESSES else "shielded" if signals and filtered else "open",
        "sockets": "hidden" if NO_SOCKETS in how and (signals or flags & _NETWORK) else "open",
        "how": how,
    }


def _choices(spec: Mapping[str, Any], *, wants_network: bool) -> list[_Apart]:
    """Return what may be taken apart, the most first: as a superuser where we are one, else with users of our own.

    Processes need a view of them, which some containers forbid; with another's view a program finds wrong ones.
    """
    network = 0 if wants_network else _NETWORK
    kinds = [_PROCESSES | _MESSAGES | _MOUNTS | network, _MESSAGES | _MOUNTS | network, network]
    choices = [
        _Apart(user | flags, tree)
        for flags in kinds
        for tree in ((True, False) if spec["mount"] and flags & _MOUNTS else (False,))
        for user in (0, _USERS)
    ]
    return [each for each in choices if each.flags & ~_USERS]


def _works(apart: _Apart, spec: Mapping[str, Any], sockets: Sequence[str]) -> bool:
    """Try something that cannot be undone in a child first: half of it would leave this process worse than none."""
    return _in_child(lambda: _try(apart, spec, sockets)) == 0


def _try(apart: _Apart, spec: Mapping[str, Any], sockets: Sequence[str]) -> None:
    _leave(apart)
    if apart.has_processes and _in_child(lambda: _see(apart, spec, sockets)) != 0:
        raise OSError
    if not apart.has_processes:
        _see(apart, spec, sockets)


def _in_child(attempt: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        with suppress(Exception):
            die_with_parent()
            attempt()
            status = 0
        os._exit(status)
    return os.waitpid(child, 0)[1]


def _enter(apart: _Apart, spec: Mapping[str, Any], sockets: Sequence[str]) -> list[str]:
    _leave(apart)
    if not apart.has_processes:
        return _see(apart, spec, sockets)
    tell = _fork_inside()
    how = _see(apart, spec, sockets)
    _fork_below(tell)
    return how


def _leave(apart: _Apart) -> None:
    """Leave the namespaces of the system for new ones."""
    user, group = os.geteuid(), os.getegid()
    unshare(apart.flags)
    if apart.flags & _USERS:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as handle:  # noqa: PTH123
                handle.write(text)
    if apart.flags & _NETWORK:
        # Programs talk to themselves over the loopback, which is down in a new network.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            fcntl.ioctl(probe.fileno(), *_LOOPBACK_UP)


def _see(apart: _Apart, spec: Mapping[str, Any], sockets: Sequence[str]) -> list[str]:
    if not apart.has_view:
        return []
    return arrange(spec, sockets, own_processes=apart.has_processes, tree=apart.tree)


def _fork_inside() -> int:
    """Go on as the first process of the new namespace; the one outside waits, and ends as the program did.

    Returns the pipe through which the first process tells how that was.
    """
    told, tell = os.pipe()
    begun, begin = os.pipe()
    child = os.fork()
    if child:
        os.close(tell)
        os.write(begin, b".")
        _wait_outside(child, told)
    os.close(told)
    os.close(begin)
    die_with_parent()
    if not os.read(begun, 1):  # the one outside ended before it could take us with it
        os._exit(1)
    os.close(begun)
    return tell


def _wait_outside(child: int, told: int) -> NoReturn:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.waitpid(child, 0)
    said = os.read(told, 4)
    _end_as(struct.unpack("i", said)[0] if said else signal.SIGKILL)


def _fork_below(tell: int) -> None:
    """Go on as the program; the first process inside waits for it, and all that is left ends with that one."""
    child = os.fork()
    if child == 0:
        os.close(tell)
        os.setsid()
        return
    # From outside only this one is asked to end, and it asks all others.
    signal.signal(signal.SIGTERM, lambda number, _frame: os.kill(-1, number))
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, 3)
    while True:
        ended, status = os.wait()
        if ended == child:
            os.write(tell, struct.pack("i", status))
            os._exit(0)


def _fork_kept() -> None:
    """Go on as the program among all other processes; this one waits, and ends what the program leaves running.

    What has left the program's session comes to it, as the nearest above that wants orphans.
    """
    get_orphans()
    keeper = os.getpid()
    child = os.fork()
    if child:
        _keep(child)
    die_with_parent()
    if os.getppid() != keeper:
        os._exit(1)


def _keep(child: int) -> NoReturn:
    # All of the session are asked to end together; those that do not are ended before we are ourselves.
    signal.signal(signal.SIGTERM, lambda _number, _frame: signal.alarm(_PATIENCE_S))
    signal.signal(signal.SIGALRM, lambda _number, _frame: _end_children())
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    status: int | None = None
    while True:
        try:
            ended, code = os.wait()
        except ChildProcessError:
            break
        status = code if ended == child else status
        if status is not None:
            _end_children()
    _end_as(signal.SIGKILL if status is None else status)


def _end_children() -> None:
    with suppress(OSError), open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listing:  # noqa: PTH123
        for number in listing.read().split():
            with suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)


def _end_as(status: int) -> NoReturn:
    """End this process as another one ended: with its exit status, or by the signal that ended it."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


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
