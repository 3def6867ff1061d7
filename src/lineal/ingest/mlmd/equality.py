"""Equality: what the source holds and what the store holds, table by table, both read in one order.

The source's side is made from its rows; the store's side from the store's records, turned back into rows. Rows that
were reported as left out count on neither side. What an import of this source wrote and the source has not any more
is a difference too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from lineal.ingest.mlmd import back, canonical
from lineal.ingest.mlmd.ahead import Ahead
from lineal.ingest.mlmd.canonical import MODULUS, Lines
from lineal.ingest.mlmd.layout import NODES, TABLES
from lineal.ingest.mlmd.losses import Fate, Key, Losses
from lineal.ingest.mlmd.pairs import MEMBERSHIPS, order_of, pair_of
from lineal.ingest.mlmd.rows import EventBatch, NodeBatch
from lineal.ingest.mlmd.source import Source
from lineal.model.edges import Event
from lineal.model.ids import EntrySeq, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Context, Execution, Node
from lineal.model.restoration import K, Kept
from lineal.model.types import NodeType
from lineal.store.protocol import N, Store

SHOWN = 20
"""Most differences of one table that are kept; all are counted."""

_PAGE = 250
"""Nodes of this side that are read at once: each may be heavy."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not the same on both sides; a side is None where it has no such row."""

    table: str
    key: Key
    there: str | None
    here: str | None


@dataclass(slots=True)
class Side:
    """Rows of a table on one side, and their digest."""

    rows: int = 0
    digest: int = 0

    def add(self, rows: int, digest: int) -> None:
        """Count rows with their digest."""
        self.rows += rows
        self.digest = (self.digest + digest) % MODULUS


@dataclass(slots=True)
class Comparison:
    """One table on both sides: rows and digests of what both should hold, and how many differ.

    `changed` rows are here, but not as they are there; they were reported, and are in no digest. `lost` are those of
    the differing ones that the source has not any more.
    """

    table: str
    there: Side = field(default_factory=Side)
    here: Side = field(default_factory=Side)
    changed: int = 0
    differences: int = 0
    lost: int = 0


