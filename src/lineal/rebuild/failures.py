"""Failures: what a program that ended badly said, and what was missing if that explains it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable

from lineal.rebuild.verdict import Difference, Missing

_SIGNALS = 128
_NOT_EXECUTABLE, _NOT_FOUND = 126, 127


def missing_behind(status: int, said: str, *, network: str) -> Missing | None:
    """Return what a program lacked that ended with this status, or None where it failed by itself."""
    if status == 0:
        return None
    if status in (_SIGNALS + signal.SIGKILL, -signal.SIGKILL):
        return Missing(
            kind="memory",
            what="SIGKILL",
            sentence="the system killed it: most likely it asked for more memory than there is",
        )
    if status in (_SIGNALS + signal.SIGXFSZ, -signal.SIGXFSZ):
        return _limit(None)
    if status in (_NOT_FOUND, _NOT_EXECUTABLE):
        last = _last_line(said).removeprefix("error: ")
        return Missing(kind="command", what="argv", sentence=f"the command cannot be started: {last}")
    for pattern, make in _PATTERNS:
        found = list(re.finditer(pattern, said, re.MULTILINE))
        if found and not (make is _network and network == "on"):
            return make(found[-1])
    return None


def exit_difference(status: int, said: str, early: str = "") -> Difference:
    """Return how a program ended now, and had not ended then; `early` is how it was ended from outside then."""
    name = _signal_name(status)
    now = "and ran to its end now" if status == 0 else f"it ended with {name or f'exit status {status}'}"
    if early:
        told = f"{early}, {now}" if status == 0 else f"{now}: {_last_line(said)}; then {early}"
        return Difference(kind="exit status", what="process", recorded=early, rebuilt=status, sentence=told)
    sentence = f"{now}, and had ended well: {_last_line(said)}"
    return Difference(kind="exit status", what="process", recorded=0, rebuilt=status, sentence=sentence)


def _last_line(said: str) -> str:
    return next((line.strip()[:300] for line in reversed(said.splitlines()) if line.strip()), "it said nothing")


def _signal_name(status: int) -> str | None:
    number = -status if status < 0 else status - _SIGNALS
    try:
        return signal.Signals(number).name
    except ValueError:
        return None


def _terminal(_found: re.Match[str]) -> Missing:
    return Missing(
        kind="terminal",
        what="stdin",
        sentence="it asks a person at a terminal, and a rebuild has none: its stdin is closed",
        advice="let the script take its answers as arguments",
    )


def _package(found: re.Match[str]) -> Missing:
    name = found["name"]
    return Missing(
        kind="package", what=name, sentence=f"the module {name} is not installed", advice="rebuild with --env locked"
    )


def _file(found: re.Match[str]) -> Missing:
    path = found["path"]
    return Missing(
        kind="input",
        what=path,
        sentence=f"it opens {path}, which the record does not name as an input and is not there",
        advice="name it with run.use(...), or record with `lineal run --`, which sees files",
    )


def _refused(found: re.Match[str]) -> Missing:
    path = found["path"]
    return Missing(
        kind="output",
        what=path,
        sentence=f"it writes {path}, which lies outside the rebuild directory: that is refused",
        advice="let the script write below its own directory",
    )


def _network(found: re.Match[str]) -> Missing:
    return Missing(
        kind="network",
        what="network",
        sentence=f"it reaches for the network, which is off: {found[0].strip()[:200]}",
        advice="keep what it fetches as an input, or rebuild with --network",
    )


def _memory(_found: re.Match[str]) -> Missing:
    return Missing(kind="memory", what="MemoryError", sentence="it asked for more memory than there is")


def _disk(_found: re.Match[str]) -> Missing:
    return Missing(kind="disk", what="disk", sentence="the disk is full", advice="free some space, or set TMPDIR")


def _limit(_found: re.Match[str] | None) -> Missing:
    return Missing(kind="disk", what="output", sentence="it wrote a file larger than a rebuild may write")


_PATTERNS: tuple[tuple[str, Callable[[re.Match[str]], Missing]], ...] = (
    (
        r"^EOFError: EOF when reading a line|Inappropriate ioctl for device|No such device or address: '/dev/tty'",
        _terminal,
    ),
    (r"(?:^|\()(?:ModuleNotFoundError|ImportError): No module named '(?P<name>[^']+)'", _package),
    (r"^(?:\w+\.)*(?:OSError|IOError): \[Errno 28\]|No space left on device", _disk),
    (r"\[Errno 27\] File too large", _limit),
    (r"^(?:numpy\S*)?MemoryError|Cannot allocate memory", _memory),
    (
        (
            r"^.*(?:service not known|failure in name resolution|Network is unreachable|"
            r"establish a new connection|Connection refused).*$"
        ),
        _network,
    ),
    (r"^(?:PermissionError|OSError): \[Errno (?:13|1|30)\][^:]*: '(?P<path>[^']+)'", _refused),
    (r"^FileNotFoundError: \[Errno 2\][^:]*: '(?P<path>[^']+)'", _file),
)
"""Lines that say what was missing, the surest first."""
