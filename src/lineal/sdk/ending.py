"""How a run ended: its state, the error as a bounded text without secrets, and the exit status."""

from __future__ import annotations

from dataclasses import dataclass

from lineal.capture.secrets import redact
from lineal.model.nodes import ExecutionState

MOST_CHARACTERS = 2000
_INTERRUPTED = 130


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
    status = error.code if isinstance(error.code, int) else 1
    return Ending(ExecutionState.FAILED, _text(error), status)


def _text(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception as broken:  # noqa: BLE001  an exception of the user whose own text fails
        said = f"(its text failed with {type(broken).__name__})"
    place = _place(error)
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    told = redact(text[: 2 * MOST_CHARACTERS])[:MOST_CHARACTERS] + place
    # An error about a file may carry its undecodable name; what is told of it must be text.
    return told.encode("utf-8", "backslashreplace").decode("utf-8")


def _place(error: BaseException) -> str:
    at = error.__traceback__
    if at is None:
        return ""
    while at.tb_next is not None:
        at = at.tb_next
    return f"\nat {at.tb_frame.f_code.co_filename}:{at.tb_lineno} in {at.tb_frame.f_code.co_name}"
