"""Where a MySQL or MariaDB server is, what the URL says about it, and a plain connection to it."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from lineal.errors import FailedPrecondition, MissingExtra
from lineal.store.dialects.patience import CONNECT_SECONDS

try:
    import pymysql
    from pymysql.connections import Connection
    from pymysql.constants import CLIENT, FIELD_TYPE
    from pymysql.converters import decoders
except ImportError as error:
    raise MissingExtra("A store on MySQL or MariaDB", extra="mysql") from error

__all__ = ["Address", "Connection", "pymysql"]

PORT = 3306

OLDEST = {"MariaDB": (10, 6), "MySQL": (8, 0, 17)}
"""JSON_TABLE and a binary collation without padding are there from here on."""

_TLS = ("ssl_ca", "ssl_cert", "ssl_key")
"""Options of the URL that are the driver's too."""

_YES = frozenset({"1", "true", "yes", "on"})


def _whole(text: str) -> int | float:
    return float(text) if "." in text else int(text)


_CONVERSIONS: dict[Any, Any] = decoders | {
    # Quotients, sums and FLOOR come as decimals; what the store asks for are whole numbers.
    FIELD_TYPE.NEWDECIMAL: _whole,
    FIELD_TYPE.DECIMAL: _whole,
}


class Address:
    """One database of one server, and who asks for it."""

    def __init__(self, url: str, where: str, options: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self.where = where
        self.database = unquote(parts.path.strip("/"))
        self._socket = options.get("socket", "")
        self._settings: dict[str, Any] = {
            "host": parts.hostname or "127.0.0.1",
            "port": parts.port or PORT,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            **{name: options[name] for name in _TLS if options.get(name)},
        }
        if options.get("ssl_verify", "").lower() in _YES:
            self._settings |= {"ssl_verify_cert": True, "ssl_verify_identity": True}

    def open(self, *, server: bool = False) -> Connection[Any]:
        """Return a plain connection to the database, or to the `server` alone. Raises the driver's errors."""
        connection: Connection[Any] = pymysql.Connection(
            **self._settings,
            database=None if server else self.database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=CONNECT_SECONDS,
            write_timeout=CONNECT_SECONDS,
            conv=_CONVERSIONS,
            client_flag=CLIENT.MULTI_STATEMENTS,
            defer_connect=True,
        )
        connection.connect(self._local())
        return connection

    @staticmethod
    def listen(connection: Connection[Any], seconds: float | None) -> None:
        """Let the server be silent for so long from now on, None is for ever."""
        # The driver takes one limit when it is made, for the greeting and for all answers after it.
        connection._read_timeout = connection._write_timeout = seconds  # type: ignore[attr-defined]  # noqa: SLF001

    def _local(self) -> socket.socket | None:
        """Return a connected local socket, if the URL names one; the driver forgets to close one it cannot connect."""
        if not self._socket:
            return None
        connected = socket.socket(socket.AF_UNIX)
        try:
            connected.settimeout(CONNECT_SECONDS)
            connected.connect(self._socket)
        except OSError as error:
            connected.close()
            raise pymysql.OperationalError(2002, f"cannot connect to {self._socket!r} ({error})") from error
        return connected

    def kind(self, connection: Connection[Any]) -> str:
        """Return MySQL or MariaDB, if the server is new enough."""
        said = str(connection.get_server_info())  # type: ignore[no-untyped-call]
        kind = "MariaDB" if "MariaDB" in said else "MySQL"
        # Some MariaDB servers put 5.5.5 in front of their own number.
        numbers = re.findall(r"(\d+)\.(\d+)\.(\d+)", said)
        version = tuple(int(part) for part in numbers[-1]) if numbers else (0,)
        if version < OLDEST[kind]:
            oldest = ".".join(str(part) for part in OLDEST[kind])
            raise FailedPrecondition(f"{self.where} is {said}; Lineal needs {kind} {oldest} or newer")
        return kind
