"""Artifacts, executions and contexts: putting, getting, finding by name."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, cast

import orjson

from lineal.errors import AlreadyExists, InvalidArgument, NotFound
from lineal.model.ids import ArtifactId, EntrySeq, NodeKey, NodeKind, TypeId
from lineal.model.nodes import Artifact, Context, Execution, Node, kind_of
from lineal.model.types import NodeType
from lineal.model.values import INT64_MAX, Value, check_text
from lineal.store import index, lookups
from lineal.store.codec import decode, encode
from lineal.store.connections import Cursor, id_list
from lineal.store.rows import (
    CREATED,
    FINGERPRINT,
    NAME,
    PROPERTIES,
    TYPE_ID,
    Row,
    column_of,
    nodes_of,
    record_of,
    row_of,
)
from lineal.store.tables import NODE_TABLES
from lineal.store.types import Types
from lineal.store.writer import Transaction

CHUNK = 2_000
"""Most ids read by one statement."""

BULK = 50
"""So many records are made, or nodes written, without looking for garbage meanwhile."""

SHOWN = 5
"""Most ids named in an error."""

_BY_IDS = {
    kind: f"SELECT {', '.join(f'node.{column}' for column in table.columns)} "
    f"FROM json_each(?) AS wanted JOIN {table.name} AS node ON node.id = wanted.value"
    for kind, table in NODE_TABLES.items()
}
_BY_ID = {kind: f"SELECT {table.column_list} FROM {table.name} WHERE id = ?" for kind, table in NODE_TABLES.items()}
_BY_NAME = {
    kind: f"SELECT {table.column_list} FROM {table.name} WHERE type_id = ? AND name = ?"
    for kind, table in NODE_TABLES.items()
}
_OLD_BODY = """
SELECT body
FROM revision
WHERE table_number = ? AND node_id = ? AND entry <= ?
ORDER BY entry DESC
LIMIT 1
"""


class Known(NamedTuple):
    """A stored node as far as a write needs it."""

    key: NodeKey
    created_at: int
    reused: bool = False


_Fresh = tuple[int, Node, int]
"""A node to insert: its place in the call, the node, and the id of its type."""

# What a NamedTuple's own constructor does, in a third of the time: a batch makes two for each node.
_key: Callable[[tuple[NodeKind, int]], NodeKey] = partial(tuple.__new__, NodeKey)
_known: Callable[[tuple[NodeKey, int, bool]], Known] = partial(tuple.__new__, Known)


class Nodes:
    """The node tables of a store."""

    def __init__(self, types: Types, *, block_bits: int) -> None:
        self._types = types
        self._block_bits = block_bits

    # reading -------------------------------------------------------------------------------------
    def get(
        self, cursor: Cursor, kind: NodeKind, ids: Sequence[int], at: EntrySeq | None, *, existing: bool = False
    ) -> list[Node]:
        """Return these nodes in this order, as they were at entry `at`.

        Missing ones raise NotFound naming them, or are left out with `existing`.
        """
        if len(ids) == 1 and at is None:
            found = cursor.execute(_BY_ID[kind], (ids[0],)).fetchall()
            if found:
                return [record_of(kind, found[0], self._types.by_id(cursor, found[0][TYPE_ID]))]
        records: list[Node] = []
        with no_collecting(len(ids)):
            # Rows that became records make room for the next rows: fresh memory costs as much as the rows.
            for start in range(0, len(ids), CHUNK):
                records += self._several(cursor, kind, ids[start : start + CHUNK], at, existing=existing)
        return records

    def _several(
        self, cursor: Cursor, kind: NodeKind, ids: Sequence[int], at: EntrySeq | None, *, existing: bool
    ) -> list[Node]:
        found = cursor.execute(_BY_IDS[kind], (id_list(ids),)).fetchall()
        if at is None and column_of(found, 0) == list(ids):
            # SQLite joins in the order asked for. Not promised, so looked at.
            return self.records(cursor, kind, found)
        rows: dict[int, Row] = {row[0]: row for row in found}
        if at is not None:
            rows = self._as_of(cursor, kind, rows, at)
        missing = [id_ for id_ in ids if id_ not in rows] if len(rows) < len(ids) else []
        if missing and existing:
            ids = [id_ for id_ in ids if id_ in rows]
        elif missing:
            shown = ", ".join(f"{kind.value}#{id_}" for id_ in missing[:SHOWN]) + (" …" if len(missing) > SHOWN else "")
            raise NotFound(f"{shown} not found" + (" at that time" if at is not None else ""))
        return self.records(cursor, kind, [rows[id_] for id_ in ids])

    def records(self, cursor: Cursor, kind: NodeKind, rows: Sequence[Row]) -> list[Node]:
        """Return the records of rows, in order."""
        type_ids = cast("set[TypeId]", set(column_of(rows, TYPE_ID)))
        types: dict[int, NodeType] = {id_: self._types.by_id(cursor, id_) for id_ in type_ids}
        with no_collecting(len(rows)):
            return nodes_of(kind, rows, types)

    def as_of_row(self, cursor: Cursor, kind: NodeKind, row: Row, at: EntrySeq) -> Row | None:
        """Return the row as it was at entry `at`, or None if the node did not exist yet."""
        if cast("int", row[-1]) <= at:
            return row
        found = cursor.execute(_OLD_BODY, (NODE_TABLES[kind].number, row[0], at)).fetchone()
        return tuple(orjson.loads(found[0])[1:]) if found else None

    def named(self, cursor: Cursor, kind: NodeKind, type_: str, name: str, at: EntrySeq | None) -> list[Node]:
        """Return the nodes of this name in a type's family."""
        found = [
            row
            for type_id in self._types.family(cursor, kind, type_)
            for row in cursor.execute(_BY_NAME[kind], (type_id, name)).fetchall()
        ]
        return self._nodes(cursor, kind, found, at)

    def versions(self, cursor: Cursor, type_: str, family: str, at: EntrySeq | None) -> list[Node]:
        """Return all artifacts named `family@…` in a type's family, oldest first."""
        kind = NodeKind.ARTIFACT
        statement = f"""
SELECT {NODE_TABLES[kind].column_list}
FROM artifact
WHERE type_id = ? AND name >= ? AND name < ?
"""
        # "A" follows "@" in every encoding: the range holds exactly the names that begin with `family@`.
        found = [
            row
            for type_id in self._types.family(cursor, kind, type_)
            for row in cursor.execute(statement, (type_id, f"{family}@", f"{family}A")).fetchall()
            if "@" not in row[NAME][len(family) + 1 :]
        ]
        return self._nodes(cursor, kind, sorted(found), at)

    def _nodes(self, cursor: Cursor, kind: NodeKind, rows: Iterable[Row], at: EntrySeq | None) -> list[Node]:
        if at is not None:
            old = (self.as_of_row(cursor, kind, row, at) for row in rows)
            rows = [row for row in old if row is not None]
        return self.records(cursor, kind, list(rows))

    def _as_of(self, cursor: Cursor, kind: NodeKind, rows: Mapping[int, Row], at: EntrySeq) -> dict[int, Row]:
        old = {id_: self.as_of_row(cursor, kind, row, at) for id_, row in rows.items()}
        return {id_: row for id_, row in old.items() if row is not None}

    # writing -------------------------------------------------------------------------------------
    def put(
        self,
        transaction: Transaction,
        nodes: Sequence[Node],
        *,
        looked_up: bool = False,
        touch: Collection[NodeKey] = (),
    ) -> list[Known]:
        """Insert or update nodes; return what is known of each, in order.

        `looked_up`: the names of new nodes were not there a moment ago, in this transaction. `touch`: see `Store.put`.
        """
        results: list[Known | None] = [None] * len(nodes)
        fresh: dict[NodeKind, list[_Fresh]] = {}
        for position, node in enumerate(nodes):
            kind = kind_of(node)
            type_ = self._types.need(transaction, kind, node.type, node.type_version)
            _check_node(node)
            self._types.check(transaction, type_, node)
            if node.id is None:
                fresh.setdefault(kind, []).append((position, node, cast("int", type_.id)))
            else:
                touched = bool(touch) and NodeKey(kind, node.id) in touch
                results[position] = self._update(transaction, kind, node, type_, touch=touched)
        for kind, new in fresh.items():
            known = self._insert(transaction, kind, new, looked_up=looked_up)
            for (position, _, _), inserted in zip(new, known, strict=True):
                results[position] = inserted
        return [known for known in results if known is not None]

    def put_or_reuse(self, transaction: Transaction, nodes: Sequence[Artifact | Context]) -> list[Known]:
        """Put nodes, taking the stored one where (type, name) is taken by the same content.

        Contexts of one name are the same context. Artifacts are the same if their fingerprints agree;
        otherwise AlreadyExists shows both.
        """
        known = self._same(transaction, nodes)
        missing = [position for position, found in enumerate(known) if found is None]
        if not missing:
            return [found for found in known if found is not None]
        new: dict[tuple[str, str, str], int] = {}
        for position in missing:
            node = nodes[position]
            if node.id is None and node.name is not None:
                new.setdefault((node.type, node.type_version, node.name), position)
        leaders = [
            position
            for position in missing
            if nodes[position].id is not None
            or (name := nodes[position].name) is None
            or new[nodes[position].type, nodes[position].type_version, name] == position
        ]
        put = self.put(transaction, [nodes[at] for at in leaders], looked_up=True)
        for position, stored in zip(leaders, put, strict=True):
            known[position] = stored
        # What is named twice in one call is looked up again: now it is stored.
        twice = [position for position, found in enumerate(known) if found is None]
        if twice:
            for position, again in zip(twice, self._same(transaction, [nodes[at] for at in twice]), strict=True):
                known[position] = again
        return [found for found in known if found is not None]

    def _same(self, transaction: Transaction, nodes: Sequence[Artifact | Context]) -> list[Known | None]:
        """Return for each node what is stored under its type and name, or None; nodes with an id or no name: None."""
        wanted: dict[NodeKind, dict[int, tuple[int, str]]] = {}
        for position, node in enumerate(nodes):
            if node.id is not None or node.name is None:
                continue
            _check_node(node)
            kind = kind_of(node)
            type_ = self._types.find(transaction.cursor, kind, node.type, node.type_version)
            if type_ is not None:
                wanted.setdefault(kind, {})[position] = (cast("int", type_.id), node.name)
        known: list[Known | None] = [None] * len(nodes)
        for kind, places in wanted.items():
            rows = lookups.by_name(transaction.cursor, kind, places.values())
            for position, place in places.items():
                row = rows.get(place)
                if row is None:
                    continue
                node = nodes[position]
                if isinstance(node, Artifact):
                    _check_same_content(node, row)
                known[position] = Known(
                    NodeKey(kind, cast("int", row[0])), cast("int", row[CREATED[kind]]), reused=True
                )
        return known

    def _insert(
        self, transaction: Transaction, kind: NodeKind, fresh: Sequence[_Fresh], *, looked_up: bool
    ) -> list[Known]:
        _check_once(kind, fresh)
        if not looked_up:
            _check_names(transaction, kind, fresh)
        external_ids = [node.external_id for _, node, _ in fresh if node.external_id is not None]
        for external_id, id_ in lookups.by_external_id(transaction.cursor, kind, external_ids).items():
            raise _belongs(kind, external_id, id_)
        ids = transaction.new_ids(NODE_TABLES[kind], len(fresh))
        now, seq = transaction.now, transaction.seq
        rows = [row_of(node, id_, type_id, now, now, seq) for id_, (_, node, type_id) in zip(ids, fresh, strict=True)]
        transaction.insert(NODE_TABLES[kind], rows)
        index.write(
            transaction.cursor,
            (
                row
                for id_, (_, node, _) in zip(ids, fresh, strict=True)
                for row in self._indexed(kind, id_, node.properties, node.custom_properties)
            ),
        )
        return [_known((_key((kind, id_)), now, False)) for id_ in ids]

    def _update(self, transaction: Transaction, kind: NodeKind, node: Node, type_: NodeType, *, touch: bool) -> Known:
        table = NODE_TABLES[kind]
        id_ = cast("int", node.id)
        old = transaction.cursor.execute(_BY_ID[kind], (id_,)).fetchone()
        if old is None:
            raise NotFound(f"{kind.value}#{id_} not found, so it cannot be updated")
        if old[TYPE_ID] != type_.id:
            raise InvalidArgument(f"{kind.value}#{id_} is of another type than {type_.name}; a type never changes")
        _check_unchanged(kind, id_, node, old)
        if node.external_id is not None:
            owner = lookups.by_external_id(transaction.cursor, kind, [node.external_id]).get(node.external_id, id_)
            if owner != id_:
                raise _belongs(kind, node.external_id, owner)
        created = old[CREATED[kind]]
        # ML Metadata's clients tell changes apart by the millisecond.
        updated = max(transaction.now, min((old[-2] // 1000 + 1) * 1000, INT64_MAX))
        new = row_of(node, id_, old[TYPE_ID], created, updated, transaction.seq)
        new = (*new[:NAME], old[NAME], *new[NAME + 1 :])
        if new[:-2] == old[:-2] and not touch:
            return Known(NodeKey(kind, id_), created)
        transaction.replace(table, old, new)
        at = PROPERTIES[kind]
        before = set(self._indexed(kind, id_, decode(old[at]), decode(old[at + 1])))
        after = set(self._indexed(kind, id_, node.properties, node.custom_properties))
        index.remove(transaction.cursor, before - after)
        index.write(transaction.cursor, after - before)
        return Known(NodeKey(kind, id_), created)

    def _indexed(
        self, kind: NodeKind, id_: int, declared: Mapping[str, Value], custom: Mapping[str, Value]
    ) -> Iterator[index.IndexRow]:
        return index.index_rows(kind, id_, declared, custom, block_bits=self._block_bits)


@contextmanager
def no_collecting(count: int) -> Iterator[None]:
    """While many are made or written, do not look for garbage: it would go through all of them again and again."""
    pause = count >= BULK and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def artifact_ids(known: Iterable[Known]) -> tuple[ArtifactId, ...]:
    """Return the ids of nodes known to be artifacts."""
    return tuple(ArtifactId(item.key.id) for item in known)


_TEXTS = {
    Artifact: ("name", "uri", "external_id", "fingerprint"),
    Execution: ("name", "external_id"),
    Context: ("name", "external_id"),
}


def _check_node(node: Node) -> None:
    for what in _TEXTS[type(node)]:
        text = getattr(node, what)
        # Most are plain, and then need no sentence about them.
        if text is not None and not (isinstance(text, str) and text.isascii()):
            check_text(f"{'a' if isinstance(node, Context) else 'an'} {kind_of(node).value}'s {what}", text)
    if isinstance(node, Context) and not node.name:
        raise InvalidArgument("a context needs a name")
    if isinstance(node, Execution) and node.started_at is not None and node.ended_at is not None:
        _check_interval(node.started_at, node.ended_at)


def _check_once(kind: NodeKind, fresh: Sequence[_Fresh]) -> None:
    names: set[tuple[int, str]] = set()
    external_ids: set[str] = set()
    for _, node, type_id in fresh:
        if node.name is not None:
            if (type_id, node.name) in names:
                raise AlreadyExists(f"{kind.value} {node.type} {node.name!r} was given twice")
            names.add((type_id, node.name))
        if node.external_id is not None:
            if node.external_id in external_ids:
                raise AlreadyExists(f"external id {node.external_id!r} was given to two {kind.value}s")
            external_ids.add(node.external_id)


def _check_names(transaction: Transaction, kind: NodeKind, fresh: Sequence[_Fresh]) -> None:
    wanted = {(type_id, node.name): node for _, node, type_id in fresh if node.name is not None}
    for place, row in lookups.by_name(transaction.cursor, kind, wanted).items():
        node = wanted[place]
        fingerprints = _both(node, row) if isinstance(node, Artifact) else ""
        raise AlreadyExists(
            f"{kind.value} {node.type} {node.name!r} exists as {kind.value}#{row[0]}{fingerprints}",
            hint="choose another name or version",
        )


def _belongs(kind: NodeKind, external_id: str, id_: int) -> AlreadyExists:
    return AlreadyExists(f"external id {external_id!r} belongs to {kind.value}#{id_}")


def _check_interval(started_at: int, ended_at: int) -> None:
    if ended_at < started_at:
        raise InvalidArgument(f"the execution ends ({ended_at} µs) before it starts ({started_at} µs)")


def _check_unchanged(kind: NodeKind, id_: int, node: Node, old: Row) -> None:
    if isinstance(node, Artifact) and old[FINGERPRINT] not in {None, node.fingerprint}:
        raise InvalidArgument(
            f"{kind.value}#{id_} has the content {old[FINGERPRINT]}; an update cannot change it to {node.fingerprint}",
            hint="new content is a new version: put it under another name",
        )
    if node.name is not None and node.name != old[NAME]:
        raise InvalidArgument(f"{kind.value}#{id_} is named {old[NAME]!r}; a name never changes (got {node.name!r})")


def _check_same_content(node: Artifact, row: Row) -> None:
    stored = row[FINGERPRINT]
    if stored == node.fingerprint and stored is not None:
        return
    at = PROPERTIES[NodeKind.ARTIFACT]
    if stored is None and node.fingerprint is None and row[at] == encode(node.properties):
        return
    raise AlreadyExists(
        f"artifact {node.type} {node.name!r} exists as artifact#{row[0]} with other content{_both(node, row)}",
        hint="choose another version, or leave the version out to get the next one",
    )


def _both(node: Artifact, row: Row) -> str:
    return f": stored {row[FINGERPRINT] or 'no fingerprint'}, given {node.fingerprint or 'no fingerprint'}"
