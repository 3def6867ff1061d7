"""Failures: the store's errors as ML Metadata's. The code stays; what to do next stands behind the message."""

from __future__ import annotations

from lineal.compat.mlmd.errors import StatusError, make_exception
from lineal.errors import LinealError


def status_of(error: LinealError) -> StatusError:
    """Return the error a client sees: one sentence and a hint, no trace, no dump of its message."""
    text = error.message if error.hint is None else f"{error.message}; {error.hint}"
    return make_exception(text, error.code.value)
