"""The report an import ends with: what was written, what cannot be kept, and whether both sides are equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lineal.ingest.mlmd.equality import Comparison, Difference
from lineal.ingest.mlmd.losses import Fate, Loss, Losses
from lineal.ingest.mlmd.restoring import Outcome


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table of the source: its rows, those that are not kept as they are, and both sides of the rest.

    `here` are the rows of the source that are here and those that an import of it wrote and it has not any more: these
    are `lost`, and are differences too. `here`, both digests, `differences` and `lost` are None after a dry run. A
    digest is the sum of the SHA-256 of the table's canonical rows, modulo 2^256, as 64 hex digits.
    """

    table: str
    there: int
    left_out: int
    changed: int
    noted: int
    here: int | None = None
    digest_there: str | None = None
    digest_here: str | None = None
    differences: int | None = None
    lost: int | None = None

    @property
    def equal(self) -> bool | None:
        """Whether both sides are equal but for what is reported; None after a dry run."""
        if self.differences is None:
            return None
        return self.differences == 0 and self.digest_there == self.digest_here


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did. `losses` and `differences` are the first of each; the tables count all.

    `doubles` is the number of doubles of which ML Metadata kept six decimals. `reread` texts were read otherwise than
    they are stored; `first_reread` are some of them, as stored and as read (see `rereading`).
    """

    source: str
    version: int
    dry_run: bool
    outcome: Outcome
    doubles: int
    reread: int
    first_reread: Mapping[str, str]
    tables: Sequence[TableReport]
    losses: Sequence[Loss]
    differences: Sequence[Difference]

    @property
    def equal(self) -> bool:
        """True if nothing differs but what is reported as a loss."""
        return not self.outcome.clashing and all(table.equal is not False for table in self.tables)


def table_report(table: str, there: int, losses: Losses, comparison: Comparison | None) -> TableReport:
    """Return the report of one table; after a dry run there is no comparison."""
    left_out, changed, noted = (losses.count(table, fate) for fate in (Fate.LEFT_OUT, Fate.CHANGED, Fate.NOTED))
    if comparison is None:
        return TableReport(table, there, left_out, changed, noted)
    return TableReport(
        table,
        there,
        left_out,
        changed,
        noted,
        here=comparison.here.rows + comparison.changed,
        digest_there=f"{comparison.there.digest:064x}",
        digest_here=f"{comparison.here.digest:064x}",
        differences=comparison.differences,
        lost=comparison.lost,
    )
