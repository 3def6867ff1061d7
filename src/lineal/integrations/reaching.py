"""What the program reaches for beside files, from the audit events of Python: a person, the network, shared places.

Called by the one audit hook of this process; must not raise, and must be quick.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
import sys
from types import FrameType

from lineal.capture import project
from lineal.capture.program import is_own_code
from lineal.capture.reached import NETWORK, STANDARD_INPUT, TERMINAL, has_heard, hear, hear_shared
from lineal.model.capture_items import FILE, PIPE

EVENTS = frozenset({
    "builtins.input", "socket.bind", "socket.getaddrinfo", "socket.connect", "http.client.connect",
    "tempfile.mkdtemp", "tempfile.mkstemp",
})  # fmt: skip

_LINEAL = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120
_HOOKS = os.path.join(_LINEAL, "integrations", "")  # noqa: PTH118
_MOST_FRAMES = 100
_MOST_KEPT = 1000
_TERMINAL, _INPUT = "/dev/tty", "/dev/stdin"
TEMPORARY = tuple(f"{place}/" for place in project.TEMPORARY)
BY_READING, BY_ASKING = "sys.stdin", "input()"
PLACES = (_TERMINAL, _INPUT, *TEMPORARY)
"""How the paths begin that `hear_open` wants to hear of."""


class _Seen:
    """What was heard before and is needed to understand what comes."""

    def __init__(self) -> None:
        self.listens = False
        self.made: list[str] = []
        self.asked_for = ""
        self.is_asking = False
        self.input: tuple[int, int] | None = None


_SEEN = _Seen()


def kind_of_input() -> str | None:
    """Return what standard input is: `a terminal`, `a pipe`, `a file`; None where nothing can come from it."""
    try:
        mode = os.fstat(0).st_mode
        if _SEEN.input not in (None, input_of_this_process()):
            return None  # what its own program gives it, that program gives it again
        if os.isatty(0):
            return "a terminal"
    except OSError:
        return None
    if stat.S_ISREG(mode):
        return FILE
    return PIPE if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None


def input_of_this_process() -> tuple[int, int] | None:
    """Return which file standard input is, None where it is closed."""
    try:
        found = os.fstat(0)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def hear_only(given: tuple[int, int] | None) -> None:
    """Hear of standard input only where it is this one, that of the whole command; None hears of any."""
    _SEEN.input = given


def hear_event(event: str, args: tuple[object, ...]) -> None:
    """Understand one of `EVENTS`."""
    if event == "builtins.input":
        hear_input(BY_ASKING)
    elif event == "socket.getaddrinfo":
        _looked_up(args[0])
    elif event == "socket.bind":
        _SEEN.listens = _SEEN.listens or _is_internet(args[0])
    elif event == "socket.connect":
        if _is_internet(args[0]) and isinstance(args[1], tuple):
            _connected(str(args[1][0]), args[1][1], speaks_http=False)
    elif event == "http.client.connect":
        _connected(str(args[1]), args[2], speaks_http=True)
    elif len(_SEEN.made) < _MOST_KEPT:
        _SEEN.made.append(str(args[0]))


def hear_input(by: str) -> None:
    """Keep that the program reads its standard input, or asks whoever sits there."""
    kind = kind_of_input()
    if kind is not None:
        named = kind if by in (BY_READING, BY_ASKING) else f"{kind}, opened as {by}"
        hear(TERMINAL if kind == "a terminal" else STANDARD_INPUT, by if kind == "a terminal" else named)


def hear_open(path: object, *, writes: bool) -> None:
    """Keep that the program opens its input or the terminal, or writes where all programs do and not by `tempfile`."""
    if not isinstance(path, str) or path == _INPUT:
        if not writes and is_asked_by_the_program():
            hear_input(_INPUT)
    elif path == _TERMINAL and not _SEEN.is_asking and _has_terminal():
        hear(TERMINAL, _TERMINAL)
    elif writes and path.startswith(TEMPORARY) and not is_made_by_tempfile(path) and is_asked_by_the_program():
        hear_shared(path)


def is_made_by_tempfile(path: str) -> bool:
    """Return whether a temporary file lies where Python's `tempfile` puts them, or was made by it."""
    own = os.environ.get("TMPDIR")
    return bool(own and path.startswith(os.path.join(own, ""))) or path.startswith(tuple(_SEEN.made))  # noqa: PTH118


def _has_terminal() -> bool:
    _SEEN.is_asking = True
    try:
        os.close(os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    finally:
        _SEEN.is_asking = False
    return True


def _is_internet(given: object) -> bool:
    return getattr(given, "family", None) in (socket.AF_INET, socket.AF_INET6)


def _looked_up(host: object) -> None:
    """Remember the name whose address is asked for: what is connected to next is known by its address only."""
    if isinstance(host, str | bytes) and host:
        _SEEN.asked_for = host.decode("ascii", "replace") if isinstance(host, bytes) else host


def _connected(host: str, port: object, *, speaks_http: bool) -> None:
    """Keep that the program reached a host. On this machine only what speaks HTTP counts, and not its own servers."""
    is_here = _is_loopback(host)
    if is_here and (not speaks_http or _SEEN.listens):
        return
    asked = _SEEN.asked_for
    place = f"{host if is_here or _is_name(host) or not asked or _is_loopback(asked) else asked}:{port}"
    if not has_heard(NETWORK, place) and is_asked_by_the_program():
        hear(NETWORK, place)


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_asked_by_the_program() -> bool:
    """Whether the program's own code waits for this: not a thread that a library keeps, and not Lineal."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  the documented way to one's caller
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return False
        file = frame.f_code.co_filename
        if file.startswith(_LINEAL) and not file.startswith(_HOOKS):
            return False
        if is_own_code(file):
            return True
        frame = frame.f_back
    return False
