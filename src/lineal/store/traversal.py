"""Walking the events: hop by hop, each frontier in one statement over a covering index.

Complete at any depth and linear in the answer. No hop limit unless asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from lineal.errors import InvalidArgument
from lineal.model.edges import INPUTS, OUTPUTS, EventType
from lineal.model.ids import ArtifactId, EntrySeq, ExecutionId, NodeKey, NodeKind
from lineal.model.traversal import Closure, Direction, Truncation
from lineal.store.connections import Cursor, id_list
from lineal.store.edges import EVENT_COLUMNS, EventRow, event_of, need_nodes
from lineal.store.tables import EVENT

_REPRODUCES = EVENT.columns.index("reproduces")
# Where an event leads to from a node of this kind: to which kind, and the column of its id.
_OTHER: dict[NodeKind, tuple[NodeKind, Literal[1, 2]]] = {
    NodeKind.ARTIFACT: (NodeKind.EXECUTION, 2),
    NodeKind.EXECUTION: (NodeKind.ARTIFACT, 1),
}

CHUNK = 20_000
"""Most frontier nodes handed to one statement."""


def _numbers(types: frozenset[EventType]) -> str:
    return ", ".join(str(type_.value) for type_ in sorted(types, key=lambda type_: type_.value))


def _step(column: str, types: frozenset[EventType], columns: str) -> str:
    return f"""
