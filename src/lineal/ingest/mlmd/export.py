"""The export: a store as a SQLite database that ML Metadata opens, with the same ids. What it cannot hold is a loss.

The file takes its name when it is complete; a failed export leaves nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from lineal.ingest.mlmd import back, schema
from lineal.ingest.mlmd.destination import whole
from lineal.ingest.mlmd.exactness import Mark
from lineal.ingest.mlmd.layout import COLUMNS, ENVIRONMENT, NODES, NULL, STRUCT, TABLES, VERSION, NodeTable
from lineal.ingest.mlmd.losses import Fate, Loss, Losses
from lineal.ingest.mlmd.nul import NUL, STAND_IN, holds_nul, visible
from lineal.ingest.mlmd.pairs import MEMBERSHIPS, PAIRS, pair_of
from lineal.ingest.mlmd.provenance import Provenance
from lineal.ingest.mlmd.rows import NodeRow, StepRow, TypeRow
from lineal.model.edges import Event, How
from lineal.model.ids import ExecutionId, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Context, Execution, Node, key_of
from lineal.model.types import NodeType
from lineal.model.vocabulary import SIMPLE_TYPES
from lineal.store.protocol import N, Store

_PAGE = 1_000

R = TypeVar("R", TypeRow, NodeRow)

Progress = Callable[[str, int], None]
"""Gets a table and how many rows of it were written."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: rows of each table, how many facts are not in it or changed, and the first of them."""

    rows: dict[str, int]
    left_out: dict[str, int]
    changed: dict[str, int]
    losses: Sequence[Loss]

    def examples(self, what: str, fate: Fate) -> Sequence[Loss]:
        """Return the first facts of one kind that met this fate."""
        return [loss for loss in self.losses if loss.table == what and loss.fate is fate]


def export_mlmd(store: Store, file: Path, *, progress: Progress | None = None) -> Exported:
    """Write a store into a new SQLite file of ML Metadata's schema version 10, all of it as it is at one moment.

    Raises AlreadyExists (the file is there), StoreFull, StoreReadOnly.
    """
    with store.snapshot(), whole(file) as unfinished, closing(_connect(unfinished)) as target:
        export = _Export(store, target, progress or _silent)
        exported = export.run()
        target.execute("COMMIT")
    return exported


