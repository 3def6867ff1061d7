"""Edges: events in an append-only table, and who belongs to which context."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter

import orjson

from lineal.errors import AlreadyExists, InvalidArgument, NotFound
from lineal.model.edges import (
    OUTPUTS,
    Association,
    Attribution,
    Edge,
    Event,
    EventType,
    How,
    Membership,
    ParentContext,
)
from lineal.model.ids import ArtifactId, ContextId, EntrySeq, ExecutionId, Micros, NodeKey, NodeKind
from lineal.model.values import INT64_MAX, INT64_MIN, check_text
from lineal.store import lookups
from lineal.store.connections import Cursor, id_list
from lineal.store.tables import (
    ARTIFACT,
    ASSOCIATION,
    ATTRIBUTION,
    CONTEXT,
    EVENT,
    EXECUTION,
    NODE_TABLES,
    PARENT_CONTEXT,
    BoundTable,
)
from lineal.store.writer import Transaction

EVENT_COLUMNS = ", ".join(f"event.{column}" for column in EVENT.columns)
OUTPUT_NUMBERS = frozenset(type_.value for type_ in OUTPUTS)
HOW_NUMBERS = {How.DECLARED: 0, How.OBSERVED: 1, How.INFERRED: 2}

_HOWS = {number: how for how, number in HOW_NUMBERS.items()}
_EVENT_TYPES = {type_.value: type_ for type_ in EventType}

_EVENTS_BY_ARTIFACT = f"""
SELECT {EVENT_COLUMNS}
FROM json_each(?) AS wanted
JOIN event ON event.artifact_id = wanted.value
WHERE event.entry <= ?
"""
_EVENTS_BY_EXECUTION = f"""
SELECT {EVENT_COLUMNS}
FROM json_each(?) AS wanted
JOIN event ON event.execution_id = wanted.value
WHERE event.entry <= ?
"""
_SAME_EVENT = "SELECT id FROM event WHERE artifact_id = ? AND type = ? AND execution_id = ?"
# Not a join: SQLite would read all members of a context, and a pipeline's has a hundred thousand.
_SAME_PAIRS = {
    ATTRIBUTION.name: (
        """
SELECT edge.artifact_id
FROM attribution AS edge
WHERE edge.artifact_id IN (SELECT wanted.value FROM json_each(?) AS wanted) AND edge.context_id = ?
""",
        ARTIFACT,
    ),
    ASSOCIATION.name: (
        """
SELECT edge.execution_id
FROM association AS edge
WHERE edge.execution_id IN (SELECT wanted.value FROM json_each(?) AS wanted) AND edge.context_id = ?
""",
        EXECUTION,
    ),
}
_PAIRS = {table.name: table for table in (ATTRIBUTION, ASSOCIATION)}
_SAME_PARENT = "SELECT id FROM parent_context WHERE child_id = ? AND parent_id = ?"

# Tables of the memberships of a kind of node: the class, its columns, the one that names the node.
_MEMBERSHIPS: dict[NodeKind, tuple[tuple[type[Membership], str, str, str], ...]] = {
    NodeKind.ARTIFACT: ((Attribution, "attribution", "artifact_id, context_id", "artifact_id"),),
    NodeKind.EXECUTION: ((Association, "association", "execution_id, context_id", "execution_id"),),
    NodeKind.CONTEXT: (
        (Attribution, "attribution", "artifact_id, context_id", "context_id"),
        (Association, "association", "execution_id, context_id", "context_id"),
        (ParentContext, "parent_context", "child_id, parent_id", "child_id"),
        (ParentContext, "parent_context", "child_id, parent_id", "parent_id"),
    ),
}

_ABOVE = """
WITH RECURSIVE above(id) AS (
    SELECT wanted.value
    FROM json_each(?) AS wanted
    UNION
    SELECT parent_context.parent_id
    FROM above
    JOIN parent_context ON parent_context.child_id = above.id
)
SELECT parent_context.child_id, parent_context.parent_id
FROM above
JOIN parent_context ON parent_context.child_id = above.id
"""

EventRow = tuple[int, ArtifactId, ExecutionId, int, str, Micros, int, int, EntrySeq]


def makes_again(row: EventRow) -> bool:
    """Return whether the execution made content that was there before; upstream it is not followed."""
    return row[7] == 1 and row[3] in OUTPUT_NUMBERS


def event_of(row: EventRow) -> Event:
    """Return the record of an event's row."""
    id_, artifact_id, execution_id, type_, path, time, how, reproduces, entry = row
    return Event(
        artifact_id=artifact_id,
        execution_id=execution_id,
        type=_EVENT_TYPES[type_],
        path=() if path == "[]" else tuple(orjson.loads(path)),
        time=time,
        how=_HOWS[how],
        reproduces=reproduces == 1,
        id=id_,
        entry=entry,
    )


