"""Restoring: records written exactly as given, ids and times included. Importers ask for it, nobody else.

What is there with equal content is left alone, so a restoration that was killed goes on where it ended. What is there
with other content, or under a taken name, is a clash: it is returned, and nothing is overwritten. Only rows of entries
that the caller names are brought to a newer state; the former one stays in `revision`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from lineal.errors import InvalidArgument, NotFound
from lineal.ledger.canonical import Cell
from lineal.model.edges import Association, Attribution, Event, ParentContext
from lineal.model.ids import EntrySeq, Micros, NodeKind
from lineal.model.nodes import Node, kind_of
from lineal.model.restoration import LARGEST_ID, Clash, Record, Restored, Standing, Update
from lineal.model.types import NodeType
from lineal.model.values import Value
from lineal.store import index, lookups
from lineal.store.codec import decode
from lineal.store.connections import Cursor, id_list
from lineal.store.edges import check_path, endpoints, event_row, need_no_cycle
from lineal.store.rows import NAME, PROPERTIES, Row, row_of
from lineal.store.tables import (
    ASSOCIATION,
    ATTRIBUTION,
    EVENT,
    NODE_TABLES,
    PARENT_CONTEXT,
    TYPE,
    BoundTable,
)
from lineal.store.types import Types, row_of_type
from lineal.store.writer import Transaction

_NUL, _ESCAPED = "\0", "\\u0000"
_NO_TYPE = 0
"""No type has this id: it stands for one that a dry run would write."""

_PAIRS = {
    ATTRIBUTION.name: "SELECT artifact_id, context_id FROM json_each(?) AS wanted "
    "JOIN attribution ON attribution.artifact_id = wanted.value",
    ASSOCIATION.name: "SELECT execution_id, context_id FROM json_each(?) AS wanted "
    "JOIN association ON association.execution_id = wanted.value",
    PARENT_CONTEXT.name: "SELECT child_id, parent_id FROM json_each(?) AS wanted "
    "JOIN parent_context ON parent_context.child_id = wanted.value",
}
_EVENTS_OF = (
    "SELECT event.id, event.entry, event.artifact_id, event.execution_id, event.type FROM json_each(?) AS wanted "
    "JOIN event ON event.execution_id = wanted.value"
)
_Owner = tuple[int, Cell]
"""A row by its id, and the entry that wrote it; None for one of the same call."""

_Change = tuple[Row, Row]
"""A row as it is there, and as it is given."""

_TYPE_CREATED = TYPE.columns.index("created_at")

_IDENTITY: dict[str, tuple[int, ...]] = {
    table.name: tuple(table.columns.index(column) for column in columns)
    for table, columns in (
        (TYPE, ("kind", "name", "version")),
        *((table, ("type_id", "name", "created_at")) for table in NODE_TABLES.values()),
        (EVENT, ("artifact_id", "execution_id", "type")),
    )
}
"""What never changes: two rows of one id that agree in it are the same thing."""

_NODE_NAMES = frozenset(table.name for table in NODE_TABLES.values())
_UPDATED = -2
"""Where `updated_at` stands in the rows of nodes."""


class Restorer:
    """Sifts records into new, equal, changed and clashing ones. With a transaction it writes what is to be written.

    `over` are the entries whose rows may be brought to another state.
    """

    def __init__(
        self,
        cursor: Cursor,
        types: Types,
        transaction: Transaction | None,
        over: Collection[EntrySeq] = (),
        *,
        block_bits: int,
    ) -> None:
        self._cursor = cursor
        self._types = types
        self._transaction = transaction
        self._block_bits = block_bits
        self._seq = 0 if transaction is None else transaction.seq
        self._written = 0
        self._same = 0
        self._over = over
        self._clashes: list[Clash] = []
        self._updates: list[Update] = []
        self._met: set[EntrySeq] = set()
        self.new_events: list[Event] = []

    def restore(self, records: Sequence[Record]) -> Restored:
        """Return what became of these records; types are written before nodes, nodes before edges."""
        self._restore_types([item for item in records if isinstance(item, NodeType)])
        nodes = [item for item in records if isinstance(item, Node)]
        for kind in NodeKind:
            self._restore_nodes(kind, [node for node in nodes if kind_of(node) is kind])
        edges = [item for item in records if isinstance(item, Event | Attribution | Association | ParentContext)]
        self._need_endpoints(edges)
        self._restore_events([edge for edge in edges if isinstance(edge, Event)])
        pairs: dict[str, list[tuple[int, int]]] = {table: [] for table in _PAIRS}
        for edge in edges:
            if not isinstance(edge, Event):
                pairs[_table_of(edge).name].append(_pair_of(edge))
        for table in (ATTRIBUTION, ASSOCIATION, PARENT_CONTEXT):
            self._restore_pairs(table, list(dict.fromkeys(pairs[table.name])))
        return Restored(self._written, self._same, tuple(self._clashes), tuple(self._updates), frozenset(self._met))

    # types and nodes -----------------------------------------------------------------------------
    def _restore_types(self, types: Sequence[NodeType]) -> None:
        now = Micros(0) if self._transaction is None else self._transaction.now
        rows: list[Row] = [(*row_of_type(_dated(type_, now)), self._seq) for type_ in types]
        self._need_nul(rows)
        # When a type was made is not always known: then any time will do.
        vague = frozenset(_need_id("type", type_.id) for type_ in types if type_.created_at is None)
        new, changed = self._sift(TYPE, rows, vague)
        replaced = self._replace(TYPE, changed)
        new = self._untaken(TYPE, new, _IDENTITY[TYPE.name])
        self._insert(TYPE, self._untaken(TYPE, new, (TYPE.columns.index("external_id"),), _leaving(TYPE, replaced)))
        if new or replaced:
            self._types.forget()

    def _restore_nodes(self, kind: NodeKind, nodes: Sequence[Node]) -> None:
        table = NODE_TABLES[kind]
        by_id: dict[int, Node] = {}
        rows: list[Row] = []
        for node in nodes:
            id_ = _need_id(kind.value, node.id)
            if node.created_at is None or node.updated_at is None:
                raise InvalidArgument(f"{kind.value}#{id_} has no times; a restored node says when it was made")
            by_id[id_] = node
            rows.append(row_of(node, id_, self._type_id(kind, node), node.created_at, node.updated_at, self._seq))
        self._need_nul(rows, by_id)
        new, changed = self._sift(table, rows)
        replaced = self._replace(table, changed)
        new = self._untaken(table, new, (1, NAME))
        new = self._untaken(table, new, (table.columns.index("external_id"),), _leaving(table, replaced))
        self._insert(table, new)
        if self._transaction is not None:
            self._reindex(kind, replaced, by_id)
            index.write(self._cursor, self._indexed(kind, [by_id[cast("int", row[0])] for row in new]))

    def _indexed(self, kind: NodeKind, nodes: Iterable[Node]) -> Iterator[index.IndexRow]:
        for node in nodes:
            yield from self._index_rows(kind, cast("int", node.id), node.properties, node.custom_properties)

    def _index_rows(
        self, kind: NodeKind, id_: int, declared: Mapping[str, Value], custom: Mapping[str, Value]
    ) -> Iterator[index.IndexRow]:
        return index.index_rows(kind, id_, declared, custom, block_bits=self._block_bits)

    def _reindex(self, kind: NodeKind, replaced: Sequence[_Change], nodes: Mapping[int, Node]) -> None:
        at = PROPERTIES[kind]
        for old, _ in replaced:
            id_ = cast("int", old[0])
            before = set(self._index_rows(kind, id_, decode(cast("str", old[at])), decode(cast("str", old[at + 1]))))
            after = set(self._indexed(kind, [nodes[id_]]))
            index.remove(self._cursor, before - after)
            index.write(self._cursor, after - before)

    def _type_id(self, kind: NodeKind, node: Node) -> int:
        found = self._types.find(self._cursor, kind, node.type, node.type_version)
        if found is None and self._transaction is not None:
            raise NotFound(
                f"{kind.value}#{node.id} is of type {node.type!r} version {node.type_version!r}, which is not there",
                hint="restore the types first",
            )
        return _NO_TYPE if found is None else cast("int", found.id)

    # edges ---------------------------------------------------------------------------------------
    def _need_endpoints(self, edges: Sequence[Event | Attribution | Association | ParentContext]) -> None:
        if self._transaction is None:
            return
        keys = endpoints(edges)
        for kind, table in NODE_TABLES.items():
            ids = sorted(keys[kind])
            found = set(self._present(table, ids, "node.id"))
            missing = [id_ for id_ in ids if id_ not in found]
            if missing:
                raise NotFound(f"{kind.value}#{missing[0]} not found, so no edge can touch it")

    def _restore_events(self, events: Sequence[Event]) -> None:
        rows: list[Row] = []
        for event in events:
            id_ = _need_id("event", event.id)
            if event.time is None:
                raise InvalidArgument(f"event#{id_} has no time; a restored event says when it was")
            check_path(event)
            rows.append(event_row(event, id_, event.time, self._seq))
        # An event never changes: what is there stays.
        new, _ = self._sift(EVENT, rows)
        taken: dict[tuple[Cell, ...], _Owner] = {}
        if new and self._largest(EVENT):
            executions = sorted({cast("int", row[2]) for row in new})
            taken = {found[2:]: found[:2] for found in self._cursor.execute(_EVENTS_OF, (id_list(executions),))}
        free = self._free(EVENT, new, (1, 2, 3), taken)
        self._insert(EVENT, free)
        written = {row[0] for row in free}
        self.new_events = [event for event in events if event.id in written]

    def _restore_pairs(self, table: BoundTable, pairs: Sequence[tuple[int, int]]) -> None:
        if not pairs:
            return
        members = sorted({member for member, _ in pairs})
        stored = {tuple(row) for row in self._cursor.execute(_PAIRS[table.name], (id_list(members),))}
        new = [pair for pair in pairs if pair not in stored]
        self._same += len(pairs) - len(new)
        self._written += len(new)
        if new and self._transaction is not None:
            if table is PARENT_CONTEXT:
                need_no_cycle(self._cursor, new)
            ids = self._transaction.new_ids(table, len(new))
            self._transaction.insert(table, [(id_, *pair, self._seq) for id_, pair in zip(ids, new, strict=True)])

    def _need_nul(self, rows: Iterable[Sequence[Cell]], nodes: Mapping[int, Node] | None = None) -> None:
        """Let the database say whether it holds a text with a NUL, the one text that not every database holds.

        A row that is there without the property that was refused would be a clash otherwise.
        """
        for row in rows:
            for cell in row:
                if not isinstance(cell, str):
                    continue
                if _NUL in cell:
                    self._cursor.execute("SELECT ?", (cell,)).fetchall()
                elif nodes and _ESCAPED in cell:
                    node = nodes[cast("int", row[0])]
                    self._need_nul(cells for _, cells in self._indexed(kind_of(node), [node]))

    # what is there -------------------------------------------------------------------------------
    def _sift(
        self, table: BoundTable, rows: Sequence[Row], vague: frozenset[int] = frozenset()
    ) -> tuple[list[Row], list[_Change]]:
        """Return the rows whose ids are free, and those that may take the place of what is there.

        Counts those that are there and notes those that clash. When a type in `vague` was made does not count.
        """
        ids = [cast("int", row[0]) for row in rows]
        if len(set(ids)) < len(ids):
            raise InvalidArgument(f"two records of one call are {table.name}#{_repeated(ids)}")
        if not rows or min(ids) > self._largest(table):
            return list(rows), []
        stored = {row[0]: row for row in self._present_rows(table, ids)}
        new: list[Row] = []
        changed: list[_Change] = []
        for row in rows:
            old = stored.get(row[0])
            if old is None:
                new.append(row)
                continue
            if row[0] in vague:
                row = (*row[:_TYPE_CREATED], old[_TYPE_CREATED], *row[_TYPE_CREATED + 1 :])  # noqa: PLW2901
            self._compare(table, old, row, changed)
        return new, changed

    def _compare(self, table: BoundTable, old: Row, row: Row, changed: list[_Change]) -> None:
        """Count a row that is there as equal, put it among the changed ones, or note a clash."""
        entry = cast("EntrySeq", old[-1])
        same = _is_same_thing(table, old, row)
        if same and table.name in _NODE_NAMES:
            self._met.add(entry)
        if old[1:-1] == row[1:-1]:
            self._same += 1
        elif not same or table is EVENT or entry not in self._over:
            message = f"is there with another {', '.join(_differing(table, old, row))}"
            self._clash(table, row, Standing.CHANGED if same else Standing.OTHER, message, entry)
        elif table.name in _NODE_NAMES and cast("int", row[_UPDATED]) < cast("int", old[_UPDATED]):
            self._clash(table, row, Standing.CHANGED, "is there in a later state", entry)
        else:
            changed.append((old, row))

    def _replace(self, table: BoundTable, changed: Sequence[_Change]) -> list[_Change]:
        """Bring rows to their new state and return them: first those that give their external id back."""
        at = table.columns.index("external_id")
        self._write_over(table, freeing := [change for change in changed if change[1][at] is None])
        others = [change for change in changed if change[1][at] is not None]
        rows = self._untaken(table, [row for _, row in others], (at,), _leaving(table, freeing))
        free = {row[0] for row in rows}
        self._write_over(table, rest := [change for change in others if change[0][0] in free])
        return [*freeing, *rest]

    def _write_over(self, table: BoundTable, changed: Sequence[_Change]) -> None:
        for old, row in changed:
            columns = tuple(_differing(table, old, row))
            self._updates.append(Update(table=table.name, id=cast("int", row[0]), columns=columns))
            if self._transaction is not None:
                self._transaction.replace(table, old, row)

    def _untaken(
        self, table: BoundTable, rows: Sequence[Row], key: tuple[int, ...], leaving: Collection[int] = ()
    ) -> list[Row]:
        """Return the rows whose key belongs to no other row; a key with a NULL, or of a row in `leaving`, to nobody."""
        keyed = [row for row in rows if row[key[-1]] is not None]
        taken: dict[tuple[Cell, ...], _Owner] = {}
        if keyed and self._largest(table):
            groups: dict[Cell, list[tuple[Cell, ...]]] = {}
            for row in keyed:
                groups.setdefault(row[key[0]] if len(key) > 1 else None, []).append(_cells(row, key))
            for front, wanted in groups.items():
                taken |= self._taken(table, key, front, wanted)
        if leaving:
            taken = {cells: owner for cells, owner in taken.items() if owner[0] not in leaving}
        return self._free(table, rows, key, taken)

    def _taken(
        self, table: BoundTable, key: tuple[int, ...], front: Cell, wanted: Sequence[tuple[Cell, ...]]
    ) -> dict[tuple[Cell, ...], _Owner]:
        """Return which of these keys, alike in their first column, are in the table, and whose they are."""
        columns = [table.columns[at] for at in key]
        # Of a key of one column the values themselves are sought; of a longer one those of the second.
        sought, before = (1, f"{columns[0]} = ? AND") if len(key) > 1 else (0, "")
        found: dict[tuple[Cell, ...], _Owner] = {}
        for chunk in lookups.chunks(dict.fromkeys(cells[sought] for cells in wanted)):
            statement = (
                f"SELECT id, entry, {', '.join(columns)} FROM {table.name} "
                f"WHERE {before} {columns[sought]} IN ({', '.join('?' * len(chunk))})"
            )
            parameters = [front, *chunk] if before else chunk
            found.update({tuple(row[2:]): (row[0], row[1]) for row in self._cursor.execute(statement, parameters)})
        return found

    def _free(
        self, table: BoundTable, rows: Sequence[Row], key: tuple[int, ...], taken: dict[tuple[Cell, ...], _Owner]
    ) -> list[Row]:
        free: list[Row] = []
        for row in rows:
            cells = _cells(row, key)
            if cells[-1] is not None:
                owner, entry = taken.setdefault(cells, (cast("int", row[0]), None))
                if owner != row[0]:
                    shown = ", ".join(f"{table.columns[at]} {row[at]!r}" for at in key)
                    message = f"{shown} belongs to {table.name}#{owner}"
                    self._clash(table, row, Standing.TAKEN, message, cast("EntrySeq | None", entry))
                    continue
            free.append(row)
        return free

    def _present(self, table: BoundTable, ids: Sequence[int], columns: str) -> Iterator[Cell]:
        return (row[0] for row in self._select(table, ids, columns))

    def _present_rows(self, table: BoundTable, ids: Sequence[int]) -> Iterator[Row]:
        return self._select(table, ids, ", ".join(f"node.{column}" for column in table.columns))

    def _select(self, table: BoundTable, ids: Sequence[int], columns: str) -> Iterator[Row]:
        statement = f"SELECT {columns} FROM json_each(?) AS wanted JOIN {table.name} AS node ON node.id = wanted.value"
        return cast("Iterator[Row]", iter(self._cursor.execute(statement, (id_list(ids),)).fetchall()))

    def _largest(self, table: BoundTable) -> int:
        (largest,) = self._cursor.execute(f"SELECT max(id) FROM {table.name}").fetchone()
        return cast("int", largest or 0)

    # writing -------------------------------------------------------------------------------------
    def _insert(self, table: BoundTable, rows: Sequence[Row]) -> None:
        self._written += len(rows)
        if rows and self._transaction is not None:
            self._transaction.insert(table, rows)
            self._transaction.took(table, max(cast("int", row[0]) for row in rows))

    def _clash(self, table: BoundTable, row: Row, standing: Standing, message: str, entry: EntrySeq | None) -> None:
        clash = Clash(table=table.name, id=cast("int", row[0]), standing=standing, message=message, entry=entry)
        self._clashes.append(clash)


def _is_same_thing(table: BoundTable, old: Row, row: Row) -> bool:
    identity = _IDENTITY[table.name]
    if any(old[at] != row[at] for at in identity):
        return False
    # A node that was made at no time was made by hand, and tells nothing.
    return table.name not in _NODE_NAMES or row[identity[-1]] != 0


def _differing(table: BoundTable, old: Row, row: Row) -> list[str]:
    return [table.columns[at] for at in range(1, len(row) - 1) if old[at] != row[at]]


def _leaving(table: BoundTable, changed: Iterable[_Change]) -> frozenset[int]:
    """Return the ids of the rows that give their external id back. In a dry run they still have it."""
    at = table.columns.index("external_id")
    return frozenset(cast("int", row[0]) for old, row in changed if old[at] != row[at])


def _dated(type_: NodeType, now: Micros) -> NodeType:
    return type_ if type_.created_at is not None else replace(type_, created_at=now)


def _need_id(what: str, id_: int | None) -> int:
    if id_ is None or not 0 < id_ <= LARGEST_ID:
        raise InvalidArgument(f"{what}#{id_}: a restored record has an id from 1 to {LARGEST_ID}")
    return id_


def _table_of(edge: Attribution | Association | ParentContext) -> BoundTable:
    if isinstance(edge, Attribution):
        return ATTRIBUTION
    return ASSOCIATION if isinstance(edge, Association) else PARENT_CONTEXT


def _pair_of(edge: Attribution | Association | ParentContext) -> tuple[int, int]:
    if isinstance(edge, Attribution):
        return edge.artifact_id, edge.context_id
    if isinstance(edge, Association):
        return edge.execution_id, edge.context_id
    return edge.child_id, edge.parent_id


def _cells(row: Row, key: tuple[int, ...]) -> tuple[Cell, ...]:
    return tuple(row[at] for at in key)


def _repeated(ids: Sequence[int]) -> int:
    seen: set[int] = set()
    return next(id_ for id_ in ids if id_ in seen or seen.add(id_))  # type: ignore[func-returns-value]
