"""Foresight: a publication's questions answered by what this process knows, so that all of it is one round trip.

Used for databases behind a network. Most publications ask what can be guessed: nobody has written since this process
did, the names of new nodes are free, the contexts are those of last time, the used artifacts are there and old enough.
The guesses go to the database as assumptions in front of the writes; it refuses the whole where one is wrong, and then
the questions are really asked. So a wrong guess costs a round trip and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

import orjson

from lineal.model.edges import INPUTS
from lineal.model.ids import NodeKind
from lineal.model.nodes import Artifact, Context
from lineal.model.publication import Publication
from lineal.model.values import INT64_MAX, INT64_MIN
from lineal.store import lookups
from lineal.store.connections import Cursor, id_list
from lineal.store.dialects.dialect import Assume, CursorSource, Parameters
from lineal.store.rows import NAME, TYPE_ID
from lineal.store.tables import CONTEXT

_USED = """
SELECT 1 / CASE WHEN count(*) = ? THEN 1 ELSE 0 END
FROM json_each(?) AS wanted
JOIN artifact AS node ON node.id = wanted.value
WHERE node.created_at <= ?
"""

MOST_CONTEXTS = 10_000
"""Contexts remembered."""

LONGEST_DOUBT = 64
"""Publications that ask at once after many wrong guesses in a row: another process writes as well."""


class UnforeseenError(Exception):
    """A question that cannot be guessed."""


class Foresight:
    """What a process knows of the contexts in a store, and how often its guesses were right lately."""

    def __init__(self) -> None:
        self._contexts: dict[tuple[int, str], int] = {}
        self._era = 0
        self._doubt = 0
        self._wait = 0

    def is_likely(self, publication: Publication) -> bool:
        """Return whether a guess pays for this publication."""
        if self._wait:
            self._wait -= 1
            return False
        # Which stored artifacts are in a context already, nobody can guess.
        if publication.all_join:
            return False
        # What is named twice is looked up again once it was written, which nobody can guess.
        if _names_twice(publication):
            return False
        # What is said about an artifact is checked against its row, which nobody can guess.
        return not publication.decisions and not any(
            use.aliases or not (isinstance(use.artifact, Artifact) or use.type in INPUTS) for use in publication.uses
        )

    def was_right(self) -> None:
        """Believe the next guess too."""
        self._doubt = 0

    def was_wrong(self) -> None:
        """Ask at once for a while, twice as long each time."""
        self._doubt = min(LONGEST_DOUBT, 2 * self._doubt or 1)
        self._wait = self._doubt - 1

    def remember_since(self, era: int) -> None:
        """Drop everything remembered from before: see `Writer.era`."""
        if self._era != era:
            self._contexts = {}
            self._era = era

    def learn(self, contexts: Iterable[tuple[int, str, int]]) -> None:
        """Remember (type id, name, id) of contexts, which never change."""
        if len(self._contexts) > MOST_CONTEXTS:
            # Another thread may be reading the former one.
            self._contexts = {}
        self._contexts.update(((type_id, name), id_) for type_id, name, id_ in contexts)

    def context_rows(self, type_id: int, names: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return rows of the known ones of these contexts, as far as a publication reads them."""
        contexts = self._contexts
        known = {name: contexts[type_id, name] for name in names if (type_id, name) in contexts}
        return [_row(id_, type_id, name) for name, id_ in known.items()]


class Guess:
    """A cursor that answers a publication's questions and lets what it writes wait for the commit."""

    def __init__(self, cursor: Cursor, assume: Assume, foresight: Foresight, publication: Publication) -> None:
        self._cursor = cursor
        self._assume = assume
        self._foresight = foresight
        self._publication = publication
        self._rows: Iterator[Any] = iter(())

    @property
    def connection(self) -> CursorSource:
        """Where the real cursor comes from."""
        return self._cursor.connection

    def execute(self, statement: str, parameters: Parameters = (), /) -> Self:
        """Answer a question, or pass a write on."""
        if statement.lstrip().startswith(("SELECT", "WITH")):
            self._rows = iter(self._answer(statement, parameters))
        else:
            self._cursor.execute(statement, parameters)
        return self

    def executemany(self, statement: str, parameters: Iterable[Parameters], /) -> Self:
        """Pass writes on."""
        self._cursor.executemany(statement, parameters)
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

    def _answer(self, statement: str, parameters: Parameters) -> list[Any]:
        if statement.startswith(lookups.BY_NAME[NodeKind.CONTEXT]):
            return self._foresight.context_rows(parameters[0], parameters[1:])
        if statement.startswith(_FREE):
            # Where such a name or id is taken after all, its key refuses the new row.
            return []
        if statement == lookups.CREATED_AT[NodeKind.ARTIFACT]:
            return self._used(orjson.loads(parameters[0]))
        raise UnforeseenError(statement)

    def _used(self, ids: Sequence[int]) -> list[tuple[int, int]]:
        execution = self._publication.execution
        times = [use.time for use in self._publication.uses if use.time is not None]
        latest = min([*times, INT64_MAX if execution.ended_at is None else execution.ended_at])
        # Older than every use, none of them contradicts time.
        self._assume(_USED, (len(ids), id_list(ids), latest))
        return [(id_, INT64_MIN) for id_ in ids]


_FREE = (
    lookups.BY_NAME[NodeKind.ARTIFACT],
    lookups.BY_NAME[NodeKind.EXECUTION],
    *lookups.BY_EXTERNAL_ID.values(),
)


def _names_twice(publication: Publication) -> bool:
    given: list[Artifact | Context] = [use.artifact for use in publication.uses if isinstance(use.artifact, Artifact)]
    named = [node for node in (*given, *publication.contexts) if node.name is not None]
    return len({(type(node), node.type, node.type_version, node.name) for node in named}) < len(named)


def _row(id_: int, type_id: int, name: str) -> tuple[Any, ...]:
    row: list[Any] = [0] * len(CONTEXT.columns)
    row[0], row[TYPE_ID], row[NAME] = id_, type_id, name
    return tuple(row)
