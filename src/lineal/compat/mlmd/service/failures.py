"""Failures: the store's errors as ML Metadata's. The code stays; what to do next stands behind the message."""

from __future__ import annotations

from lineal.compat.mlmd.errors import StatusError, make_exception
from lineal.errors import LinealError

_OURS = {
    "--url or LINEAL_URL": "the ConnectionConfig",
    "--url": "the ConnectionConfig",
    "the URL": "the ConnectionConfig",
}
"""What names the store at our own command line, and what does so in an ML Metadata program."""


def status_of(error: LinealError) -> StatusError:
    """Return the error a client sees: one sentence and a hint, no trace, no dump of its message."""
    hint = hint_of(error)
    text = error.message if hint is None else f"{error.message}; {hint}"
    return make_exception(text, error.code.value)


def hint_of(error: LinealError) -> str | None:
    """Return what to do next, in the words of a program that has a configuration and no command line."""
    hint = error.hint
    for ours, theirs in _OURS.items():
        hint = hint and hint.replace(ours, theirs)
    return hint
