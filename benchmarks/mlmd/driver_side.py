"""The driver alone: the statements Lineal gives to `sqlite3`, done again with nothing of Lineal around them.

What Python's driver takes for them is what Lineal cannot go below with these statements, so it tells whether a goal can
be reached with them on a machine. Started by `__main__`, in Lineal's own interpreter.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from benchmarks.mlmd.lineal_side import LinealSide
from benchmarks.mlmd.pipes import serve
from benchmarks.timing import seconds
from lineal.store.dialects.sqlite import SqliteDialect


class Statement(NamedTuple):
    """One call of the driver."""

    text: str
    parameters: Sequence[Any]
    many: bool


class _Heard:
    """What cursors were told, while somebody listens."""

    statements: list[Statement] | None = None

    @classmethod
    def add(cls, text: str, parameters: Sequence[Any], *, many: bool) -> None:
        if cls.statements is not None:
            cls.statements.append(Statement(text, parameters, many))


class _HeardCursor(sqlite3.Cursor):
    def execute(self, text: str, parameters: Any = ()) -> sqlite3.Cursor:
        _Heard.add(text, tuple(parameters), many=False)
        return super().execute(text, parameters)

    def executemany(self, text: str, rows: Iterable[Any]) -> sqlite3.Cursor:
        kept = [tuple(row) for row in rows]
        _Heard.add(text, kept, many=True)
        return super().executemany(text, kept)


class _HeardConnection(sqlite3.Connection):
    def cursor(self, factory: type[sqlite3.Cursor] = _HeardCursor) -> sqlite3.Cursor:
        return super().cursor(factory)

    def execute(self, text: str, parameters: Any = ()) -> sqlite3.Cursor:
        return self.cursor().execute(text, parameters)


def _replay(connection: sqlite3.Connection, statements: Sequence[Statement]) -> list[Any]:
    cursor = connection.cursor()
    execute, many = cursor.execute, cursor.executemany
    # All rows are handed over, and kept as long as Lineal keeps its records.
    return [
        many(text, parameters) if several else execute(text, parameters).fetchall()
        for text, parameters, several in statements
    ]


class DriverSide(LinealSide):
    """Each question is answered by Lineal, unmeasured; its statements are then timed on a copy of the store."""

    file = "driven.db"

    def fill(self, directory: str, size: int) -> int:
        """Make and fill Lineal's store, and a copy of it in which every statement is done once more."""
        plain = sqlite3.connect

        def heard(*arguments: Any, **options: Any) -> sqlite3.Connection:
            return plain(*arguments, **options, factory=_HeardConnection)

        sqlite3.connect = heard  # type: ignore[assignment]
        made = super().fill(directory, size)
        self.size()
        copy = self._path.with_name("driver.db")
        shutil.copy(self._path, copy)
        sqlite3.connect = plain
        self._driver = SqliteDialect(copy).connect()
        return made

    def _again(self, question: Callable[..., float], *arguments: Any) -> float:
        statements = _Heard.statements = []
        question(*arguments)
        _Heard.statements = None
        return seconds(lambda: _replay(self._driver, statements))

    def publish(self, at: int, times: int) -> float:
        """Return the seconds of the driver in `LinealSide.publish`."""
        return self._again(super().publish, at, times)

    def put_batch(self, at: int, times: int) -> float:
        """Return the seconds of the driver in `LinealSide.put_batch`."""
        return self._again(super().put_batch, at, times)

    def put_single(self, at: int, times: int) -> float:
        """Return the seconds of the driver in `LinealSide.put_single`."""
        return self._again(super().put_single, at, times)

    def get_1000(self, ids: list[int], times: int) -> float:
        """Return the seconds of the driver in `LinealSide.get_1000`."""
        return self._again(super().get_1000, ids, times)

    def get_one(self, ids: list[int]) -> float:
        """Return the seconds of the driver in `LinealSide.get_one`."""
        return self._again(super().get_one, ids)

    def filter(self, text: str, times: int) -> float:
        """Return the seconds of the driver in `LinealSide.filter`."""
        return self._again(super().filter, text, times)

    def closure_events(self, start: int) -> float:
        """Return the seconds of the driver in `LinealSide.closure_events`: a look whether anything is new."""
        return self._again(super().closure_events, start)

    def closure_full(self, start: int) -> float:
        """Return the seconds of the driver in `LinealSide.closure_full`."""
        return self._again(super().closure_full, start)


if __name__ == "__main__":
    serve(DriverSide())
