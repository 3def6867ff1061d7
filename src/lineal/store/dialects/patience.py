"""How long a store waits: for other writers, for a server to take a connection, and for its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from lineal.errors import StoreTimeout

BUSY_SECONDS = 30.0
"""How long a writer waits for another one, unless the URL says otherwise with `?timeout=`."""

CONNECT_SECONDS = 10.0
"""How long a server may take to greet."""

ANSWER_SECONDS = 300.0
"""The longest a server may work on one statement, or say nothing, unless `?timeout=` says otherwise."""

_LONGER = "wait longer with ?timeout=SECONDS in the URL"


@dataclass(frozen=True, slots=True)
class Patience:
    """The seconds each kind of waiting may take, each a little longer than the one it may hold.

    So a writer is told that it waited for another one, and a slow statement that it was slow; silence comes last.
    """

    lock: float
    statement: float
    silence: float

    @classmethod
    def of(cls, asked: float | None) -> Self:
        """Return how long to wait where the URL asks for so many seconds, or for none in particular."""
        if asked is None:
            return cls(BUSY_SECONDS, ANSWER_SECONDS, ANSWER_SECONDS + 5)
        return cls(asked, asked + 0.5, asked + 1.5)


def waited(where: str, seconds: float) -> StoreTimeout:
    """Return the error of a writer that waited in vain for another one."""
    return StoreTimeout(
        f"{where}: another writer held the store for more than {seconds:g} s", hint=f"try again, or {_LONGER}"
    )


def slow(where: str, said: str) -> StoreTimeout:
    """Return the error of a statement that the server ended because it took too long."""
    return StoreTimeout(f"{where}: it took too long ({said})", hint=f"ask for less at once, or {_LONGER}")


def silent(where: str, said: str) -> StoreTimeout:
    """Return the error of a question to which a server said nothing, though it is there."""
    return StoreTimeout(f"{where}: the server does not answer ({said})", hint=f"look at the server, or {_LONGER}")