SELECT {columns}
FROM json_each(?) AS frontier
JOIN event ON event.{column} = frontier.value AND event.type IN ({_numbers(types)})
WHERE event.entry <= ?
"""


_STEPS = {
    (Direction.UPSTREAM, NodeKind.ARTIFACT): _step("artifact_id", OUTPUTS, EVENT_COLUMNS),
    (Direction.UPSTREAM, NodeKind.EXECUTION): _step("execution_id", INPUTS, EVENT_COLUMNS),
    (Direction.DOWNSTREAM, NodeKind.ARTIFACT): _step("artifact_id", INPUTS, EVENT_COLUMNS),
    (Direction.DOWNSTREAM, NodeKind.EXECUTION): _step("execution_id", OUTPUTS, EVENT_COLUMNS),
}

_INPUTS_OF = f"""
SELECT artifact_id
FROM event
WHERE execution_id = ? AND type IN ({_numbers(INPUTS)})
"""
_OUTPUTS_OF = f"""
SELECT artifact_id
FROM event
WHERE execution_id = ? AND type IN ({_numbers(OUTPUTS)})
"""
_NEXT_ARTIFACTS = f"""
SELECT DISTINCT output.artifact_id
FROM json_each(?) AS frontier
JOIN event AS input ON input.artifact_id = frontier.value AND input.type IN ({_numbers(INPUTS)})
JOIN event AS output ON output.execution_id = input.execution_id AND output.type IN ({_numbers(OUTPUTS)})
"""


def reaches(cursor: Cursor, execution_id: ExecutionId, outputs: Sequence[int] | None = None) -> int | None:
    """Return an output of the execution that leads back to one of its inputs, or None.

    Looks at all outputs unless told which are new.
    """
    if outputs is None:
        outputs = [row[0] for row in cursor.execute(_OUTPUTS_OF, (execution_id,))]
    if not outputs:
        return None
    inputs = {row[0] for row in cursor.execute(_INPUTS_OF, (execution_id,))}
    if not inputs:
        return None
    for output in outputs:
        if _leads_to(cursor, output, inputs):
            return output
    return None


def _leads_to(cursor: Cursor, start: int, goals: set[int]) -> bool:
    seen = {start}
    frontier = [start]
    while frontier:
        if not goals.isdisjoint(frontier):
            return True
        found = cursor.execute(_NEXT_ARTIFACTS, (id_list(frontier),))
        frontier = [row[0] for row in found if row[0] not in seen]
        seen.update(frontier)
    return False


class Walk:
    """One breadth-first walk. Artifacts and executions alternate, but starts may be of both kinds."""

    def __init__(
        self, cursor: Cursor, direction: Direction, limit: int | None, until: EntrySeq, *, reproductions: bool = False
    ) -> None:
        if limit is not None and limit < 1:
            raise InvalidArgument(f"limit is {limit}; an answer has at least one node")
        self._cursor = cursor
        self._direction = direction
        self._limit = limit
        self._until = until
        self._distance: dict[NodeKind, dict[int, int]] = {NodeKind.ARTIFACT: {}, NodeKind.EXECUTION: {}}
        # A node is in one frontier only and an event is read from one side only, so each row comes once.
        self._rows: list[EventRow] = []
        self._cut = 0
        self._follows_all = reproductions or direction is Direction.DOWNSTREAM
        self._reproduced: dict[ArtifactId, int] = {}
        self._hop = 0
        self._frontier: dict[NodeKind, list[int]] = {}

    def closure(self, starts: Sequence[NodeKey], hops: int | None) -> Closure:
        """Return what the starts lead to; see `Store.closure`."""
        if hops is not None and hops < 0:
            raise InvalidArgument(f"hops is {hops}; it cannot be negative")
        need_nodes(self._cursor, starts)
        self._start(starts)
        while self._frontier and (hops is None or self._hop < hops):
            self._advance()
        truncated = self._truncation(hops)
        return Closure(
            artifacts=cast("dict[ArtifactId, int]", self._distance[NodeKind.ARTIFACT]),
            executions=cast("dict[ExecutionId, int]", self._distance[NodeKind.EXECUTION]),
            events=[event_of(row) for row in sorted(self._rows)],
            truncated=truncated,
            reproduced=self._reproduced,
        )

    def _start(self, starts: Sequence[NodeKey]) -> None:
        for kind, id_ in starts:
            if kind is NodeKind.CONTEXT:
                raise InvalidArgument(f"context#{id_} is no part of a closure; start from its artifacts or executions")
            if id_ not in self._distance[kind]:
                self._distance[kind][id_] = 0
                self._frontier.setdefault(kind, []).append(id_)

    def _advance(self) -> None:
        self._hop += 1
        current, self._frontier = self._frontier, {}
        for kind, ids in current.items():
            statement = _STEPS[self._direction, kind]
            for at in range(0, len(ids), CHUNK):
                chunk = id_list(ids[at : at + CHUNK])
                self._take(kind, self._cursor.execute(statement, (chunk, self._until)).fetchall())

    def _take(self, kind: NodeKind, rows: list[EventRow]) -> None:
        other, column = _OTHER[kind]
        distance = self._distance[other]
        found: list[int] = []
        for row in self._followed(rows):
            id_ = row[column]
            if id_ not in distance:
                if self._limit is not None and self._size() >= self._limit:
                    self._cut += 1
                    continue
                distance[id_] = self._hop
                found.append(id_)
            self._rows.append(row)
        if found:
            self._frontier.setdefault(other, []).extend(found)

    def _followed(self, rows: list[EventRow]) -> list[EventRow]:
        if self._follows_all:
            return rows
        for row in rows:
            if row[_REPRODUCES]:
                self._reproduced[ArtifactId(row[1])] = self._reproduced.get(ArtifactId(row[1]), 0) + 1
        return [row for row in rows if not row[_REPRODUCES]]

    def _size(self) -> int:
        return len(self._distance[NodeKind.ARTIFACT]) + len(self._distance[NodeKind.EXECUTION])

    def _truncation(self, hops: int | None) -> Truncation | None:
        beyond = self._beyond() if self._frontier else 0
        if self._cut:
            further = self._cut + beyond
            return Truncation(f"the limit of {self._limit} nodes was reached; {further} more edges lead further")
        if beyond:
            return Truncation(f"the limit of {hops} hops was reached; {beyond} more edges lead further")
        return None

    def _beyond(self) -> int:
        """Take the edges from the last frontier back into the answer; return how many lead out of it."""
        count = 0
        for kind, ids in self._frontier.items():
            other, column = _OTHER[kind]
            for at in range(0, len(ids), CHUNK):
                chunk = id_list(ids[at : at + CHUNK])
                rows = self._cursor.execute(_STEPS[self._direction, kind], (chunk, self._until)).fetchall()
                for row in self._followed(rows):
                    if row[column] in self._distance[other]:
                        self._rows.append(row)
                    else:
                        count += 1
        return count
