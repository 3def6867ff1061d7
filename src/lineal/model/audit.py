"""What the ledger and its check give back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineal.model.ids import EntrySeq, Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ledger entry: a write transaction, who made it, and the Merkle root of the rows it wrote.

    `rows` is their number; `findings` are contradictions that were kept (see `Causality.FLAG`).
    `leaf` is the entry's RFC 6962 leaf digest.
    """

    seq: EntrySeq
    time: Micros
    actor: str
    action: str
    reason: str | None
    request_id: str | None
    reported_at: Micros | None
    findings: tuple[str, ...]
    rows: int
    rows_root: bytes
    rule: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between ledger and tables: what is wrong with which row of which entry."""

    kind: str
    table: str
    row: str
    entry: int | None
    message: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The outcome of a whole check; `findings` is empty if and only if nothing differs."""

    entries: int
    rows: int
    root: bytes
    findings: Sequence[Finding]
    unanchored_tail: int

    @property
    def ok(self) -> bool:
        """True if nothing differs."""
        return not self.findings
