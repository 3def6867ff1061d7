"""The store as everything above sees it: few verbs, no SQL.

put = insert or update, get = exactly these or NotFound, list = page. Every verb that writes is one
transaction with one ledger entry: when it returns, all of it is durable; when it raises, nothing was written.
All verbs are safe to call from several threads. (`builtins.list`, because `list` is a verb here.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from lineal.model.aliases import Alias
from lineal.model.audit import AuditReport, Entry
from lineal.model.decisions import Decision
from lineal.model.edges import Edge, Event, Membership
from lineal.model.ids import ArtifactId, EntrySeq, ExecutionId, Micros, NodeKey, NodeKind, TypeId
from lineal.model.listing import ListOptions, Page
from lineal.model.metrics import MetricSeries
from lineal.model.nodes import Artifact, Context, Execution, Node
from lineal.model.predictions import Prediction
from lineal.model.publication import Causality, Origin, Publication, Published
from lineal.model.restoration import K, Kept, Record, Restored
from lineal.model.traversal import Closure, Direction
from lineal.model.types import NodeType

N = TypeVar("N", Artifact, Execution, Context)


class Store(Protocol):
    """A store of lineage; see the module's docstring for what all verbs promise."""

    # types ---------------------------------------------------------------------------------------
    def put_types(
        self,
        types: Sequence[NodeType],
        *,
        by: Origin,
        can_add_fields: bool = False,
        can_omit_fields: bool = False,
    ) -> Sequence[TypeId]:
        """Return the ids; an equal type gives the id it has.

        A stored type gains properties with `can_add_fields`; with `can_omit_fields` a put may leave some out, which
        deletes none. A property never changes its kind: AlreadyExists says what is there. A new external id takes the
        place of the old one, a base is set once; description, `input_type` and `output_type` stay.
        """

    def list_types(self, kind: NodeKind | None = None) -> Sequence[NodeType]:
        """Return all types of a kind (or of all kinds), by id."""

    # nodes ---------------------------------------------------------------------------------------
    def put(self, nodes: Sequence[Node], *, by: Origin, touch: Collection[NodeKey] = ()) -> Sequence[NodeKey]:
        """Insert nodes without an id, replace the changeable fields of those with one; return their keys.

        An update moves `updated_at`, at least to the next millisecond. One that changes nothing writes nothing, and
        moves it only for the nodes in `touch`.
        Type, name and creation time of a stored node never change. Raises UnknownType,
        PropertyTypeMismatch, AlreadyExists (name, external id), NotFound (an id that is not there).
        """

    def get(
        self, kind: type[N], ids: Sequence[int], *, existing: bool = False, as_of: Micros | None = None
    ) -> Sequence[N]:
        """Return exactly these nodes in this order, or raise NotFound naming the missing ids.

        With `existing` the missing ones are left out instead.
        """

    def list(self, kind: type[N], options: ListOptions | None = None) -> Page[N]:
        """Return one page of nodes. Raises FilterSyntaxError with the position of the first wrong word."""

    def named(self, kind: type[N], type_: str, name: str, *, as_of: Micros | None = None) -> Sequence[N]:
        """Return the nodes of this name whose type is `type_` or inherits from it; [] if there are none."""

    def versions(self, type_: str, family: str, *, as_of: Micros | None = None) -> Sequence[Artifact]:
        """Return all versions `family@…` of a type and the types inheriting from it, oldest first."""

    # edges ---------------------------------------------------------------------------------------
    def publish(self, publication: Publication, *, by: Origin) -> Published:
        """Write an execution with its artifacts, events, contexts, metrics and decisions, or nothing.

        Raises what `put` raises, and CausalityViolation (see `Causality`).
        """

    def put_edges(self, edges: Sequence[Edge], *, by: Origin, causality: Causality = Causality.REJECT) -> None:
        """Write edges between stored nodes. A repeated membership is no change; a repeated event is AlreadyExists."""

    def events(
        self,
        *,
        artifacts: Sequence[ArtifactId] = (),
        executions: Sequence[ExecutionId] = (),
        as_of: Micros | None = None,
    ) -> Sequence[Event]:
        """Return every event that touches one of these nodes, by sequence."""

    def memberships(
        self,
        keys: Sequence[NodeKey],
        *,
        only: Collection[type[Membership]] = (),
        as_of: Micros | None = None,
    ) -> Sequence[Membership]:
        """Return every membership (of these classes) that touches one of these nodes, each class oldest first."""

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
        """Return everything upstream or downstream of the starts (artifacts and executions), or both ways at each hop.

        Upstream of an artifact lies what made it first; executions that made the same content again are counted in
        `reproduced`, and followed only with `reproductions`.
        The walk ends at `stops`: they and their events are left out, also where a start is among them. With
        `keep_stops` they and the events leading to them are in the answer, but nothing is followed from them.
        Stops need not be reached, nor exist.
        Complete unless `hops` or `limit` (nodes) cut it; then `truncated` says so. A limit takes the nearest nodes,
        of these artifacts first, then the lowest ids. Linear in the answer.
        """

    # beside the graph ----------------------------------------------------------------------------
    def put_aliases(self, aliases: Sequence[Alias], *, by: Origin) -> None:
        """Move aliases; the moves before stay in the history."""

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
        """Return the aliases in force (or, with `history`, every move), by sequence."""

    def put_decisions(self, decisions: Sequence[Decision], *, by: Origin) -> Sequence[int]:
        """Write decisions and return their ids."""

    def decisions(
        self, *, artifacts: Sequence[ArtifactId] | None = None, as_of: Micros | None = None
    ) -> Sequence[Decision]:
        """Return decisions, oldest first; all, or those about these artifacts."""

    def put_metrics(self, series: Sequence[MetricSeries], *, by: Origin) -> None:
        """Append points to metric series."""

    def metrics(self, execution_id: ExecutionId) -> Sequence[MetricSeries]:
        """Return all series of an execution by name, points in the order they were logged."""

    def put_predictions(self, predictions: Sequence[Prediction], *, by: Origin) -> int:
        """Write a batch of predictions as one entry; those already there (spool, sequence) are skipped.

        Returns how many were new.
        """

    def prediction(self, trace_id: str) -> Prediction:
        """Return the prediction of this trace id, or raise NotFound. A unique prefix of 8 digits or more will do."""

    def predictions(self, *, revisions: Sequence[ArtifactId] | None = None, limit: int = 100) -> Sequence[Prediction]:
        """Return the newest predictions, newest first."""

    # importing -----------------------------------------------------------------------------------
    def restore(
        self, records: Sequence[Record], *, by: Origin, over: Collection[EntrySeq] = (), dry_run: bool = False
    ) -> Restored:
        """Write records of another store exactly as given, ids and times included, under one ledger entry.

        Records with equal content that are there already are counted as `same`. One whose id, name or external id
        is taken by something else is a clash: it is not written, and nothing is overwritten. Only a type or node that
        one of the entries `over` wrote, that is the same thing (type, name, time of creation) and there in no later
        state is brought to the given one; the former one stays in its history. Properties are kept
        also where the type does not declare them. A type without a time was made now; a membership has no id.
        Events that contradict time are kept, with a finding in the ledger; cycles of them are not looked for.
        With `dry_run` nothing is written, and edges may touch nodes that are not there.
        Raises InvalidArgument (an id that is none, no times, a context inside itself), NotFound (a node's type, or an
        edge's node).
        """

    def kept(self, cls: type[K], *, after: K | None = None, limit: int) -> Sequence[Kept[K]]:
        """Return the next records of a class of types or edges, each with the entry that wrote it.

        Types and events come by id, memberships by their ends, the context or child first. A node says its entry
        itself: `list`.
        """

    # ledger --------------------------------------------------------------------------------------
    def entries(self, *, after: int = 0, limit: int = 1000, newest_first: bool = False) -> Sequence[Entry]:
        """Return ledger entries in order."""

    def verify(self, *, progress: Callable[[int, int], None] | None = None) -> AuditReport:
        """Replay the ledger against every table and return what differs. `progress` gets (done, total) entries."""

    # the store itself ----------------------------------------------------------------------------
    def batch(self, *, by: Origin | None = None) -> AbstractContextManager[None]:
        """Group the writes of this thread: each keeps its own ledger entry, all become durable at the end.

        With `by` they share one entry, which is this origin's. A verb that raises is undone alone if its exception is
        caught inside the block; one that leaves the block undoes the whole group. A row changes once an entry: changing
        it again in one such block is InvalidArgument.
        Nobody else writes meanwhile, so what is read inside still holds at the end.
        """

    def snapshot(self) -> AbstractContextManager[None]:
        """Make all reads of this thread see one state of the store until the block ends.

        A write inside is FailedPrecondition.
        """

    def names(self, kind: NodeKind) -> Iterator[tuple[str, str]]:
        """Yield (type, name) of every named node of a kind, newest first; for suggestions and completion."""

    def facts(self) -> dict[str, str]:
        """Return what the store says about itself: backend, version, schema, durability, counts."""

    def close(self) -> None:
        """Give all connections back. Closing twice is fine."""
