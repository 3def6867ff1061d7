"""The import: from a database of ML Metadata into a store, in batches that each are one ledger entry.

A killed import goes on when it is run again: what is there with equal content is left alone, and what the source has
changed since takes the place of what it brought. If anything else is in the way, nothing is written at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from lineal.errors import InvalidArgument
from lineal.ingest.mlmd.equality import Equality
from lineal.ingest.mlmd.layout import NODES, TABLES
from lineal.ingest.mlmd.pairs import PAIRS
from lineal.ingest.mlmd.provenance import Provenance, origin
from lineal.ingest.mlmd.records import Records
from lineal.ingest.mlmd.report import Report, TableReport, table_report
from lineal.ingest.mlmd.restoring import Outcome, Restoring
from lineal.ingest.mlmd.source import Source
from lineal.ingest.mlmd.survey import Survey
from lineal.model.ids import EntrySeq, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Artifact, Context, Execution
from lineal.model.publication import Origin
from lineal.model.restoration import Record
from lineal.store.protocol import Store

BATCH = 2_000
"""How many rows are read, written and compared at once."""

Progress = Callable[[str, str, int, int], None]
"""Gets what is being done, the table, how many of its rows are done, and how many there are."""


def import_mlmd(
    source: Source, store: Store, *, actor: str, batch: int = BATCH, progress: Progress | None = None
) -> Report:
    """Write everything a source holds into a store, compare both, and return what was found.

    Raises AlreadyExists, before anything is written, where ids or names are taken by other things.
    """
    return _Import(source, actor, batch, progress).run(store)


def preview_mlmd(
    source: Source, store: Store | None, *, batch: int = BATCH, progress: Progress | None = None
) -> Report:
    """Read everything and return what an import would do and could not keep; nothing is written.

    Raises AlreadyExists where the import would.
    """
    return _Import(source, "preview", batch, progress).preview(store)


class _Import:
    def __init__(self, source: Source, actor: str, batch: int, progress: Progress | None) -> None:
        if batch < 1:
            raise InvalidArgument(f"a batch of {batch} rows moves nothing", hint="leave --batch out")
        self._source = source
        self._actor = actor
        self._batch = batch
        self._counts = source.counts()
        self._tell = progress or _silent
        self._done: dict[str, int] = {}
        self._outcome = Outcome()

    def run(self, store: Store) -> Report:
        """Look, write, compare."""
        provenance = Provenance(store)
        names = self._names(store, provenance)
        records = self._restore(store, names[0], provenance.entries(names), "importing")
        provenance.read_on()
        equality = Equality(self._source, store, records.losses, provenance.entries(names))
        self._done.clear()
        equality.compare(self._batch, lambda table, count: self._progress("comparing", table, count))
        return self._report(records, equality)

    def preview(self, store: Store | None) -> Report:
        """Convert, and look what would come of it, if there is a store."""
        if store is not None:
            provenance = Provenance(store)
            names = self._names(store, provenance)
            over = provenance.entries(names)
            return self._report(self._restore(store, names[0], over, "reading", dry_run=True), None)
        records = Records(self._source)
        for table, part, count in self._parts(records):
            self._outcome.written += len(part)
            self._progress("reading", table, count)
        return self._report(records, None)

    def _names(self, store: Store, provenance: Provenance) -> Sequence[str]:
        """Return the names under which the source is known in a store, the first one in front, at least its own.

        Raises AlreadyExists if anything stands in its way there.
        """
        if _empty(store):
            return [self._source.name]
        survey = Survey(self._source.name, provenance)
        records = Records(self._source)
        looking = Restoring(store, records, dry_run=True)
        by = self._origin(self._source.name)
        for table, part, count in self._parts(records):
            for outcome in looking.restore(part, by=by):
                survey.add(outcome)
            self._progress("checking", table, count)
        self._done.clear()
        survey.check()
        return survey.sources() or [self._source.name]

    def _restore(
        self, store: Store, name: str, over: Collection[EntrySeq], doing: str, *, dry_run: bool = False
    ) -> Records:
        records = Records(self._source)
        restoring = Restoring(store, records, over=over, dry_run=dry_run)
        rounded = 0
        for table, part, count in self._parts(records):
            exact = self._source.exactness.is_marked and records.doubles == rounded
            rounded = records.doubles
            for outcome in restoring.restore(part, by=self._origin(name, exact=exact)):
                self._outcome.add(outcome)
            self._progress(doing, table, count)
        return records

    def _origin(self, first: str, *, exact: bool = False) -> Origin:
        return origin(self._source.name, self._source.version, first=first, actor=self._actor, exact=exact)

    def _parts(self, records: Records) -> Iterator[tuple[str, Sequence[Record], int]]:
        """Yield everything there is in parts: the table, records of it, and how many rows they were."""
        self._source.rereading.forget()
        yield "Type", records.types(), self._counts["Type"]
        for kind in (NodeKind.CONTEXT, NodeKind.ARTIFACT, NodeKind.EXECUTION):
            for batch in self._source.nodes(kind, self._batch):
                yield NODES[kind].name, records.nodes(batch), len(batch.nodes)
        for rows, events in records.events(self._source.events(self._batch)):
            yield "Event", events, len(rows.events)
        for table in PAIRS:
            for pairs, members in records.memberships(table, self._source.pairs(table, self._batch)):
                yield table, members, len(pairs)
        records.reread = self._source.rereading.count

    # telling -------------------------------------------------------------------------------------
    def _progress(self, doing: str, table: str, count: int) -> None:
        done = self._done[table] = min(self._counts[table], self._done.get(table, 0) + count)
        self._tell(doing, table, done, self._counts[table])

    def _report(self, records: Records, equality: Equality | None) -> Report:
        return Report(
            source=self._source.name,
            version=self._source.version,
            dry_run=equality is None,
            outcome=self._outcome,
            doubles=records.doubles,
            reread=records.reread,
            first_reread=self._source.rereading.first,
            tables=[self._table(table, records, equality) for table in TABLES],
            losses=records.losses.shown(),
            differences=() if equality is None else tuple(equality.differences),
        )

    def _table(self, table: str, records: Records, equality: Equality | None) -> TableReport:
        comparison = None if equality is None else equality.comparisons[table]
        return table_report(table, self._counts[table], records.losses, comparison)


def _silent(doing: str, table: str, done: int, total: int) -> None:
    """Tell nobody."""


def _empty(store: Store) -> bool:
    if store.list_types():
        return False
    one = ListOptions(limit=1)
    return not any(store.list(cls, one).items for cls in (Artifact, Execution, Context))  # type: ignore[type-var]
