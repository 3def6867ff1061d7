"""The report an import ends with: what was written, what cannot be kept, and whether both sides are equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lineal.ingest.mlmd.equality import Difference
from lineal.ingest.mlmd.losses import Loss
from lineal.model.restoration import Clash


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table of the source: its rows, those that are not kept as they are, and both sides of the rest.

    `here`, both digests and `differences` are None after a dry run. A digest is the sum of the SHA-256 of the
    table's canonical rows, modulo 2^256, as 64 hex digits.
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

    @property
    def equal(self) -> bool | None:
        """Whether both sides are equal but for what is reported; None after a dry run."""
        if self.differences is None:
            return None
        return self.differences == 0 and self.digest_there == self.digest_here


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did. `losses`, `clashes` and `differences` are the first of each; the tables count all.

    `written` and `same` count records: nodes with their properties, types with what they declare. `doubles` is the
    number of doubles; ML Metadata kept six decimals of each. `reread` texts were read otherwise than they are stored;
    `first_reread` are some of them, as stored and as read (see `rereading`).
    """

    source: str
    version: int
    dry_run: bool
    written: int
    same: int
    doubles: int
    reread: int
    first_reread: Mapping[str, str]
    tables: Sequence[TableReport]
    losses: Sequence[Loss]
    clashes: Sequence[Clash]
    differences: Sequence[Difference]

    @property
    def equal(self) -> bool:
        """True if nothing differs but what is reported as a loss."""
        return not self.clashes and all(table.equal is not False for table in self.tables)