class Equality:
    """Compares a source with a store. `ours` are the ledger entries of this source's imports."""

    def __init__(self, source: Source, store: Store, losses: Losses, ours: Collection[EntrySeq]) -> None:
        self.comparisons = {table: Comparison(table) for table in TABLES}
        self.differences: list[Difference] = []
        self._source = source
        self._store = store
        self._losses = losses
        self._ours = ours

    def compare(self, size: int, progress: Callable[[str, int], None]) -> None:
        """Compare everything, `size` rows at once; `progress` gets a table and how many of its rows were compared."""
        with self._store.snapshot():
            self._types(size)
            types = back.TypeIds(self._store.list_types())
            self._nodes(NodeKind.ARTIFACT, Artifact, types, size, progress)
            self._nodes(NodeKind.EXECUTION, Execution, types, size, progress)
            self._nodes(NodeKind.CONTEXT, Context, types, size, progress)
            self._events(size, progress)
            for table in MEMBERSHIPS:
                self._pairs(table, size, progress)

    def _types(self, size: int) -> None:
        there = self._source.types()
        ids = {row.id for row in there}
        types = self._store.list_types()
        ours = {kept.record.id for kept in _kept(self._store, NodeType, size) if kept.entry in self._ours}
        here = [type_ for type_ in types if type_.id in ids or type_.id in ours]
        self._match("Type", canonical.type_lines(there), canonical.type_lines(back.type_rows(here)))
        self._match(
            "TypeProperty",
            canonical.plain_lines(self._source.type_properties(), 2),
            canonical.plain_lines(back.type_property_rows(here), 2),
        )
        parents = [row for row in back.parent_type_rows(types) if row[0] in ids or row[0] in ours]
        self._match(
            "ParentType", canonical.plain_lines(self._source.parent_types(), 2), canonical.plain_lines(parents, 2)
        )

    # nodes ---------------------------------------------------------------------------------------
    def _nodes(
        self, kind: NodeKind, cls: type[N], types: back.TypeIds, size: int, progress: Callable[[str, int], None]
    ) -> None:
        here = Ahead(_listed(self._store, cls))
        for batch in self._source.nodes(kind, size):
            ids = {row.id for row in batch.nodes}
            last = max(ids, default=0)
            nodes: list[Node] = []
            for node in here.while_(lambda node: (node.id or 0) <= last):  # noqa: B023  the batch is done with it
                if node.id in ids:
                    nodes.append(node)
                else:
                    self._lost_node(kind, node, types)
            self._match_nodes(batch, nodes, types)
            progress(NODES[kind].name, len(batch.nodes))
        for node in here.rest():
            self._lost_node(kind, node, types)

    def _match_nodes(self, batch: NodeBatch, nodes: Iterable[Node], types: back.TypeIds) -> None:
        table = NODES[batch.kind]
        there: Lines = {
            (row.id,): canonical.node_line(row, canonical.micros(row.created), canonical.micros(row.updated))
            for row in batch.nodes
        }
        here: Lines = {(node.id or 0,): _line_of(node, types) for node in nodes}
        self._match(table.name, there, here)
        own = chain.from_iterable(back.property_rows(node)[0] for node in nodes)
        self._match(table.properties, canonical.property_lines(batch.properties), canonical.property_lines(own))

    def _lost_node(self, kind: NodeKind, node: Node, types: back.TypeIds) -> None:
        if node.entry in self._ours:
            self._match(NODES[kind].name, {}, {(node.id or 0,): _line_of(node, types)})
            self._match(NODES[kind].properties, {}, canonical.property_lines(back.property_rows(node)[0]))

    # edges ---------------------------------------------------------------------------------------
    def _events(self, size: int, progress: Callable[[str, int], None]) -> None:
        here = Ahead(_kept(self._store, Event, size))
        for batch in self._source.events(size):
            ids = {row.id for row in batch.events}
            last = max(ids, default=0)
            events: list[Event] = []
            for event, entry in here.while_(lambda kept: (kept.record.id or 0) <= last):  # noqa: B023  as above
                if event.id in ids:
                    events.append(event)
                elif entry in self._ours:
                    self._match_events(EventBatch(), [event])
            self._match_events(batch, events)
            progress("Event", len(batch.events))
        for event, entry in here.rest():
            if entry in self._ours:
                self._match_events(EventBatch(), [event])

    def _match_events(self, batch: EventBatch, events: Iterable[Event]) -> None:
        there: Lines = {
            (row.id,): canonical.event_line(row, canonical.micros(row.milliseconds)) for row in batch.events
        }
        here: Lines = {
            (event.id or 0,): canonical.event_line(back.event_row(event), event.time or 0) for event in events
        }
        self._match("Event", there, here)
        steps = chain.from_iterable(map(back.step_rows, events))
        self._match("EventPath", canonical.step_lines(batch.steps), canonical.step_lines(steps))

    def _pairs(self, table: str, size: int, progress: Callable[[str, int], None]) -> None:
        here = Ahead((pair_of(kept.record), kept.entry) for kept in _kept(self._store, MEMBERSHIPS[table], size))
        for batch in self._source.sorted_pairs(table, size):
            wanted = set(batch)
            last = order_of(table, batch[-1])
            found = []
            for pair, entry in here.while_(lambda kept: order_of(table, kept[0]) <= last):  # noqa: B023  as above
                if pair in wanted:
                    found.append(pair)
                elif entry in self._ours:
                    self._match(table, {}, canonical.plain_lines([pair], 2))
            self._match(table, canonical.plain_lines(batch, 2), canonical.plain_lines(found, 2))
            progress(table, len(batch))
        for pair, entry in here.rest():
            if entry in self._ours:
                self._match(table, {}, canonical.plain_lines([pair], 2))

    # comparing -----------------------------------------------------------------------------------
    def _match(self, table: str, there: Lines, here: Lines) -> None:
        """Add the rows of one part of a table, and note those that differ."""
        comparison = self.comparisons[table]
        if changed := self._losses.keys(table, Fate.CHANGED):
            both = {key for key in there if key in changed and key in here}
            comparison.changed += len(both)
            there, here = _without(there, both), _without(here, both)
        if left_out := self._losses.keys(table, Fate.LEFT_OUT):
            there, here = _without(there, left_out), _without(here, left_out)
        digest = canonical.digest(there.values())
        comparison.there.add(len(there), digest)
        # Byte for byte the same: so is the digest.
        comparison.here.add(len(here), digest if there == here else canonical.digest(here.values()))
        if there == here:
            return
        for key in _differing(there, here):
            comparison.differences += 1
            comparison.lost += key not in there
            if comparison.differences <= SHOWN:
                self.differences.append(Difference(table, key, _shown(there.get(key)), _shown(here.get(key))))


def _line_of(node: Node, types: back.TypeIds) -> bytes:
    return canonical.node_line(back.node_row(node, types.of(node)), node.created_at or 0, node.updated_at or 0)


def _listed(store: Store, cls: type[N]) -> Iterator[N]:
    """Yield all nodes of a class by id."""
    token = None
    while True:
        page = store.list(cls, ListOptions(limit=_PAGE, page_token=token))
        yield from page.items
        token = page.next_token
        if token is None:
            return


def _kept(store: Store, cls: type[K], size: int) -> Iterator[Kept[K]]:
    """Yield all types or edges of a class in order."""
    after: K | None = None
    while page := store.kept(cls, after=after, limit=size):
        yield from page
        after = page[-1].record


def _without(lines: Lines, keys: Collection[Key]) -> Lines:
    return {key: line for key, line in lines.items() if key not in keys}


def _differing(there: Lines, here: Lines) -> Iterator[Key]:
    for key, line in there.items():
        if here.get(key) != line:
            yield key
    for key in here:
        if key not in there:
            yield key


def _shown(line: bytes | None) -> str | None:
    return None if line is None else line.decode(errors="backslashreplace")[:300]
