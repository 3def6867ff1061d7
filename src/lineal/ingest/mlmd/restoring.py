"""Restoring: the parts of a source into a store, each as one ledger entry, and what became of all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from lineal.errors import InvalidArgument
from lineal.ingest.mlmd.records import Records
from lineal.ingest.mlmd.refusal import leave_out_nuls, refuse, without_nuls
from lineal.model.ids import EntrySeq
from lineal.model.publication import Origin
from lineal.model.restoration import Clash, Record, Restored, Standing, Update
from lineal.store.protocol import Store

SHOWN = 20
"""Most clashes and updates that are kept to be shown; all are counted."""


@dataclass(slots=True)
class Outcome:
    """What became of the records of a source."""

    written: int = 0
    same: int = 0
    updated: int = 0
    clashing: int = 0
    updates: list[Update] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)

    def add(self, restored: Restored) -> None:
        """Add what became of one part."""
        self.written += restored.written
        self.same += restored.same
        self.updated += len(restored.updates)
        self.clashing += len(restored.clashes)
        self.updates += restored.updates[: SHOWN - len(self.updates)]
        self.clashes += restored.clashes[: SHOWN - len(self.clashes)]


class Restoring:
    """Writes parts of a source; what the store refuses, or has no place for, is left out of `records` from then on.

    `over` are the entries whose rows may be brought to another state.
    """

    def __init__(
        self, store: Store, records: Records, *, over: Collection[EntrySeq] = (), dry_run: bool = False
    ) -> None:
        self._store = store
        self._records = records
        self._over = over
        self._dry_run = dry_run

    def restore(self, part: Sequence[Record], *, by: Origin) -> Iterator[Restored]:
        """Yield what became of a part, in one piece unless some of it is refused: that is sought out and left out."""
        if not part:
            return
        try:
            yield self._restored(part, by)
        except InvalidArgument as refusal:
            if len(part) == 1:
                yield from self._refused(part[0], refusal, by)
                return
            middle = len(part) // 2
            yield from self.restore(part[:middle], by=by)
            yield from self.restore(part[middle:], by=by)

    def _refused(self, record: Record, refusal: InvalidArgument, by: Origin) -> Iterator[Restored]:
        """Write what a store keeps of one record that it has refused."""
        kept, lost = without_nuls(record)
        if lost:
            try:
                outcome = self._restored([kept], by)
            except InvalidArgument as again:
                refusal = again
            else:
                leave_out_nuls(self._records, record, lost)
                yield outcome
                return
        refuse(self._records, record, refusal.message)

    def _restored(self, part: Sequence[Record], by: Origin) -> Restored:
        restored = self._store.restore(part, by=by, over=self._over, dry_run=self._dry_run)
        for clash in restored.clashes:
            if clash.standing is Standing.TAKEN:
                # It is not there under its id, so nothing can touch it.
                self._records.without(clash.table, clash.id)
        return restored