class _Export:
    def __init__(self, store: Store, target: sqlite3.Connection, progress: Progress) -> None:
        self._store = store
        self._target = target
        self._tell = progress
        # A store of a million nodes loses the microseconds of each: only their number is kept.
        self._losses = Losses(keyed=False)
        self._types = back.TypeIds(_types_of(store))
        self._rows = dict.fromkeys(TABLES, 0)
        self._mark = Mark(Provenance(store))

    def run(self) -> Exported:
        for statement in schema.tables():
            self._target.execute(statement)
        self._target.execute(f"INSERT INTO {ENVIRONMENT} VALUES (?)", (VERSION,))
        self._write_types()
        for contexts in _pages(self._store, Context):
            self._nodes(NodeKind.CONTEXT, contexts)
        for artifacts in _pages(self._store, Artifact):
            self._nodes(NodeKind.ARTIFACT, artifacts)
            self._beside(artifacts)
        for executions in _pages(self._store, Execution):
            self._nodes(NodeKind.EXECUTION, executions)
            self._events(executions)
        self._mark.write(self._target)
        for statement in schema.indexes():
            self._target.execute(statement)
        predictions = int(self._store.facts().get("prediction rows", "0"))
        left_out = ({"prediction": predictions} if predictions else {}) | self._counts(Fate.LEFT_OUT)
        return Exported(self._rows, left_out, self._counts(Fate.CHANGED), self._losses.shown())

    def _counts(self, fate: Fate) -> dict[str, int]:
        counts = {what: self._losses.count(what, fate) for what in (*TABLES, *_BESIDE)}
        return {what: count for what, count in counts.items() if count}

    def _write_types(self) -> None:
        types = self._types.types
        self._insert("Type", self._visible("Type", back.type_rows(types)))
        declared = back.type_property_rows(types)
        self._insert("TypeProperty", [row for row in declared if NUL not in row[1]])
        for row in declared:
            if NUL in row[1]:
                self._lose("TypeProperty", row[:2], _NO_NUL)
        parents = back.parent_type_rows(types)
        simple = {type_.id for type_ in types if type_.name.startswith("mlmd.")}
        self._insert("ParentType", [row for row in parents if row[1] in simple])
        for pair in parents:
            if pair[1] not in simple:
                self._lose("ParentType", pair, "a base of ML Metadata is one of its simple types, mlmd.Dataset say")

    def _nodes(self, kind: NodeKind, nodes: Sequence[Node]) -> None:
        table = NODES[kind]
        rows = self._visible(table.name, [back.node_row(node, self._types.of(node)) for node in nodes])
        columns = tuple(COLUMNS[table.name])
        places = [_PLACES[column] for column in columns]
        self._insert(table.name, [[row[at] for at in places] for row in rows], columns)
        self._insert(table.properties, [cells for node in nodes for cells in self._properties(table, node)])
        for node in nodes:
            self._mark.add(kind, node)
            self._without(node)
        self._memberships(kind, nodes)

    def _properties(self, table: NodeTable, node: Node) -> list[tuple[object, ...]]:
        """Return the cells of a node's properties; note those that cannot be kept, or not be read again."""
        rows, lost = back.property_rows(node)
        kept: list[tuple[object, ...]] = []
        for row in rows:
            value = (node.custom_properties if row.custom else node.properties)[row.name]
            if holds_nul(row.name, value):
                lost[row.node_id, row.custom, row.name] = _NO_NUL
            elif isinstance(value, str) and (value == NULL or value.startswith(STRUCT)):
                lost[row.node_id, row.custom, row.name] = f"ML Metadata reads {value[:16]!r} as another value"
            else:
                kept.append((*row[:6], None, *row[6:]))
        for key, why in lost.items():
            self._lose(table.properties, key, why)
        return kept

    def _without(self, node: Node) -> None:
        """Note what a node has and a row of ML Metadata has not."""
        key = (str(key_of(node)),)
        if isinstance(node, Artifact) and node.fingerprint is not None:
            self._lose("fingerprint", key, node.fingerprint)
        if isinstance(node, Execution) and (node.started_at is not None or node.ended_at is not None):
            self._lose("started and ended", key, f"{node.started_at} to {node.ended_at} µs")
        if (node.created_at or 0) % back.MILLISECOND or (node.updated_at or 0) % back.MILLISECOND:
            self._lose("microseconds", key, f"created {node.created_at} µs, updated {node.updated_at} µs")

    def _memberships(self, kind: NodeKind, nodes: Sequence[Node]) -> None:
        table = _OWN_PAIRS[kind]
        found = self._store.memberships([key_of(node) for node in nodes], only=[MEMBERSHIPS[table]])
        ids = {node.id for node in nodes}
        pairs = [pair for pair in map(pair_of, found) if pair[0] in ids]
        one, _, other, _ = PAIRS[table]
        self._insert(table, pairs, (one, other))

    def _events(self, executions: Sequence[Execution]) -> None:
        ids = [ExecutionId(execution.id or 0) for execution in executions]
        events = self._store.events(executions=ids)
        self._insert("Event", [back.event_row(event) for event in events])
        self._insert("EventPath", [step for event in events for step in self._steps(event)])
        for event in events:
            key = (f"event#{event.id}",)
            if event.how is not How.DECLARED:
                self._lose("how an event became known", key, event.how.value)
            if event.reproduces:
                self._lose("reproduction", key, "it made content again that was there before")
        for id_ in ids:
            for series in self._store.metrics(id_):
                self._lose("metric", (f"execution#{id_}", series.name), f"{len(series.steps)} points")

    def _steps(self, event: Event) -> list[StepRow]:
        rows = back.step_rows(event)
        for place, row in enumerate(rows):
            if row.key is not None and NUL in row.key:
                self._losses.add("EventPath", (row.event_id, place), Fate.CHANGED, f"its key holds a NUL: {_STANDS}")
                rows[place] = row._replace(key=visible(row.key))
        return rows

    def _visible(self, table: str, rows: Iterable[R]) -> list[R]:
        """Return rows whose texts have no NUL, at which ML Metadata would cut them off."""
        seen: list[R] = []
        for row in rows:
            held: dict[str, Any] = {
                name: visible(cell)
                for name, cell in zip(row._fields, row, strict=True)
                if cell.__class__ is str and NUL in cell
            }
            if held:
                message = f"its {', '.join(held)} holds a NUL: {_STANDS}"
                self._losses.add(table, (row.id,), Fate.CHANGED, message)
            seen.append(row._replace(**held) if held else row)
        return seen

    def _beside(self, artifacts: Sequence[Artifact]) -> None:
        ids = [artifact.id for artifact in artifacts if artifact.id is not None]
        for alias in self._store.aliases(artifacts=ids):
            self._lose("alias", (f"{alias.type}:{alias.family}@{alias.alias}",), f"artifact#{alias.artifact_id}")
        for decision in self._store.decisions(artifacts=ids):
            what = f"{decision.action.value} by {decision.actor}"
            self._lose("decision", (f"artifact#{decision.artifact_id}",), what)

    def _insert(self, table: str, rows: Sequence[Sequence[object]], columns: Sequence[str] = ()) -> None:
        names = columns or tuple(COLUMNS[table])
        marks = ", ".join("?" * len(names))
        self._target.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
        self._rows[table] += len(rows)
        self._tell(table, self._rows[table])

    def _lose(self, table: str, key: tuple[int | str, ...], message: str) -> None:
        self._losses.add(table, key, Fate.LEFT_OUT, message)