def events(
    cursor: Cursor, artifacts: Sequence[ArtifactId], executions: Sequence[ExecutionId], until: EntrySeq
) -> list[Event]:
    """Return every event that touches one of these nodes, by sequence."""
    rows: dict[int, EventRow] = {}
    for statement, ids in ((_EVENTS_BY_ARTIFACT, artifacts), (_EVENTS_BY_EXECUTION, executions)):
        if ids:
            found = cursor.execute(statement, (id_list(ids), until))
            rows.update({row[0]: row for row in found})
    return [event_of(rows[id_]) for id_ in sorted(rows)]


def memberships(
    cursor: Cursor, keys: Sequence[NodeKey], only: Collection[type[Membership]], until: EntrySeq
) -> list[Membership]:
    """Return every membership (of these classes) that touches one of these nodes, each once, node by node."""
    ids: dict[NodeKind, list[int]] = {}
    for kind, id_ in keys:
        ids.setdefault(kind, []).append(id_)
    by_key: dict[tuple[NodeKind, int], list[Membership]] = {}
    for kind, wanted in ids.items():
        for cls, table, columns, own in _MEMBERSHIPS[kind]:
            if only and cls not in only:
                continue
            rows = cursor.execute(_memberships(table, columns, own), (id_list(wanted), until)).fetchall()
            for _, key, one, other in sorted(rows):
                by_key.setdefault((kind, key), []).append(membership_of(cls, one, other))
    return list(dict.fromkeys(edge for key in keys for edge in by_key.get((key.kind, key.id), ())))


@cache
def _memberships(table: str, columns: str, own: str) -> str:
    selected = ", ".join(f"edge.{column}" for column in ("id", own, *columns.split(", ")))
    return f"""
SELECT {selected}
FROM json_each(?) AS wanted
JOIN {table} AS edge ON edge.{own} = wanted.value
WHERE edge.entry <= ?
"""


def membership_of(cls: type[Membership], one: int, other: int) -> Membership:
    """Return the membership of two nodes, the member first."""
    if cls is Attribution:
        return Attribution(artifact_id=ArtifactId(one), context_id=ContextId(other))
    if cls is Association:
        return Association(execution_id=ExecutionId(one), context_id=ContextId(other))
    return ParentContext(child_id=ContextId(one), parent_id=ContextId(other))


def put_edges(transaction: Transaction, edges: Sequence[Edge]) -> None:
    """Write edges of any kind between nodes that are known to exist."""
    put_events(transaction, [edge for edge in edges if isinstance(edge, Event)])
    members: dict[tuple[str, int], list[int]] = {}
    for edge in edges:
        if isinstance(edge, Attribution):
            members.setdefault((ATTRIBUTION.name, edge.context_id), []).append(edge.artifact_id)
        elif isinstance(edge, Association):
            members.setdefault((ASSOCIATION.name, edge.context_id), []).append(edge.execution_id)
        elif isinstance(edge, ParentContext):
            _put_parent(transaction, edge)
    for (table, context), ids in members.items():
        _put_pairs(transaction, _PAIRS[table], context, ids)


def put_events(transaction: Transaction, new: Sequence[Event]) -> None:
    """Append events; one that is already there is AlreadyExists."""
    if not new:
        return
    seen: set[tuple[int, int, int]] = set()
    for event in new:
        _check_event(event)
        identity = (event.artifact_id, event.type.value, event.execution_id)
        if identity in seen or _is_stored(transaction, identity):
            raise AlreadyExists(
                f"execution#{event.execution_id} already has artifact#{event.artifact_id} as {event.type.name}"
            )
        seen.add(identity)
    ids = transaction.new_ids(EVENT, len(new))
    rows = [
        event_row(event, id_, transaction.now if event.time is None else event.time, transaction.seq)
        for id_, event in zip(ids, new, strict=True)
    ]
    transaction.insert(EVENT, rows)


def _is_stored(transaction: Transaction, identity: tuple[int, int, int]) -> bool:
    if transaction.made(EXECUTION, identity[-1]):
        return False
    return transaction.cursor.execute(_SAME_EVENT, identity).fetchone() is not None


def put_memberships(
    transaction: Transaction, artifacts: Sequence[int], execution: int, contexts: Sequence[int]
) -> None:
    """Put an execution and the artifacts it made into contexts; what is already there stays."""
    for context in dict.fromkeys(contexts):
        _put_pairs(transaction, ASSOCIATION, context, [execution])
        _put_pairs(transaction, ATTRIBUTION, context, artifacts)


