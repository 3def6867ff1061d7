"""PostgreSQL's errors in Lineal's words, by their SQLSTATE."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg

from lineal.errors import (
    AlreadyExists,
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    LinealError,
    NotALinealStore,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    Unauthenticated,
    WriteConflict,
)
from lineal.store.dialects.patience import silent, slow
from lineal.store.dialects.postgresql_wire import is_silent

AWAY = frozenset({"57P01", "57P02", "57P03", "57P05", "53300", "08000", "08001", "08003", "08004", "08006"})
"""Ended by an administrator or a crash, starting up, no place left, any failure of the connection."""

LOCK_NOT_AVAILABLE = "55P03"
"""A lock was waited for in vain."""

_NO_DATABASE = re.compile(r"database \".*\" does not exist")

_Made = Callable[[str, str], LinealError]


def _conflict(where: str, text: str) -> LinealError:
    return WriteConflict(f"{where}: another writer was faster ({text})", hint="nothing was kept; try again")


def _full(where: str, text: str) -> LinealError:
    return StoreFull(f"{where}: the server's disk is full; nothing of this write was kept ({text})", hint="free space")


def _read_only(where: str, text: str) -> LinealError:
    return StoreReadOnly(f"{where}: the store cannot be written ({text})", hint="check the role's grants")


def _unavailable(where: str, text: str) -> LinealError:
    return StoreUnavailable(f"{where}: the server cannot be reached ({text})", hint="is it running? check --url")


def _taken(where: str, text: str) -> LinealError:
    return AlreadyExists(f"{where}: the database refused the row: {text}")


def _refused(where: str, text: str) -> LinealError:
    return FailedPrecondition(f"{where}: the database refused the change: {text}")


def _too_large(where: str, text: str) -> LinealError:
    return InvalidArgument(f"{where}: a value is larger than PostgreSQL takes: {text}")


def _damaged(where: str, text: str) -> LinealError:
    return DataLoss(f"{where}: the database is damaged ({text})", hint="restore a backup")


def _foreign(where: str, text: str) -> LinealError:
    return NotALinealStore(f"{where}: this is not (or no longer) a Lineal store: {text}", hint="check --url")


_BY_STATE: dict[str, _Made] = {
    "40001": _conflict,
    "40P01": _conflict,
    "53100": _full,
    "53300": _unavailable,
    "25006": _read_only,
    "42501": _read_only,
    "57014": slow,
    "25P02": _conflict,
    "23505": _taken,
    "P0001": _refused,
    "54000": _too_large,
    "22003": lambda where, text: InvalidArgument(f"{where}: a number lies outside the 64-bit integers ({text})"),
    "42P01": _foreign,
    "42703": _foreign,
    "XX001": _damaged,
    "XX002": _damaged,
    "28P01": lambda where, text: Unauthenticated(f"{where}: {text}", hint="check user and password in the URL"),
    "28000": lambda where, text: Unauthenticated(f"{where}: {text}", hint="check user and password in the URL"),
    "3D000": lambda where, text: StoreUnavailable(f"{where}: {text}", hint="create the database first"),
}


def translate(where: str, error: Exception) -> LinealError:
    """Return the Lineal error that says what this driver error means."""
    text = first_line(error)
    if is_silent(error):
        return silent(where, text)
    state = getattr(error, "sqlstate", None) or ""
    if state in _BY_STATE:
        return _BY_STATE[state](where, text)
    if state in AWAY or (not state and isinstance(error, psycopg.OperationalError)):
        return _from_connecting(where, text)
    if "cannot contain NUL" in text:
        return InvalidArgument(f"{where}: PostgreSQL holds no text with the character NUL", hint="leave it out")
    if isinstance(error, psycopg.DataError):
        return InvalidArgument(f"{where}: PostgreSQL cannot hold this value: {text}")
    return StoreUnavailable(f"{where}: PostgreSQL says: {text}" + (f" ({state})" if state else ""))


def _from_connecting(where: str, text: str) -> LinealError:
    # Before a session exists libpq gives no SQLSTATE, only the server's words.
    if "authentication failed" in text or "no password supplied" in text:
        return Unauthenticated(f"{where}: {text}", hint="check user and password in the URL")
    if "does not exist" in text:
        return StoreUnavailable(f"{where}: {text}", hint="create the database or the role first")
    return _unavailable(where, text)


def is_without_database(error: Exception) -> bool:
    """Return whether a connection failed because the database is missing, which libpq tells in words only."""
    return getattr(error, "sqlstate", None) == "3D000" or _NO_DATABASE.search(str(error)) is not None


def first_line(error: Exception) -> str:
    """Return what an error says, without the details below it."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
