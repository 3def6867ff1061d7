"""The SQL store: every verb of `Store`, each one transaction. What a verb does lives in the files below it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, cast

from lineal.errors import LinealError, Unavailable
from lineal.model.aliases import Alias
from lineal.model.audit import AuditReport, Entry
from lineal.model.decisions import Decision
from lineal.model.edges import Edge, Event, Membership
from lineal.model.ids import ArtifactId, EntrySeq, ExecutionId, Micros, NodeKey, NodeKind, TypeId
from lineal.model.listing import ListOptions, Page
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution, Node, kind_of
from lineal.model.predictions import Prediction
from lineal.model.publication import Causality, Origin, Publication, Published
from lineal.model.restoration import K, Kept, Record, Restored
from lineal.model.traversal import Closure, Direction
from lineal.model.types import NodeType
from lineal.store import audit, beside, edges, lookups, predictions
from lineal.store.causality import check_causality, flag_times
from lineal.store.clock import Clock
from lineal.store.connections import Connections, Cursor
from lineal.store.dialects.dialect import Dialect
from lineal.store.evolution import May
from lineal.store.filter.wordings import WORDINGS
from lineal.store.foresight import Foresight, Guess, UnforeseenError
from lineal.store.kept import kept
from lineal.store.listing import list_nodes
from lineal.store.nodes import CHUNK, Nodes, no_collecting
from lineal.store.planner import DEFAULT_MEMORY, Planner
from lineal.store.publish import publish
from lineal.store.restore import Restorer
from lineal.store.retry import tried_again
from lineal.store.tables import BOUND, NODE_TABLES
from lineal.store.types import Types
from lineal.store.walk import Question
from lineal.store.writer import Transaction, Writer

N = TypeVar("N", Artifact, Execution, Context)

NOW = EntrySeq(2**63 - 1)
"""Later than every entry."""

# Entries follow each other in time as in number: the last one until then is found by halves, without an index.
_ENTRY_AT = """
WITH RECURSIVE half (low, high) AS (
    SELECT coalesce(min(seq), 1) - 1, coalesce(max(seq), 0)
    FROM ledger_entry
    UNION ALL
    SELECT
        CASE WHEN middle.time <= ? THEN middle.seq ELSE half.low END,
        CASE WHEN middle.time <= ? THEN half.high ELSE middle.seq - 1 END
    FROM half
    JOIN ledger_entry AS middle ON middle.seq = (half.low + half.high + 1) >> 1
    WHERE half.low < half.high
)
SELECT max(low)
FROM half
"""
_NAMES = {
    kind: f"SELECT type_id, name FROM {table.name} WHERE name IS NOT NULL ORDER BY id DESC"
    for kind, table in NODE_TABLES.items()
}


class SqlStore:
    """A store in a SQL database; see `lineal.store.protocol.Store` for what each verb promises."""

    def __init__(self, dialect: Dialect, clock: Clock, *, snapshot_memory: int = DEFAULT_MEMORY) -> None:
        self._dialect = dialect
        self._wording = WORDINGS[dialect.name]
        self._connections = Connections(dialect)
        self._writer = Writer(self._connections, clock)
        self._foresight = Foresight() if dialect.pipelines else None
        self._types = Types()
        self._nodes = Nodes(self._types, block_bits=dialect.block_bits)
        self._planner = Planner(self._connections, memory=snapshot_memory)

    @property
    def in_batch(self) -> bool:
        """Whether this thread is inside a write transaction."""
        return self._connections.in_write

    # types ---------------------------------------------------------------------------------------
    @tried_again
    def put_types(
        self,
        types: Sequence[NodeType],
        *,
        by: Origin,
        can_add_fields: bool = False,
        can_omit_fields: bool = False,
    ) -> Sequence[TypeId]:
        """See `Store.put_types`."""
        may = May(add=can_add_fields, omit=can_omit_fields)
        with self._writing(by) as transaction:
            return self._types.put_all(transaction, types, may)

    def list_types(self, kind: NodeKind | None = None) -> Sequence[NodeType]:
        """See `Store.list_types`."""
        with self._connections.reading() as cursor:
            return self._types.all(cursor, kind)

    # nodes ---------------------------------------------------------------------------------------
    @tried_again
    def put(self, nodes: Sequence[Node], *, by: Origin, touch: Collection[NodeKey] = ()) -> Sequence[NodeKey]:
        """See `Store.put`."""
        with self._writing(by) as transaction, no_collecting(len(nodes)):
            return [known.key for known in self._nodes.put(transaction, nodes, touch=touch)]

    def get(
        self, kind: type[N], ids: Sequence[int], *, existing: bool = False, as_of: Micros | None = None
    ) -> Sequence[N]:
        """See `Store.get`."""
        once = as_of is None and len(ids) <= CHUNK
        with self._connections.reading(once=once) as cursor:
            found = self._nodes.get(cursor, kind_of(kind), ids, self._at(cursor, as_of), existing=existing)
            return cast("Sequence[N]", found)

    def list(self, kind: type[N], options: ListOptions | None = None) -> Page[N]:
        """See `Store.list`."""
        asked = options or ListOptions()
        with self._connections.reading() as cursor:
            at = self._at(cursor, asked.as_of)
            return cast(
                "Page[N]", list_nodes(cursor, self._nodes, self._types, kind_of(kind), asked, at, self._wording)
            )

    def named(self, kind: type[N], type_: str, name: str, *, as_of: Micros | None = None) -> Sequence[N]:
        """See `Store.named`."""
        with self._connections.reading() as cursor:
            found = self._nodes.named(cursor, kind_of(kind), type_, name, self._at(cursor, as_of))
            return cast("Sequence[N]", found)

    def versions(self, type_: str, family: str, *, as_of: Micros | None = None) -> Sequence[Artifact]:
        """See `Store.versions`."""
        with self._connections.reading() as cursor:
            return cast("Sequence[Artifact]", self._nodes.versions(cursor, type_, family, self._at(cursor, as_of)))

    # edges ---------------------------------------------------------------------------------------
    @tried_again
    def publish(self, publication: Publication, *, by: Origin) -> Published:
        """See `Store.publish`."""
        if self._foresight is not None and self._foresight.is_likely(publication) and not self._connections.in_write:
            foreseen = self._publish_foreseen(self._foresight, publication, by)
            if foreseen is not None:
                return foreseen
        with self._writing(by) as transaction:
            published = publish(transaction, self._nodes, publication)
            contexts = self._named_contexts(transaction, publication, published) if self._foresight else ()
        if self._foresight is not None and not self._connections.in_write:
            self._foresight.learn(contexts)
        return published

    def _publish_foreseen(self, foresight: Foresight, publication: Publication, by: Origin) -> Published | None:
        """Publish in one round trip, or return None where a guess was wrong and nothing was kept."""
        try:
            with self._writer.foreseeing(
                by, lambda cursor, assume: Guess(cursor, assume, foresight, publication)
            ) as transaction:
                self._remember()
                published = publish(transaction, self._nodes, publication)
        except Unavailable:
            # Nobody may know whether it was kept: it must not be made again.
            raise
        except (UnforeseenError, LinealError):
            foresight.was_wrong()
            return None
        foresight.was_right()
        return published

    def _named_contexts(
        self, transaction: Transaction, publication: Publication, published: Published
    ) -> Sequence[tuple[int, str, int]]:
        named = []
        for context, id_ in zip(publication.contexts, published.context_ids, strict=True):
            type_ = self._types.find(transaction.cursor, NodeKind.CONTEXT, context.type, context.type_version)
            if type_ is not None and type_.id is not None:
                named.append((type_.id, context.name, id_))
        return named

    @tried_again
    def put_edges(self, edges_: Sequence[Edge], *, by: Origin, causality: Causality = Causality.REJECT) -> None:
        """See `Store.put_edges`."""
        with self._writing(by) as transaction:
            created = edges.need_ends(transaction, edges_)
            edges.put_edges(transaction, edges_)
            events = [edge for edge in edges_ if isinstance(edge, Event)]
            check_causality(transaction, events, created, causality)

    def events(
        self,
        *,
        artifacts: Sequence[ArtifactId] = (),
        executions: Sequence[ExecutionId] = (),
        as_of: Micros | None = None,
    ) -> Sequence[Event]:
        """See `Store.events`."""
        with self._connections.reading() as cursor:
            return edges.events(cursor, artifacts, executions, self._until(cursor, as_of))

    def memberships(
        self,
        keys: Sequence[NodeKey],
        *,
        only: Collection[type[Membership]] = (),
        as_of: Micros | None = None,
    ) -> Sequence[Membership]:
        """See `Store.memberships`."""
        with self._connections.reading() as cursor:
            return edges.memberships(cursor, keys, only, self._until(cursor, as_of))

    def closure(
        self,
        starts: Sequence[NodeKey],
        direction: Direction,
        *,
        hops: int | None = None,
        limit: int | None = None,
        reproductions: bool = False,
        stops: Collection[NodeKey] = (),
        keep_stops: bool = False,
        as_of: Micros | None = None,
    ) -> Closure:
        """See `Store.closure`."""
        question = Question(
            starts=starts,
            direction=direction,
            hops=hops,
            limit=limit,
            reproductions=reproductions,
            stops=frozenset(stops),
            keep_stops=keep_stops,
        )
        with self._connections.reading() as cursor:
            edges.need_nodes(cursor, starts)
            return self._planner.closure(cursor, question, self._until(cursor, as_of))

    # beside the graph ----------------------------------------------------------------------------
    @tried_again
    def put_aliases(self, aliases: Sequence[Alias], *, by: Origin) -> None:
        """See `Store.put_aliases`."""
        with self._writing(by) as transaction:
            beside.put_aliases(transaction, [(item.alias, item.artifact_id) for item in aliases])

    def aliases(
        self,
        *,
        type_: str | None = None,
        family: str | None = None,
        alias: str | None = None,
        artifacts: Sequence[ArtifactId] | None = None,
        history: bool = False,
        as_of: Micros | None = None,
    ) -> Sequence[Alias]:
        """See `Store.aliases`."""
        with self._connections.reading() as cursor:
            return beside.aliases(
                cursor,
                self._types,
                self._until(cursor, as_of),
                type_ids=None if type_ is None else self._types.family(cursor, NodeKind.ARTIFACT, type_),
                family=family,
                alias=alias,
                artifacts=artifacts,
                history=history,
            )

    @tried_again
    def put_decisions(self, decisions: Sequence[Decision], *, by: Origin) -> Sequence[int]:
        """See `Store.put_decisions`."""
        with self._writing(by) as transaction:
            return beside.put_decisions(transaction, decisions)

    def decisions(
        self, *, artifacts: Sequence[ArtifactId] | None = None, as_of: Micros | None = None
    ) -> Sequence[Decision]:
        """See `Store.decisions`."""
        with self._connections.reading() as cursor:
            return beside.decisions(cursor, artifacts, self._until(cursor, as_of))

    @tried_again
    def put_metrics(self, series: Sequence[MetricSeries], *, by: Origin) -> None:
        """See `Store.put_metrics`."""
        with self._writing(by) as transaction:
            keys = {NodeKey(NodeKind.EXECUTION, item.execution_id) for item in series}
            edges.need_nodes(transaction.cursor, keys)
            beside.put_metrics(transaction, series)

    def metrics(self, execution_id: ExecutionId) -> Sequence[MetricSeries]:
        """See `Store.metrics`."""
        with self._connections.reading() as cursor:
            return beside.metrics(cursor, execution_id)

    @tried_again
    def put_predictions(self, new: Sequence[Prediction], *, by: Origin) -> int:
        """See `Store.put_predictions`."""
        with self._writing(by) as transaction:
            return predictions.put_predictions(transaction, new)

    def prediction(self, trace_id: str) -> Prediction:
        """See `Store.prediction`."""
        with self._connections.reading() as cursor:
            return predictions.prediction(cursor, trace_id)

    def predictions(self, *, revisions: Sequence[ArtifactId] | None = None, limit: int = 100) -> Sequence[Prediction]:
        """See `Store.predictions`."""
        with self._connections.reading() as cursor:
            return predictions.predictions(cursor, revisions, limit)

    # importing -----------------------------------------------------------------------------------
    @tried_again
    def restore(
        self, records: Sequence[Record], *, by: Origin, over: Collection[EntrySeq] = (), dry_run: bool = False
    ) -> Restored:
        """See `Store.restore`."""
        bits = self._dialect.block_bits
        if dry_run:
            with self._connections.reading() as cursor:
                return Restorer(cursor, self._types, None, over, block_bits=bits).restore(records)
        with self._writing(by) as transaction:
            restorer = Restorer(transaction.cursor, self._types, transaction, over, block_bits=bits)
            restored = restorer.restore(records)
            if restorer.new_events:
                artifacts = list({event.artifact_id for event in restorer.new_events})
                created = lookups.created(transaction.cursor, NodeKind.ARTIFACT, artifacts)
                flag_times(transaction, restorer.new_events, created)
            return restored

    def kept(self, cls: type[K], *, after: K | None = None, limit: int) -> Sequence[Kept[K]]:
        """See `Store.kept`."""
        with self._connections.reading() as cursor:
            return kept(cursor, self._types, cls, after, limit)

    # ledger --------------------------------------------------------------------------------------
    def entries(self, *, after: int = 0, limit: int = 1000, newest_first: bool = False) -> Sequence[Entry]:
        """See `Store.entries`."""
        with self._connections.reading() as cursor:
            return audit.entries(cursor, after, limit, newest_first=newest_first)

    def verify(self, *, progress: Callable[[int, int], None] | None = None) -> AuditReport:
        """See `Store.verify`."""
        with self._connections.reading() as cursor:
            return audit.verify(cursor, self._dialect, progress)

    # the store itself ----------------------------------------------------------------------------
    @contextmanager
    def batch(self, *, by: Origin | None = None) -> Iterator[None]:
        """See `Store.batch`."""
        try:
            with self._writer.grouping() if by is None else self._writer.sharing(by):
                yield
        except BaseException:
            self._types.forget()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See `Store.snapshot`."""
        with self._connections.reading():
            yield

    def names(self, kind: NodeKind) -> Iterator[tuple[str, str]]:
        """See `Store.names`."""
        with self._connections.reading() as cursor:
            rows = cursor.execute(_NAMES[kind]).fetchall()
            named = [(self._types.by_id(cursor, type_id).name, name) for type_id, name in rows]
        yield from named

    def facts(self) -> dict[str, str]:
        """See `Store.facts`."""
        with self._connections.reading() as cursor:
            found = self._dialect.facts(cursor)
            for table in (*BOUND, "ledger_entry"):
                name = table if isinstance(table, str) else table.name
                (count,) = cursor.execute(f"SELECT count(*) FROM {name}").fetchone()
                found[f"{name} rows"] = str(count)
        return found | self._planner.facts()

    def close(self) -> None:
        """See `Store.close`."""
        self._connections.close()
        self._dialect.close()

    @contextmanager
    def _writing(self, by: Origin) -> Iterator[Transaction]:
        try:
            with self._writer.transaction(by) as transaction:
                self._remember()
                yield transaction
        except BaseException:
            # Types this transaction registered were undone with it.
            self._types.forget()
            raise

    def _remember(self) -> None:
        """Forget what was known of the store if another one took its place. Asked inside each write."""
        self._types.remember_since(self._writer.era)
        if self._foresight is not None:
            self._foresight.remember_since(self._writer.era)

    def _at(self, cursor: Cursor, as_of: Micros | None) -> EntrySeq | None:
        if as_of is None:
            return None
        (seq,) = cursor.execute(_ENTRY_AT, (as_of, as_of)).fetchone()
        return EntrySeq(seq)

    def _until(self, cursor: Cursor, as_of: Micros | None) -> EntrySeq:
        at = self._at(cursor, as_of)
        return NOW if at is None else at
