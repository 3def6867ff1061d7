"""Walking the events: hop by hop, each frontier in one statement over a covering index.

Complete at any depth and linear in the answer. No hop limit unless asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Literal, cast

from lineal.model.edges import INPUTS, OUTPUTS, EventType
from lineal.model.ids import ArtifactId, EntrySeq, ExecutionId, NodeKey, NodeKind
from lineal.model.traversal import Closure, Direction
from lineal.model.values import INT64_MAX
from lineal.store.connections import Cursor, id_list
from lineal.store.edges import EVENT_COLUMNS, EventRow, event_of, makes_again
from lineal.store.walk import OTHER, Question, Walk

_COLUMN: dict[NodeKind, Literal[1, 2]] = {NodeKind.ARTIFACT: 1, NodeKind.EXECUTION: 2}

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
    (Direction.BOTH, NodeKind.ARTIFACT): _step("artifact_id", INPUTS | OUTPUTS, EVENT_COLUMNS),
    (Direction.BOTH, NodeKind.EXECUTION): _step("execution_id", INPUTS | OUTPUTS, EVENT_COLUMNS),
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


def closure(cursor: Cursor, question: Question, until: EntrySeq) -> Closure:
    """Return what the starts lead to over the events of entries up to `until`; see `Store.closure`."""
    steps = _Steps(cursor, question, until)
    walk = Walk(question)
    walk.run(steps.expand)
    inside = steps.inside(walk)
    return Closure(
        artifacts=cast("dict[ArtifactId, int]", walk.distance[NodeKind.ARTIFACT]),
        executions=cast("dict[ExecutionId, int]", walk.distance[NodeKind.EXECUTION]),
        events=[event_of(inside[id_]) for id_ in sorted(inside)],
        truncated=walk.truncation(steps.further(walk)),
        reproduced=steps.reproduced(inside),
    )


def rows_of(cursor: Cursor, types: frozenset[EventType], executions: Collection[int]) -> list[EventRow]:
    """Return the events of these types and executions."""
    statement = _step("execution_id", types, EVENT_COLUMNS)
    ids = list(executions)
    rows: list[EventRow] = []
    for at in range(0, len(ids), CHUNK):
        rows += cursor.execute(statement, (id_list(ids[at : at + CHUNK]), INT64_MAX)).fetchall()
    return rows


class _Steps:
    """The events read for one walk, each from the side or sides it was followed from."""

    def __init__(self, cursor: Cursor, question: Question, until: EntrySeq) -> None:
        self._cursor = cursor
        self._direction = question.direction
        self._follows_all = question.follows_all
        self._until = until
        self._rows: dict[NodeKind, list[EventRow]] = {NodeKind.ARTIFACT: [], NodeKind.EXECUTION: []}
        self._again: list[EventRow] = []

    def expand(self, kind: NodeKind, ids: Sequence[int]) -> set[int]:
        """Return the nodes one event away from these."""
        statement = _STEPS[self._direction, kind]
        rows: list[EventRow] = []
        for at in range(0, len(ids), CHUNK):
            rows += self._cursor.execute(statement, (id_list(ids[at : at + CHUNK]), self._until)).fetchall()
        if kind is NodeKind.ARTIFACT and not self._follows_all:
            self._again += [row for row in rows if makes_again(row)]
            rows = [row for row in rows if not makes_again(row)]
        self._rows[kind] += rows
        column = _COLUMN[OTHER[kind]]
        return {row[column] for row in rows}

    def inside(self, walk: Walk) -> dict[int, EventRow]:
        """Return the events that lead from one node of the answer to another, by sequence."""
        found: dict[int, EventRow] = {}
        for kind, rows in self._rows.items():
            other, column = OTHER[kind], _COLUMN[OTHER[kind]]
            distance = walk.distance[other]
            found.update({row[0]: row for row in rows if row[column] in distance})
        return found

    def further(self, walk: Walk) -> int:
        """Return how many steps lead out of the answer."""
        return sum(
            walk.leaves(OTHER[kind], row[_COLUMN[OTHER[kind]]]) for kind, rows in self._rows.items() for row in rows
        )

    def order(self) -> TopologicalSorter[int]:
        """Return what puts the nodes into the order of the steps; executions have negative numbers."""
        order: TopologicalSorter[int] = TopologicalSorter()
        for _, artifact_id, execution_id, *_ in self._rows[NodeKind.ARTIFACT]:
            order.add(-execution_id, artifact_id)
        for _, artifact_id, execution_id, *_ in self._rows[NodeKind.EXECUTION]:
            order.add(artifact_id, -execution_id)
        return order

    def reproduced(self, inside: dict[int, EventRow]) -> dict[ArtifactId, int]:
        """Return how often an artifact's content was made again by executions that were not followed."""
        return Counter(ArtifactId(row[1]) for row in self._again if row[0] not in inside)


def circling(cursor: Cursor, artifacts: Collection[int]) -> set[int]:
    """Return the executions downstream of these artifacts that lie on a circle, or below one: one walk for all."""
    question = Question(starts=[NodeKey(NodeKind.ARTIFACT, id_) for id_ in artifacts], direction=Direction.DOWNSTREAM)
    steps, walk = _Steps(cursor, question, EntrySeq(INT64_MAX)), Walk(question)
    walk.run(steps.expand)
    left = {-id_ for id_ in walk.distance[NodeKind.EXECUTION]}  # artifacts keep their ids
    order = steps.order()
    with suppress(CycleError):
        order.prepare()
        return set()
    while ready := order.get_ready():
        left.difference_update(ready)
        order.done(*ready)
    return {-number for number in left}


def outputs_of(cursor: Cursor, execution_id: ExecutionId) -> list[int]:
    """Return all outputs of an execution."""
    return [row[0] for row in cursor.execute(_OUTPUTS_OF, (execution_id,))]


def inputs_of(cursor: Cursor, execution_id: ExecutionId) -> set[int]:
    """Return all inputs of an execution."""
    return {row[0] for row in cursor.execute(_INPUTS_OF, (execution_id,))}


def reaches(cursor: Cursor, outputs: Sequence[int], inputs: set[int]) -> int | None:
    """Return which of these outputs of an execution leads back to one of its inputs, or None."""
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
