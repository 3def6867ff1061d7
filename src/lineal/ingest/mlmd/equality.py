"""Equality: what the source holds and what the store holds, table by table, each read on its own.

The source's side is made from its rows; the store's side from the store's records, turned back into rows. Rows that
were reported as losses count on neither side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from lineal.ingest.mlmd import back, canonical
from lineal.ingest.mlmd.canonical import MODULUS, Lines
from lineal.ingest.mlmd.layout import NODES, TABLES
from lineal.ingest.mlmd.losses import Fate, Key, Losses
from lineal.ingest.mlmd.rows import EventBatch, NodeBatch
from lineal.ingest.mlmd.source import PAIRS, Source
from lineal.model.edges import Association, Attribution, Event, ParentContext
from lineal.model.ids import ArtifactId, ExecutionId, NodeKey, NodeKind
from lineal.model.nodes import Artifact, Context, Execution, Node
from lineal.store.protocol import Store

SHOWN = 20
"""Most differences of one table that are kept; all are counted."""


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
    """One table on both sides: rows and digests of what both should hold, and how many differ."""

    table: str
    there: Side = field(default_factory=Side)
    here: Side = field(default_factory=Side)
    differences: int = 0

    @property
    def equal(self) -> bool:
        """True if both sides hold the same rows."""
        return self.differences == 0 and self.there == self.here


class Equality:
    """Compares a source with a store."""

    def __init__(self, source: Source, store: Store, losses: Losses) -> None:
        self.comparisons = {table: Comparison(table) for table in TABLES}
        self.differences: list[Difference] = []
        self._source = source
        self._store = store
        self._losses = losses

    def compare(self, size: int, progress: Callable[[str, int], None]) -> None:
        """Compare everything, `size` rows at once; `progress` gets a table and how many of its rows were compared."""
        self._types()
        types = back.TypeIds(self._store.list_types())
        for kind, table in NODES.items():
            for batch in self._source.nodes(kind, size):
                self._nodes(batch, types)
                progress(table.name, len(batch.nodes))
        for events in self._source.events(size):
            self._events(events)
            progress("Event", len(events.events))
        for name in PAIRS:
            for pairs in self._source.pairs(name, size):
                self._pairs(name, pairs)
                progress(name, len(pairs))

    def _types(self) -> None:
        there = self._source.types()
        ids = {row.id for row in there}
        types = self._store.list_types()
        here = [type_ for type_ in types if type_.id in ids]
        self._match("Type", canonical.type_lines(there), canonical.type_lines(back.type_rows(here)))
        self._match(
            "TypeProperty",
            canonical.plain_lines(self._source.type_properties(), 2),
            canonical.plain_lines(back.type_property_rows(here), 2),
        )
        parents = [row for row in back.parent_type_rows(types) if row[0] in ids]
        self._match(
            "ParentType", canonical.plain_lines(self._source.parent_types(), 2), canonical.plain_lines(parents, 2)
        )

    def _nodes(self, batch: NodeBatch, types: back.TypeIds) -> None:
        table = NODES[batch.kind]
        lines: Lines = {
            (row.id,): canonical.node_line(row, canonical.micros(row.created), canonical.micros(row.updated))
            for row in batch.nodes
        }
        ids = [row.id for row in batch.nodes]
        nodes = _stored(self._store, batch.kind, ids)
        here: Lines = {
            (node.id or 0,): canonical.node_line(
                back.node_row(node, types.of(node)), node.created_at or 0, node.updated_at or 0
            )
            for node in nodes
        }
        self._match(table.name, lines, here)
        own = chain.from_iterable(back.property_rows(node)[0] for node in nodes)
        self._match(table.properties, canonical.property_lines(batch.properties), canonical.property_lines(own))

    def _events(self, batch: EventBatch) -> None:
        lines: Lines = {
            (row.id,): canonical.event_line(row, canonical.micros(row.milliseconds)) for row in batch.events
        }
        wanted = {row.id for row in batch.events}
        events = [event for event in self._stored_events(batch) if event.id in wanted]
        here: Lines = {
            (event.id or 0,): canonical.event_line(back.event_row(event), event.time or 0) for event in events
        }
        self._match("Event", lines, here)
        steps = chain.from_iterable(map(back.step_rows, events))
        self._match("EventPath", canonical.step_lines(batch.steps), canonical.step_lines(steps))

    def _stored_events(self, batch: EventBatch) -> Sequence[Event]:
        executions = sorted({ExecutionId(row.execution_id) for row in batch.events})
        artifacts = sorted({ArtifactId(row.artifact_id) for row in batch.events})
        # The side with more nodes has fewer events each: one execution may have read a million files.
        if len(executions) >= len(artifacts):
            return self._store.events(executions=executions)
        return self._store.events(artifacts=artifacts)

    def _pairs(self, table: str, pairs: Sequence[tuple[int, int]]) -> None:
        _, kind, _, other_kind = PAIRS[table]
        ones, others = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
        kind, ids = (kind, ones) if len(ones) >= len(others) else (other_kind, others)
        wanted = set(pairs)
        found = self._store.memberships([NodeKey(kind, id_) for id_ in sorted(ids)], only=[_MEMBERSHIPS[table]])
        here = [pair for pair in map(_pair, found) if pair in wanted]
        self._match(table, canonical.plain_lines(pairs, 2), canonical.plain_lines(here, 2))

    def _match(self, table: str, there: Lines, here: Lines) -> None:
        """Add the rows of one part of a table, and note those that differ."""
        comparison = self.comparisons[table]
        lost = self._losses.keys(table, Fate.LEFT_OUT) | self._losses.keys(table, Fate.CHANGED)
        if lost:
            there = {key: line for key, line in there.items() if key not in lost}
            here = {key: line for key, line in here.items() if key not in lost}
        digest = canonical.digest(there.values())
        comparison.there.add(len(there), digest)
        # Byte for byte the same: so is the digest.
        comparison.here.add(len(here), digest if there == here else canonical.digest(here.values()))
        if there == here:
            return
        for key in _differing(there, here):
            comparison.differences += 1
            if comparison.differences <= SHOWN:
                self.differences.append(Difference(table, key, _shown(there.get(key)), _shown(here.get(key))))


def _stored(store: Store, kind: NodeKind, ids: Sequence[int]) -> Sequence[Node]:
    if kind is NodeKind.ARTIFACT:
        return store.get(Artifact, ids, existing=True)
    if kind is NodeKind.EXECUTION:
        return store.get(Execution, ids, existing=True)
    return store.get(Context, ids, existing=True)


_MEMBERSHIPS: dict[str, type[Attribution | Association | ParentContext]] = {
    "Attribution": Attribution,
    "Association": Association,
    "ParentContext": ParentContext,
}


def _pair(membership: Attribution | Association | ParentContext) -> tuple[int, int]:
    if isinstance(membership, Attribution):
        return membership.artifact_id, membership.context_id
    if isinstance(membership, Association):
        return membership.execution_id, membership.context_id
    return membership.child_id, membership.parent_id


def _differing(there: Lines, here: Lines) -> Iterator[Key]:
    for key, line in there.items():
        if here.get(key) != line:
            yield key
    for key in here:
        if key not in there:
            yield key


def _shown(line: bytes | None) -> str | None:
    return None if line is None else line.decode(errors="backslashreplace")[:300]
