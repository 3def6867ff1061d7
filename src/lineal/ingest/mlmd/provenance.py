"""Provenance: what the ledger says of imports, and which of its entries came from which source.

A source keeps the name under which it was first imported, whatever its file is called later. The sentence that says so
is written and read here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Self

from lineal.ingest.mlmd.source import Source
from lineal.model.ids import EntrySeq
from lineal.model.publication import Origin
from lineal.store.protocol import Store

ACTION = "import mlmd"
"""What the ledger entries of an import are called."""

_PAGE = 10_000

_SAID = re.compile(r"from (?P<name>.+?)(?:, known here as (?P<first>.+?))? \(schema \d+\)")


def origin(source: Source, first: str, *, actor: str) -> Origin:
    """Return who writes and from where; `first` is the name under which the source is known here."""
    known = "" if first == source.name else f", known here as {first}"
    said = f"from {source.name}{known} (schema {source.version}); ML Metadata kept six decimals of each double"
    return Origin(actor=actor, action=ACTION, reason=said)


class Provenance:
    """Which entries of a store are imports, and of which source."""

    def __init__(self, names: dict[EntrySeq, str]) -> None:
        self._names = names

    @classmethod
    def of(cls, store: Store) -> Self:
        """Read a store's ledger."""
        names: dict[EntrySeq, str] = {}
        after = 0
        while entries := store.entries(after=after, limit=_PAGE):
            for entry in entries:
                if entry.action == ACTION and (said := _SAID.match(entry.reason or "")):
                    names[entry.seq] = said["first"] or said["name"]
            after = entries[-1].seq
        return cls(names)

    def sources(self, entries: Collection[EntrySeq]) -> list[str]:
        """Return the sources of those entries that are imports, the one imported first in front."""
        return list(dict.fromkeys(self._names[entry] for entry in sorted(entries) if entry in self._names))

    def entries(self, sources: Collection[str]) -> frozenset[EntrySeq]:
        """Return the entries of these sources."""
        return frozenset(entry for entry, name in self._names.items() if name in sources)
