"""Discretion: what a caller elsewhere is told of an error. Where the store lies, and whose it is, only the log says.

Used by everything that answers a call. A driver's own words name host, user and database, so none of them leave.
"""

from __future__ import annotations

import logging
import re

from lineal.compat.mlmd.errors import StatusError
from lineal.errors import (
    DataLoss,
    LinealError,
    NotALinealStore,
    StoreFull,
    StoreReadOnly,
    StoreTimeout,
    StoreUnavailable,
    Unauthenticated,
)

_SENTENCES: dict[type, str] = {
    StoreUnavailable: "the server's database cannot be reached now, try again",
    StoreTimeout: "the server's database took too long, or another writer held it; try again",
    StoreFull: "the disk of the server's database is full; nothing of this write was kept",
    StoreReadOnly: "the server's database cannot be written",
    Unauthenticated: "the server's database refuses the server's login",
    NotALinealStore: "the server's database is not (or no longer) a Lineal store",
    DataLoss: "the server's database is damaged",
}
_PLACE = re.compile(r"\b(?:postgresql|mysql|sqlite)://\S*?(?=: |\s|$)(?:: )?")

_log = logging.getLogger("lineal.server")


def told(what: str, error: StatusError | LinealError) -> str:
    """Return the text for a caller; what is kept from it is logged, with `what` was asked."""
    cause = error.__cause__ if isinstance(error, StatusError) else error
    sentence = _SENTENCES.get(type(cause))
    text = _PLACE.sub("", error.message) if sentence is None else sentence
    if text != error.message:
        _log.warning("%s: %s", what, error.message)
    return text
