"""What MySQL's and MariaDB's errors mean, in Lineal's words."""

from __future__ import annotations

from collections.abc import Callable

from lineal.errors import (
    AlreadyExists,
    DataLoss,
    FailedPrecondition,
    InvalidArgument,
    LinealError,
    NotFound,
    PermissionDenied,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    Unauthenticated,
    WriteConflict,
)
from lineal.store.dialects.mysql_wire import LOST, is_silent, number_of
from lineal.store.dialects.patience import silent, slow

UNKNOWN_DATABASE = 1049

_Maker = Callable[[str, str], LinealError]


def _full(where: str, said: str) -> LinealError:
    return StoreFull(
        f"{where}: the server's disk is full; nothing of this write was kept ({said})", hint="free some space there"
    )


def _read_only(where: str, said: str) -> LinealError:
    return StoreReadOnly(f"{where}: the server takes no writes ({said})", hint="name the primary server, not a replica")


def _denied(where: str, said: str) -> LinealError:
    return PermissionDenied(
        f"{where}: the database's user may not do this ({said})", hint="grant it, see docs/databases"
    )


def _no_triggers(where: str, said: str) -> LinealError:
    return FailedPrecondition(
        f"{where}: the server writes a binary log and lets only administrators make triggers ({said})",
        hint="SET GLOBAL log_bin_trust_function_creators = 1, or let an administrator create the store",
    )


def _conflict(where: str, said: str) -> LinealError:
    return WriteConflict(f"{where}: another session was in the way ({said}); nothing was written", hint="try again")


def _too_large(where: str, said: str) -> LinealError:
    return InvalidArgument(
        f"{where}: a value is larger than the server takes ({said})", hint="raise max_allowed_packet on the server"
    )


def _value(where: str, said: str) -> LinealError:
    return InvalidArgument(f"{where}: a value fits into no column ({said})")


def _too_long(where: str, said: str) -> LinealError:
    return InvalidArgument(
        f"{where}: a text is longer than its column takes ({said})",
        hint="names, external ids and fingerprints have 512 characters at most, versions and names of properties 255",
    )


def _too_much(where: str, said: str) -> LinealError:
    return InvalidArgument(
        f"{where}: the server cannot answer this question ({said})", hint="ask for something simpler"
    )


def _taken(where: str, said: str) -> LinealError:
    return AlreadyExists(f"{where}: the database refused the row: {said}")


def _login(where: str, said: str) -> LinealError:
    return Unauthenticated(f"{where}: the server refuses the login ({said})", hint="check user and password in the URL")


def _no_database(where: str, said: str) -> LinealError:
    return NotFound(f"{where}: there is no such database ({said})", hint="create it, or let Lineal's user create it")


def _busy(where: str, said: str) -> LinealError:
    return StoreUnavailable(
        f"{where}: the server takes no more connections ({said})", hint="raise max_connections, or use fewer clients"
    )


def _damaged(where: str, said: str) -> LinealError:
    return DataLoss(f"{where}: the server finds its files damaged ({said})", hint="restore a backup")


_MEANINGS: dict[int, _Maker] = {
    1020: _conflict,
    1021: _full,
    1022: _taken,
    1026: _full,
    1034: _damaged,
    1035: _damaged,
    1040: _busy,
    1044: _denied,
    1045: _login,
    UNKNOWN_DATABASE: _no_database,
    1062: _taken,
    1114: _full,
    1142: _denied,
    1143: _denied,
    1153: _too_large,
    1180: _conflict,
    1194: _damaged,
    1203: _busy,
    1213: _conflict,
    1226: _busy,
    1227: _denied,
    1264: _value,
    1290: _read_only,
    1317: slow,
    1366: _value,
    1370: _denied,
    1406: _too_long,
    1412: _conflict,
    1419: _no_triggers,
    1436: _too_much,
    1614: _conflict,
    1644: _taken,
    1690: _too_much,
    1698: _login,
    1712: _damaged,
    1792: _read_only,
    1836: _read_only,
    1969: slow,
    3024: slow,
    3170: _too_much,
}
"""By number; the two servers agree on these."""


def meaning(error: Exception, where: str) -> LinealError:
    """Return the Lineal error of a driver's error; `where` names the database without its password."""
    number = number_of(error)
    said = ": ".join(str(part) for part in error.args) or type(error).__name__
    if is_silent(error):
        return silent(where, said)
    known = _MEANINGS.get(number)
    if known is not None:
        return known(where, said)
    if "No space left" in said:
        return _full(where, said)
    if number in LOST:
        return StoreUnavailable(f"{where}: the server cannot be reached ({said})", hint="is it running? try again")
    return StoreUnavailable(f"{where}: the server says: {said}")
