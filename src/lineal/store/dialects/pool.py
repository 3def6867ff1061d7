"""The pool of a server's connections: SQLAlchemy's queue, over the driver. A session takes one for a transaction."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Protocol

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from lineal.errors import StoreTimeout
from lineal.store.dialects.dialect import Session
from lineal.store.dialects.server import ServerSession

RECONNECT_SECONDS = 20.0
"""How long a server that was there before may be away, for a restart, before callers are told."""


class Connecting(Protocol):
    """What the pool needs of a dialect."""

    @property
    def where(self) -> str:
        """Which server, without any password."""

    @property
    def timeout(self) -> float:
        """Seconds to wait for a free connection."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """The driver's errors."""

    def connect(self) -> Any:
        """Return a new connection of the driver."""

    def is_away(self, error: Exception) -> bool:
        """Return whether an error of `connect` may pass by itself: the server restarts, or has no place left."""


class Lease:
    """One connection out of the pool, and another one where it turns out to be lost."""

    def __init__(self, pool: QueuePool, dialect: Connecting, *, patient: bool) -> None:
        self._pool = pool
        self._dialect = dialect
        self._taken = self._take(patient=patient)

    @property
    def connection(self) -> Any:
        """The driver's connection."""
        return self._taken.dbapi_connection

    def renew(self) -> None:
        """Throw a lost connection away and wait for a fresh one, as long as a restart may take."""
        self.end(broken=True)
        self._taken = self._take(patient=True)

    def end(self, *, broken: bool) -> None:
        """Give the connection back, or throw it away."""
        # Once thrown away it is not valid any more: no other came in its place.
        if broken and self._taken.is_valid:
            self._taken.invalidate()
        self._taken.close()

    def _take(self, *, patient: bool) -> PoolProxiedConnection:
        deadline = time.monotonic() + RECONNECT_SECONDS
        while True:
            try:
                return self._pool.connect()
            except PoolTimeout as error:
                raise StoreTimeout(
                    f"{self._dialect.where}: no connection became free within {self._dialect.timeout:g} s",
                    hint="use fewer threads, or more connections with ?pool=NUMBER in the URL",
                ) from error
            except self._dialect.errors as error:
                if not (patient and self._dialect.is_away(error)) or time.monotonic() > deadline:
                    raise
            # Not all at once: many clients lost their server at the same moment.
            time.sleep(random.uniform(0.05, 0.25))  # noqa: S311  no secret


class PooledSessions:
    """Sessions over pooled connections."""

    def __init__(self, dialect: Connecting, session_of: Callable[[Lease], ServerSession], size: int) -> None:
        self._dialect = dialect
        self._session_of = session_of
        self._of_parent: list[QueuePool] = []
        self._served = False
        self._closed = False
        # Our transactions end by themselves; the pool's own rollback would be one more round trip.
        self._pool = QueuePool(
            dialect.connect,
            pool_size=size,
            max_overflow=0,
            timeout=dialect.timeout,
            reset_on_return=None,
            use_lifo=True,
        )

    def take(self) -> ServerSession:
        """Return a session over a free connection."""
        session = self._session_of(Lease(self._pool, self._dialect, patient=self._served))
        self._served = True
        return session

    def give(self, session: Session) -> None:
        """Give the session's connection back to the pool."""
        assert isinstance(session, ServerSession)
        session.wire.give_back(keep=not self._closed)

    def forget_parent(self) -> None:
        """Begin a pool of our own; the parent goes on with its connections, which must not be closed here."""
        self._of_parent.append(self._pool)
        self._pool = self._pool.recreate()

    def close(self) -> None:
        """Close the connections that are not in use, and each of the others when it is given back."""
        self._closed = True
        self._pool.dispose()
