"""The seam between the store and a database: what every dialect offers, and nothing a single one needs.

The store speaks SQLite's wording (`?`, `json_each(?) AS x`); a dialect says the same in its own. Only the modules in
this package know a driver: its errors are translated here and go no further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, Self

from lineal.errors import LinealError

Parameters = Sequence[Any]
Lookup = tuple[str, Parameters]
Assume = Callable[[str, Parameters], None]
"""Lets a statement wait for the commit that fails unless something is as assumed: it divides by zero, say."""


class CursorSource(Protocol):
    """What gives cursors: a connection."""

    def cursor(self) -> Cursor:
        """Return another cursor in the same transaction."""


class Cursor(Protocol):
    """Runs statements; on SQLite the driver's own."""

    @property
    def connection(self) -> CursorSource:
        """Where it comes from."""

    def execute(self, statement: str, parameters: Parameters = ..., /) -> Self:
        """Run one statement."""

    def executemany(self, statement: str, parameters: Iterable[Parameters], /) -> Self:
        """Run one statement for each of these; it gives no rows."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows that are left."""


class Session(Protocol):
    """One connection and the transaction on it; one thread speaks to it at a time."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open that a statement could still be part of."""

    def cursor(self) -> Cursor:
        """Return a cursor."""

    def begin_reading(self) -> None:
        """Begin a transaction whose statements all see one state."""

    def begin_writing(self) -> None:
        """Begin a transaction that writes, and wait until no other one does: then it sees all that is committed."""

    def commit(self) -> None:
        """Make the transaction durable; when this returns, nothing of it can be lost."""

    def roll_back(self) -> None:
        """End the transaction, if there is one, as if it had not been. Raises nothing."""

    def savepoint(self, name: str) -> None:
        """Mark a point inside the transaction."""

    def release(self, name: str) -> None:
        """Forget the mark; what was written since counts as written, or this raises why not."""

    def roll_back_to(self, name: str) -> None:
        """Undo what was written since the mark, and forget the mark."""

    @property
    def assume(self) -> Assume | None:
        """What adds an assumption to the transaction, None where a guess saves nothing."""

    def is_lost(self, error: Exception) -> bool:
        """Return whether a driver's error says that the connection is gone, and the transaction with it."""

    def reconnect(self) -> None:
        """Take a fresh connection in place of a lost one, or raise the driver's error."""


class Sessions(Protocol):
    """Where sessions come from."""

    def take(self) -> Session:
        """Return a session for the calling thread, or raise why there is none."""

    def give(self, session: Session) -> None:
        """Take a session back; it has no transaction any more."""

    def forget_parent(self) -> None:
        """Leave all sessions to the process this one was forked from, without closing them."""

    def close(self) -> None:
        """Close every session."""


class Dialect(Protocol):
    """One kind of database, and the one this store lives in."""

    @property
    def name(self) -> str:
        """`sqlite`, `postgresql` or `mysql`."""

    @property
    def where(self) -> str:
        """Which database it is, without any password."""

    @property
    def pipelines(self) -> bool:
        """Whether many statements can go out together, so that guessing an answer saves a network round trip."""

    @property
    def infinity(self) -> float:
        """What stands for infinity in the columns of doubles; the largest double where they cannot hold it."""

    @property
    def block_bits(self) -> int:
        """How many low bits of their ids may tell nodes of one block of the property index apart."""

    @property
    def timeout(self) -> float:
        """Seconds a writer waits for another one."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """The driver's errors; `translate` knows what they mean."""

    def sessions(self) -> Sessions:
        """Return a new source of sessions."""

    def facts(self, cursor: Cursor) -> dict[str, str]:
        """Return what the database says about itself: `backend`, `schema`, `missing guards`, and how durable it is."""

    def stream(self, cursor: Cursor, statement: str) -> Iterator[Any]:
        """Yield the rows of a statement without holding all of them; nothing else may be asked before the last one."""

    def any_text(self, cursor: Cursor, error: Exception) -> AbstractContextManager[Cursor] | None:
        """Return a cursor that reads what is no text too, if `error` says that this is what went wrong."""

    def translate(self, error: Exception) -> LinealError:
        """Return the Lineal error that says what this driver error means."""

    def close(self) -> None:
        """Give back what the dialect itself holds, after its sessions were closed."""
