"""Adjacency: for every node its neighbours on each side, as compressed rows of 32-bit ids. 13 bytes an event.

Loaded from the database in the order in which it is kept, so that nothing is sorted here.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from lineal.model.ids import NodeKind
from lineal.store.connections import Cursor
from lineal.store.snapshot.sides import Side

NODES = 25_000
"""Owners whose events are read by one statement: what is on its way stays small on every database."""

_OWNERS = {NodeKind.ARTIFACT: "artifact_id", NodeKind.EXECUTION: "execution_id"}


@dataclass(frozen=True, slots=True)
class Csr:
    """Compressed rows: the neighbours of node `n` are `far[pointers[n] : pointers[n + 1]]`.

    The two sides of the executions share one `far`, so that a place in it stands for one event.
    """

    pointers: array[int]
    far: array[int]

    def __len__(self) -> int:
        return len(self.pointers) - 1


class Filling:
    """Compressed rows in the making: events come by owner, ascending."""

    def __init__(self, largest: int, far: array[int]) -> None:
        self._counts = array("i", bytes(4 * (largest + 2)))
        self._counts[0] = len(far)
        self._far = far

    def add(self, owners: Sequence[int], far: Sequence[int]) -> None:
        """Append events."""
        self._far.extend(far)
        for owner, count in Counter(owners).items():
            self._counts[owner + 1] += count

    def finish(self) -> Csr:
        """Return the rows; nothing is added after this."""
        return Csr(array("i", accumulate(self._counts)), self._far)


def artifact_rows(cursor: Cursor, side: Side, largest: int, again: dict[int, list[int]]) -> Csr:
    """Return the executions of every artifact; those that made its content again are put into `again` instead."""
    filling = Filling(largest, array("i"))
    for rows in stretches(cursor, side, "reproduces" if side is Side.MAKERS else "0", largest):
        first = rows
        if side is Side.MAKERS:
            first = [row for row in rows if not row[2]]
            for artifact, execution, reproduces in rows if len(first) < len(rows) else ():
                if reproduces:
                    again.setdefault(artifact, []).append(execution)
        if first:
            owners, far, _ = zip(*first, strict=True)
            filling.add(owners, far)
    return filling.finish()


def execution_rows(cursor: Cursor, side: Side, largest: int, far: array[int]) -> Csr:
    """Return the artifacts of every execution, appended to `far`."""
    filling = Filling(largest, far)
    for rows in stretches(cursor, side, "0", largest):
        owners, artifacts, _ = zip(*rows, strict=True)
        filling.add(owners, artifacts)
    return filling.finish()


def stretches(cursor: Cursor, side: Side, columns: str, largest: int) -> Iterator[list[tuple[int, ...]]]:
    """Yield the events of a side as (owner, far, columns), by owner, in lists that are not empty."""
    owner = _OWNERS[side.owner]
    far = _OWNERS[NodeKind.EXECUTION if side.owner is NodeKind.ARTIFACT else NodeKind.ARTIFACT]
    types = ", ".join(str(number) for number in sorted(type_.value for type_ in side.types))
    statement = f"""
SELECT {owner}, {far}, {columns}
FROM event
WHERE {owner} >= ? AND {owner} < ? AND type IN ({types})
ORDER BY {owner}, type, {far}
"""
    for low in range(0, largest + 1, NODES):
        rows = cursor.execute(statement, (low, low + NODES)).fetchall()
        if rows:
            yield rows
