"""The import: from a database of ML Metadata into a store, in batches that each are one ledger entry.

A killed import goes on when it is run again: what is there with equal content is left alone. If anything else is in
the way, nothing is written at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

from lineal.errors import AlreadyExists, InvalidArgument
from lineal.ingest.mlmd.equality import Equality
from lineal.ingest.mlmd.layout import NODES, TABLES
from lineal.ingest.mlmd.losses import Fate
from lineal.ingest.mlmd.records import Records
from lineal.ingest.mlmd.refusal import leave_out_nuls, refuse, without_nuls
from lineal.ingest.mlmd.report import Report, TableReport
from lineal.ingest.mlmd.source import PAIRS, Source
from lineal.model.ids import EntrySeq, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin
from lineal.model.restoration import Clash, Record, Restored
from lineal.store.protocol import Store

ACTION = "import mlmd"
"""What the ledger entries of an import are called."""

BATCH = 2_000
"""How many rows are read, written and compared at once."""

SHOWN = 20
"""Most clashes that are kept; each is a difference too, and these are all counted."""

_ENTRIES = 10_000

Progress = Callable[[str, str, int, int], None]
"""Gets what is being done, the table, how many of its rows are done, and how many there are."""


def import_mlmd(
    source: Source, store: Store, *, actor: str, batch: int = BATCH, progress: Progress | None = None
) -> Report:
    """Write everything a source holds into a store, compare both, and return what was found.

    Raises AlreadyExists, before anything is written, where ids or names are taken by other things.
    """
    return _Import(source, store, actor, batch, progress).run()


def preview_mlmd(
    source: Source, store: Store | None, *, batch: int = BATCH, progress: Progress | None = None
) -> Report:
    """Read everything and return what an import would do and could not keep; nothing is written."""
    return _Import(source, store, "preview", batch, progress).preview()


class _Import:
    def __init__(self, source: Source, store: Store | None, actor: str, batch: int, progress: Progress | None) -> None:
        if batch < 1:
            raise InvalidArgument(f"a batch of {batch} rows moves nothing", hint="leave --batch out")
        self._source = source
        self._store = store
        self._batch = batch
        self._counts = source.counts()
        self._tell = progress or _silent
        self._done: dict[str, int] = {}
        prefix = f"from {source.name} "
        reason = f"{prefix}(schema {source.version}); ML Metadata kept six decimals of each double"
        self._origin = Origin(actor=actor, action=ACTION, reason=reason)
        self._prefix = prefix
        self._written = 0
        self._same = 0
        self._clashes: list[Clash] = []

    def run(self) -> Report:
        """Check, write, compare."""
        store = cast("Store", self._store)
        if not _empty(store):
            self._check(store)
        records = Records(self._source)
        for table, part, count in self._parts(records):
            self._count(self._restored(store, records, part))
            self._progress("importing", table, count)
        equality = Equality(self._source, store, records.losses)
        self._done.clear()
        equality.compare(self._batch, lambda table, count: self._progress("comparing", table, count))
        return self._report(records, equality)

    def preview(self) -> Report:
        """Convert, and compare with what is there, if there is a store."""
        records = Records(self._source)
        for table, part, count in self._parts(records):
            if self._store is None:
                self._written += len(part)
            else:
                self._count(self._restored(self._store, records, part, dry_run=True))
            self._progress("reading", table, count)
        return self._report(records, None)

    def _parts(self, records: Records) -> Iterator[tuple[str, Sequence[Record], int]]:
        """Yield everything there is in parts: the table, records of it, and how many rows they were."""
        self._source.rereading.forget()
        yield "Type", records.types(), self._counts["Type"]
        for kind in (NodeKind.CONTEXT, NodeKind.ARTIFACT, NodeKind.EXECUTION):
            for batch in self._source.nodes(kind, self._batch):
                nodes = records.nodes(batch)
                yield NODES[kind].name, nodes, len(batch.nodes)
        for rows, events in records.events(self._source.events(self._batch)):
            yield "Event", events, len(rows.events)
        for table in PAIRS:
            for members in records.memberships(table, self._source.pairs(table, self._batch)):
                yield table, members, min(self._batch, self._counts[table])
        records.reread = self._source.rereading.count

    # writing -------------------------------------------------------------------------------------
    def _restored(
        self, store: Store, records: Records, part: Sequence[Record], *, dry_run: bool = False
    ) -> Iterator[Restored]:
        """Write one part as one ledger entry; what a store refuses is sought out and left out."""
        if not part:
            return
        try:
            yield store.restore(part, by=self._origin, dry_run=dry_run)
        except InvalidArgument as refusal:
            if len(part) == 1:
                yield from self._refused(store, records, part[0], refusal, dry_run=dry_run)
                return
            middle = len(part) // 2
            yield from self._restored(store, records, part[:middle], dry_run=dry_run)
            yield from self._restored(store, records, part[middle:], dry_run=dry_run)

    def _refused(
        self, store: Store, records: Records, record: Record, refusal: InvalidArgument, *, dry_run: bool
    ) -> Iterator[Restored]:
        """Write what a store keeps of one record that it has refused."""
        kept, lost = without_nuls(record)
        if lost:
            try:
                outcome = store.restore([kept], by=self._origin, dry_run=dry_run)
            except InvalidArgument as again:
                refusal = again
            else:
                leave_out_nuls(records, record, lost)
                yield outcome
                return
        refuse(records, record, refusal.message)

    def _count(self, outcomes: Iterable[Restored]) -> None:
        for outcome in outcomes:
            self._written += outcome.written
            self._same += outcome.same
            self._clashes.extend(outcome.clashes[: SHOWN - len(self._clashes)])

    def _check(self, store: Store) -> None:
        """Raise AlreadyExists if anything stands in the way that an earlier run of this import did not write."""
        ours: set[EntrySeq] | None = None
        foreign: list[Clash] = []
        records = Records(self._source)
        for table, part, count in self._parts(records):
            for outcome in self._restored(store, records, part, dry_run=True):
                if outcome.clashes and ours is None:
                    ours = self._own_entries(store)
                foreign.extend(clash for clash in outcome.clashes if clash.entry not in (ours or ()))
            self._progress("checking", table, count)
        self._done.clear()
        if foreign:
            shown = "; ".join(f"{clash.record} {clash.message}" for clash in foreign[:3])
            more = f" … and {len(foreign) - 3:,} more" if len(foreign) > 3 else ""  # noqa: PLR2004
            raise AlreadyExists(
                f"the store holds other things under the ids or names of {self._source.name}: {shown}{more}",
                hint="nothing was written; import into a store of its own: --url NEW-DIRECTORY",
            )

    def _own_entries(self, store: Store) -> set[EntrySeq]:
        found: set[EntrySeq] = set()
        after = 0
        while entries := store.entries(after=after, limit=_ENTRIES):
            found.update(
                entry.seq
                for entry in entries
                if entry.action == ACTION and (entry.reason or "").startswith(self._prefix)
            )
            after = entries[-1].seq
        return found

    # telling -------------------------------------------------------------------------------------
    def _progress(self, doing: str, table: str, count: int) -> None:
        done = self._done[table] = min(self._counts[table], self._done.get(table, 0) + count)
        self._tell(doing, table, done, self._counts[table])

    def _report(self, records: Records, equality: Equality | None) -> Report:
        return Report(
            source=self._source.name,
            version=self._source.version,
            dry_run=equality is None,
            written=self._written,
            same=self._same,
            doubles=records.doubles,
            reread=records.reread,
            first_reread=self._source.rereading.first,
            tables=[self._table(table, records, equality) for table in TABLES],
            losses=records.losses.shown(),
            clashes=tuple(self._clashes),
            differences=() if equality is None else tuple(equality.differences),
        )

    def _table(self, table: str, records: Records, equality: Equality | None) -> TableReport:
        losses = records.losses
        plain = TableReport(
            table=table,
            there=self._counts[table],
            left_out=losses.count(table, Fate.LEFT_OUT),
            changed=losses.count(table, Fate.CHANGED),
            noted=losses.count(table, Fate.NOTED),
        )
        if equality is None:
            return plain
        compared = equality.comparisons[table]
        return TableReport(
            table=table,
            there=plain.there,
            left_out=plain.left_out,
            changed=plain.changed,
            noted=plain.noted,
            here=compared.here.rows + plain.changed,
            digest_there=f"{compared.there.digest:064x}",
            digest_here=f"{compared.here.digest:064x}",
            differences=compared.differences,
        )


def _silent(doing: str, table: str, done: int, total: int) -> None:
    """Tell nobody."""


def _empty(store: Store) -> bool:
    if store.list_types():
        return False
    one = ListOptions(limit=1)
    return not any(store.list(cls, one).items for cls in (Artifact, Execution, Context))  # type: ignore[type-var]
