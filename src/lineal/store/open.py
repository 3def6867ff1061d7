"""Opening a store: the one file that knows which implementation a location needs, and imports only that."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from lineal.errors import InvalidArgument, NotFound, SchemaVersionMismatch
from lineal.store.clock import Clock, SystemClock
from lineal.store.dialects.dialect import Dialect
from lineal.store.location import Location
from lineal.store.migrations.head import HEAD, KNOWN
from lineal.store.migrations.server import Database, Server
from lineal.store.protocol import Store

_SYNCHRONOUS = ("FULL", "NORMAL")

LONGEST_WAIT = 3600
MOST_CONNECTIONS = 1000

_OURS = ("home", "pool", "snapshot", "timeout")
"""Options of a server's URL that are not the driver's."""

LONGEST_MEMORY = 9
"""Digits of a number of MiB."""


class _Life(Protocol):
    """How a database becomes a store, and an older store a newer one."""

    @property
    def dialect(self) -> Dialect:
        """What speaks to it."""

    @property
    def database(self) -> Path | Database:
        """What the migrations run on."""

    @property
    def where(self) -> str:
        """Which database it is, without any password."""

    def version(self) -> str | None:
        """Return its schema's version, None where there is no store yet. Raises NotALinealStore."""

    def need_database(self) -> None:
        """Raise NotFound where a server does not have the database."""

    def create(self) -> bool:
        """Make the store unless another process was faster, or return False: then the migrations make it."""


def open_store(
    location: Location, *, clock: Clock | None = None, create: bool = True, create_database: bool = True
) -> Store:
    """Return the store of a location; it is created or upgraded where that is needed.

    On a server the database is created too, unless `create_database` is false.
    Raises NotFound (nothing there and not `create`, or no database), NotALinealStore, SchemaVersionMismatch (newer than
    this Lineal), StoreReadOnly, StoreUnavailable, MissingExtra.
    """
    # Deferred: `import lineal` loads no database code, and a process only that of the store it opens.
    from lineal.store.sql import SqlStore

    life = _life(location)
    version = life.version()
    if version is None and not create:
        raise _nothing_at(life)
    if version is None:
        if not create_database:
            life.need_database()
        if not life.create():
            _migrate(life)
    elif version != HEAD:
        _upgrade(life, version)
    return SqlStore(life.dialect, clock or SystemClock(), **_snapshot(_options(location.url)))


def schema_version(location: Location) -> str | None:
    """Return the schema version of a store without opening it, or None where there is none yet."""
    return _life(location).version()


def upgrade_store(location: Location) -> tuple[str, str]:
    """Bring a store to this Lineal's schema; return the version before and after."""
    life = _life(location)
    version = life.version()
    if version is None:
        raise _nothing_at(life)
    if version != HEAD:
        _upgrade(life, version)
    return version, HEAD


def _life(location: Location) -> _Life:
    if location.database is None:
        return _life_on_server(location)
    from lineal.store.migrations import embedded

    options = _options(location.url)
    return embedded.Embedded(
        location.database,
        # What goes with the process need not survive a power cut.
        synchronous="OFF" if location.temporary else _synchronous(options),
        timeout=_timeout(options),
        temporary=location.temporary,
    )


def _life_on_server(location: Location) -> _Life:
    if not urlsplit(location.url).scheme.startswith("postgresql"):
        return _life_on_mysql(location)
    from lineal.store.dialects.postgresql import PostgresqlDialect

    options = _options(location.url)
    dialect = PostgresqlDialect(
        _without_ours(location.url), _place(location), timeout=_timeout(options), pool=_pool(options)
    )
    return Server(dialect, dialect)


def _life_on_mysql(location: Location) -> _Life:
    from lineal.store.migrations import mysql_life

    options = _options(location.url)
    return mysql_life.MysqlLife(
        location.url,
        _place(location),
        options,
        synchronous=_synchronous(options),
        timeout=_timeout(options),
        pool=_pool(options),
    )


def _place(location: Location) -> str:
    """Return which database a server's URL names, without options and secrets."""
    return location.shown.partition("?")[0]


def _without_ours(url: str) -> str:
    """Return the URL as the driver takes it: the options that are ours taken out."""
    parts = urlsplit(url)
    options = [(name, value) for name, value in parse_qsl(parts.query) if name not in _OURS]
    return urlunsplit(parts._replace(query=urlencode(options)))


def _pool(options: dict[str, str]) -> int:
    asked = options.get("pool", "8")
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked) <= MOST_CONNECTIONS:
        raise InvalidArgument(f"pool={asked} is no number of connections from 1 to {MOST_CONNECTIONS}")
    return int(asked)


def _upgrade(life: _Life, version: str) -> None:
    if version not in KNOWN:
        raise SchemaVersionMismatch(
            f"{life.where} has schema {version}, this Lineal speaks {HEAD}: it was written by a newer Lineal",
            found=version,
            wanted=HEAD,
            hint="upgrade Lineal (pip install -U lineal); nothing was changed",
        )
    _migrate(life)


def _migrate(life: _Life) -> None:
    # Deferred: Alembic takes longer to import than most commands take to run.
    from lineal.store.migrations.upgrade import upgrade

    upgrade(life.database)


def _nothing_at(life: _Life) -> NotFound:
    return NotFound(f"there is no Lineal store at {life.where}", hint="check --url or LINEAL_URL")


def _options(url: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


def _timeout(options: dict[str, str]) -> float | None:
    asked = options.get("timeout", "")
    if not asked:
        return None
    try:
        seconds = float(asked)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT:
        raise InvalidArgument(f"timeout={asked} is no number of seconds from 0 to {LONGEST_WAIT}")
    return seconds


def _snapshot(options: dict[str, str]) -> dict[str, int]:
    asked = options.get("snapshot", "")
    if not asked:
        return {}
    if not asked.isdecimal() or len(asked) > LONGEST_MEMORY:
        raise InvalidArgument(f"snapshot={asked} is no number of MiB", hint="0 switches the snapshot for closures off")
    return {"snapshot_memory": int(asked)}


def _synchronous(options: dict[str, str]) -> str:
    asked = options.get("synchronous", "FULL").upper()
    if asked not in _SYNCHRONOUS:
        raise InvalidArgument(f"synchronous={asked} is not offered; use one of {', '.join(_SYNCHRONOUS)}")
    return asked
