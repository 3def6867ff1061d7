"""Kept records: types and edges with the entries that wrote them, page by page. Importers compare by them."""

from __future__ import annotations

from typing import cast

from lineal.model.edges import Association, Attribution, Event, Membership, ParentContext
from lineal.model.ids import EntrySeq
from lineal.model.restoration import K, Kept
from lineal.model.types import NodeType
from lineal.store.connections import Cursor
from lineal.store.edges import EVENT_COLUMNS, event_of, membership_of
from lineal.store.types import Types

_TYPES = "SELECT id, entry FROM type WHERE id > ? ORDER BY id LIMIT ?"
_EVENTS = f"SELECT {EVENT_COLUMNS} FROM event WHERE id > ? ORDER BY id LIMIT ?"

# The columns of both ends, in the order of the unique key.
_ENDS: dict[type[Membership], tuple[str, str, str]] = {
    Attribution: ("attribution", "context_id", "artifact_id"),
    Association: ("association", "context_id", "execution_id"),
    ParentContext: ("parent_context", "child_id", "parent_id"),
}


def kept(cursor: Cursor, types: Types, cls: type[K], after: K | None, limit: int) -> list[Kept[K]]:
    """Return the records of a class that follow `after`: types and events by id, memberships by their ends."""
    if issubclass(cls, NodeType | Event):
        id_ = 0 if after is None else cast("NodeType | Event", after).id
        found: object = _types(cursor, types, id_, limit) if cls is NodeType else _events(cursor, id_, limit)
    else:
        found = _memberships(cursor, cast("type[Membership]", cls), after, limit)
    return cast("list[Kept[K]]", found)


def _types(cursor: Cursor, types: Types, after: int | None, limit: int) -> list[Kept[NodeType]]:
    found = {type_.id: type_ for type_ in types.all(cursor)}
    return [Kept(found[id_], EntrySeq(entry)) for id_, entry in cursor.execute(_TYPES, (after, limit)).fetchall()]


def _events(cursor: Cursor, after: int | None, limit: int) -> list[Kept[Event]]:
    return [Kept(event_of(row), row[-1]) for row in cursor.execute(_EVENTS, (after, limit)).fetchall()]


def _memberships(cursor: Cursor, cls: type[Membership], after: object, limit: int) -> list[Kept[Membership]]:
    table, first, second = _ENDS[cls]
    select = f"SELECT {first}, {second}, entry FROM {table}"
    front, back = (0, 0) if after is None else (getattr(after, first), getattr(after, second))
    # In two steps, each of which is one range of the unique key on every database.
    same = f"{select} WHERE {first} = ? AND {second} > ? ORDER BY {second} LIMIT ?"
    later = f"{select} WHERE {first} > ? ORDER BY {first}, {second} LIMIT ?"
    rows = cursor.execute(same, (front, back, limit)).fetchall()
    if len(rows) < limit:
        rows += cursor.execute(later, (front, limit - len(rows))).fetchall()
    if cls is ParentContext:
        return [Kept(membership_of(cls, child, parent), EntrySeq(entry)) for child, parent, entry in rows]
    return [Kept(membership_of(cls, member, context), EntrySeq(entry)) for context, member, entry in rows]
