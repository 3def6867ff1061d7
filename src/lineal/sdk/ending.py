"""How a run ended: its state, the error as a bounded text without secrets, and the exit status."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from lineal.capture.secrets import redact
from lineal.model.nodes import ExecutionState

MOST_CHARACTERS = 2000
_INTERRUPTED, _SIGNALS = 130, 128


@dataclass(frozen=True, slots=True)
class Ending:
    """State, error text and the exit status a process would have had."""

    state: ExecutionState
    error: str | None
    exit_status: int


def ending_of(error: BaseException | None) -> Ending:
    """Return how a run ended that left its block with this exception, or with none."""
    if error is None:
        return Ending(ExecutionState.COMPLETE, None, 0)
    if isinstance(error, SystemExit):
        return _exited(error)
    if isinstance(error, KeyboardInterrupt):
        return Ending(ExecutionState.CANCELED, "KeyboardInterrupt", _INTERRUPTED)
    return Ending(ExecutionState.FAILED, _text(error), 1)


def _exited(error: SystemExit) -> Ending:
    if error.code is None or error.code == 0:
        return Ending(ExecutionState.COMPLETE, None, 0)
    if isinstance(error.code, int):
        return Ending(ExecutionState.FAILED, _status(error.code) + _place(error), error.code)
    return Ending(ExecutionState.FAILED, _text(error, said=str(error.code)), 1)


def _status(status: int) -> str:
    """Return an exit status in words; above 128 a shell means the signal that ended the program."""
    try:
        name = signal.Signals(status - _SIGNALS).name if status > _SIGNALS else ""
    except ValueError:
        name = ""
    return f"it ended with exit status {status}" + (f", which means {name}" if name else "")


def _text(error: BaseException, *, said: str | None = None) -> str:
    text = said or _named(error)
    place = _place(error)
    told = redact(text[: 2 * MOST_CHARACTERS])[:MOST_CHARACTERS] + place
    # An error about a file may carry its undecodable name; what is told of it must be text.
    return told.encode("utf-8", "backslashreplace").decode("utf-8")


def _named(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception as broken:  # noqa: BLE001  an exception of the user whose own text fails
        said = f"(its text failed with {type(broken).__name__})"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _place(error: BaseException) -> str:
    at = error.__traceback__
    if at is None:
        return ""
    while at.tb_next is not None:
        at = at.tb_next
    return f"\nat {at.tb_frame.f_code.co_filename}:{at.tb_lineno} in {at.tb_frame.f_code.co_name}"
