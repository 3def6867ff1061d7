"""Sessions of a database server, the same for every kind.

What has no answer waits in a queue and goes out together with the next question, so that a transaction costs a
network round trip for each question and one for its end. A connection that was lost before the transaction's first
word was heard is replaced without a sound; after that it is an error, because what was written is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from lineal.store.dialects.dialect import Cursor, Parameters
from lineal.store.dialects.rendering import asks

Statement = tuple[str, Parameters]
"""A rendered text and its values."""


class Wire(Protocol):
    """One connection of a driver, on loan from the pool."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """The driver's errors."""

    @property
    def broken(self) -> bool:
        """Whether the connection is known to be of no use any more."""

    def run(self, queued: Sequence[Statement], asked: Statement | None) -> list[Any]:
        """Run statements in order, in as few round trips as the driver can; return the rows of the last one asked."""

    def stream(self, statement: str) -> Iterator[Any]:
        """Yield the rows of a rendered statement as the server sends them, none held for long."""

    def fill(self, statement: str, rows: Sequence[Parameters]) -> bool:
        """Insert many rows at once if this driver has a fast way for this statement (as the store wrote it)."""

    def end(self) -> None:
        """Roll back what is open, whatever state it is in. A connection that cannot is broken from then on."""

    def is_lost(self, error: Exception) -> bool:
        """Return whether an error says that the connection is gone."""

    def is_silent(self, error: Exception) -> bool:
        """Return whether an error says that the server is there but does not answer. The connection is gone then."""

    def reconnect(self) -> None:
        """Take a fresh connection in place of a lost one, or raise why there is none."""

    def give_back(self, *, keep: bool) -> None:
        """Give the connection back to the pool; throw a broken one away, or one that nobody will want again."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The statements, rendered, that begin a transaction; the last of `writing` waits for the write lock."""

    reading: Sequence[str]
    writing: Sequence[str]


class ServerSession:
    """A connection taken from the pool, and the transaction on it."""

    def __init__(
        self, wire: Wire, render: Callable[[str], str], beginning: Beginning, *, pipelines: bool = False
    ) -> None:
        self.wire = wire
        self.assume = self._assume if pipelines else None
        self._open = False
        self._render = render
        self._beginning = beginning
        self._queue: list[Statement] = []
        self._marks: dict[str, int] = {}
        self._heard = False

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open that a statement could still be part of."""
        return self._open and not self.wire.broken

    def is_lost(self, error: Exception) -> bool:
        """Return whether an error says that the connection is gone."""
        return self.wire.is_lost(error)

    def reconnect(self) -> None:
        """Take a fresh connection; what was said to the lost one is forgotten."""
        self._queue, self._marks, self._open = [], {}, False
        self.wire.reconnect()

    def cursor(self) -> ServerCursor:
        """Return a cursor."""
        return ServerCursor(self)

    def begin_reading(self) -> None:
        """Begin a transaction whose statements all see one state."""
        self._begin(self._beginning.reading)

    def begin_writing(self) -> None:
        """Begin a transaction that waits for the write lock before its first question is answered."""
        self._begin(self._beginning.writing)

    def commit(self) -> None:
        """Send what waits, and make the transaction durable."""
        self._queue.append(("COMMIT", ()))
        self._run(None, repeatable=False)
        self._open = False

    def roll_back(self) -> None:
        """End the transaction, if there is one."""
        self._queue, self._marks = [], {}
        if self._open and self._heard:
            self.wire.end()
        self._open = False

    def savepoint(self, name: str) -> None:
        """Mark a point inside the transaction."""
        self._marks[name] = len(self._queue)
        self._queue.append((f"SAVEPOINT {name}", ()))

    def release(self, name: str) -> None:
        """Send what waits: an error in it belongs to the part that ends here."""
        self._queue.append((f"RELEASE SAVEPOINT {name}", ()))
        self._run(None)

    def roll_back_to(self, name: str) -> None:
        """Undo what was written since the mark."""
        if name in self._marks:
            # The server has not heard of it yet.
            del self._queue[self._marks.pop(name) :]
            return
        self._queue = [(f"ROLLBACK TO SAVEPOINT {name}", ()), (f"RELEASE SAVEPOINT {name}", ())]
        try:
            self._run(None)
        except self.wire.errors:
            # The server is gone, or has undone the whole transaction, as MySQL does after a deadlock.
            self.roll_back()

    def execute(self, statement: str, parameters: Parameters) -> list[Any]:
        """Run a statement of the store: ask it now, or let it wait."""
        rendered = (self._render(statement), parameters)
        if asks(statement):
            return self._run(rendered)
        self._queue.append(rendered)
        return []

    def executemany(self, statement: str, rows: Sequence[Parameters]) -> None:
        """Run a statement without an answer for each of these."""
        if len(rows) >= MANY:
            self._run(None)
            if self.wire.fill(statement, rows):
                return
        rendered = self._render(statement)
        self._queue.extend((rendered, row) for row in rows)

    def stream(self, statement: str) -> Iterator[Any]:
        """Yield the rows of a question without values as the server sends them."""
        if self._queue:
            self._run(None)
        return self.wire.stream(self._render(statement))

    def _assume(self, statement: str, parameters: Parameters) -> None:
        self._queue.append((self._render(statement), parameters))

    def _begin(self, statements: Sequence[str]) -> None:
        self._queue = [(statement, ()) for statement in statements]
        self._marks = {}
        self._heard = False
        self._open = True

    def _run(self, asked: Statement | None, *, repeatable: bool = True) -> list[Any]:
        queued, self._queue, self._marks = self._queue, [], {}
        first, self._heard = not self._heard, True
        try:
            return self.wire.run(queued, asked)
        except self.wire.errors as error:
            # A server that does not answer would be waited for once more.
            if not (first and repeatable and self.wire.is_lost(error)) or self.wire.is_silent(error):
                raise
        self.wire.reconnect()
        return self.wire.run(queued, asked)


MANY = 50
"""From this many rows on a fast way to insert them is worth a round trip of its own."""


def stream(cursor: Cursor, statement: str) -> Iterator[Any]:
    """Yield the rows of a statement as the server sends them; the cursor is a server's."""
    session = cursor.connection
    assert isinstance(session, ServerSession)
    return session.stream(statement)


class ServerCursor:
    """A cursor in the shape of the embedded driver's; rows are fetched whole."""

    def __init__(self, session: ServerSession) -> None:
        self.connection = session
        self._rows: Iterator[Any] = iter(())

    def execute(self, statement: str, parameters: Parameters = (), /) -> Self:
        """Run one statement."""
        self._rows = iter(self.connection.execute(statement, parameters))
        return self

    def executemany(self, statement: str, parameters: Iterable[Parameters], /) -> Self:
        """Run one statement for each of these."""
        self.connection.executemany(statement, list(parameters))
        return self

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows that are left."""
        return self._rows