def _put_pairs(transaction: Transaction, table: BoundTable, context: int, members: Sequence[int]) -> None:
    """Put members into a context, but those that are there."""
    statement, kind = _SAME_PAIRS[table.name]
    members = list(dict.fromkeys(members))
    known = [member for member in members if not transaction.made(kind, member)]
    if known and not transaction.made(CONTEXT, context):
        stored = {row[0] for row in transaction.cursor.execute(statement, (id_list(known), context))}
        members = [member for member in members if member not in stored]
    if members:
        ids = transaction.new_ids(table, len(members))
        rows = [(id_, member, context, transaction.seq) for id_, member in zip(ids, members, strict=True)]
        transaction.insert(table, rows)


def _put_parent(transaction: Transaction, edge: ParentContext) -> None:
    pair = (edge.child_id, edge.parent_id)
    need_no_cycle(transaction.cursor, [pair])
    if not transaction.cursor.execute(_SAME_PARENT, pair).fetchone():
        (id_,) = transaction.new_ids(PARENT_CONTEXT, 1)
        transaction.insert(PARENT_CONTEXT, [(id_, *pair, transaction.seq)])


def need_no_cycle(cursor: Cursor, pairs: Sequence[tuple[int, int]]) -> None:
    """Raise InvalidArgument if with these (child, parent) pairs a context would lie inside itself."""
    parents: dict[int, set[int]] = {}
    above = cursor.execute(_ABOVE, (id_list(list({parent for _, parent in pairs})),)).fetchall()
    for child, parent in (*above, *pairs):
        parents.setdefault(child, set()).add(parent)
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        # From the outermost to the innermost, which is the outermost again.
        shown = " inside ".join(f"context#{id_}" for id_ in reversed(error.args[1]))
        raise InvalidArgument(f"a context would lie inside itself ({shown}): no cycles") from error


def _check_event(event: Event) -> None:
    if event.type is EventType.UNKNOWN:
        raise InvalidArgument(
            f"the event between artifact#{event.artifact_id} and execution#{event.execution_id} has no type",
            hint="say INPUT or OUTPUT",
        )
    check_path(event)


def check_path(event: Event) -> None:
    """Raise InvalidArgument unless an event's path is made of texts and 64-bit integers."""
    for step in event.path:
        if isinstance(step, int) and not isinstance(step, bool) and INT64_MIN <= step <= INT64_MAX:
            continue
        if not isinstance(step, str):
            raise InvalidArgument(f"a path is made of keys (str) and 64-bit indices (int), got {step!r}")
        check_text("a path's key", step)


def event_row(event: Event, id_: int, time: int, entry: int) -> tuple[int | str, ...]:
    """Return the cells of an event; the store decides id, time and entry."""
    return (
        id_,
        event.artifact_id,
        event.execution_id,
        event.type.value,
        orjson.dumps(list(event.path)).decode() if event.path else "[]",
        time,
        HOW_NUMBERS[event.how],
        int(event.reproduces),
        entry,
    )


def endpoints(edges: Iterable[Edge]) -> dict[NodeKind, set[int]]:
    """Return the ids of all nodes these edges touch, by kind."""
    artifacts: set[int] = set()
    executions: set[int] = set()
    contexts: set[int] = set()
    for edge in edges:
        if isinstance(edge, Event):
            artifacts.add(edge.artifact_id)
            executions.add(edge.execution_id)
        elif isinstance(edge, Attribution):
            artifacts.add(edge.artifact_id)
            contexts.add(edge.context_id)
        elif isinstance(edge, Association):
            executions.add(edge.execution_id)
            contexts.add(edge.context_id)
        else:
            contexts.update((edge.child_id, edge.parent_id))
    return {NodeKind.ARTIFACT: artifacts, NodeKind.EXECUTION: executions, NodeKind.CONTEXT: contexts}


def need_nodes(cursor: Cursor, keys: Iterable[NodeKey]) -> None:
    """Raise NotFound unless all these nodes exist."""
    wanted: dict[NodeKind, set[int]] = {}
    for kind, id_ in keys:
        wanted.setdefault(kind, set()).add(id_)
    _need({kind: ids - lookups.created(cursor, kind, ids).keys() for kind, ids in wanted.items()})


def need_ends(transaction: Transaction, edges: Iterable[Edge]) -> dict[int, int]:
    """Raise NotFound unless all nodes these edges touch exist; return when the artifacts were created."""
    missing: dict[NodeKind, set[int]] = {}
    created: dict[int, int] = {}
    for kind, ids in endpoints(edges).items():
        table = NODE_TABLES[kind]
        made = {id_ for id_ in ids if transaction.made(table, id_)}
        stored = lookups.created(transaction.cursor, kind, ids - made)
        missing[kind] = ids - made - stored.keys()
        if kind is NodeKind.ARTIFACT:
            created = stored | dict.fromkeys(made, transaction.now)
    _need(missing)
    return created


def _need(missing: Mapping[NodeKind, Iterable[int]]) -> None:
    keys = sorted(str(NodeKey(kind, id_)) for kind, ids in missing.items() for id_ in ids)
    if keys:
        raise NotFound(f"{', '.join(keys[:5])} not found")