_PLACES = {
    "id": 0,
    "type_id": 1,
    "name": 2,
    "uri": 3,
    **{table.state: 4 for table in NODES.values() if table.state},
    "external_id": 5,
    "create_time_since_epoch": 6,
    "last_update_time_since_epoch": 7,
}
"""Where the columns of the tables of nodes stand in a `NodeRow`."""

_NO_NUL = "it holds a NUL, where texts of ML Metadata end"
_STANDS = f"{STAND_IN} is written in its place, because texts of ML Metadata end at a NUL"

# What nearly every record has comes last, so that nothing hides behind it.
_BESIDE = (
    "fingerprint",
    "started and ended",
    "reproduction",
    "metric",
    "alias",
    "decision",
    "how an event became known",
    "microseconds",
)
_OWN_PAIRS = {NodeKind.ARTIFACT: "Attribution", NodeKind.EXECUTION: "Association", NodeKind.CONTEXT: "ParentContext"}


def _types_of(store: Store) -> list[NodeType]:
    """Return a store's types and ML Metadata's simple ones: without them it cannot open a file to read it."""
    stored = store.list_types()
    ids = {type_.id for type_ in stored}
    names = {(type_.kind, type_.name) for type_ in stored if not type_.version}
    missing = [type_ for key, type_ in SIMPLE_TYPES.items() if key not in names and type_.id not in ids]
    return sorted([*stored, *missing], key=lambda type_: type_.id or 0)


def _pages(store: Store, cls: type[N]) -> Iterator[Sequence[N]]:
    token = None
    while True:
        page = store.list(cls, ListOptions(limit=_PAGE, page_token=token))
        if page.items:
            yield page.items
        token = page.next_token
        if token is None:
            return


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(file))}?mode=rwc", uri=True, isolation_level=None)
    # A file that is not complete is thrown away, so it needs no journal.
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    return connection


def _silent(table: str, rows: int) -> None:
    """Tell nobody."""
