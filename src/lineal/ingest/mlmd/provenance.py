"""Provenance: what the ledger says of imports, and which of its entries came from which source.

A source keeps the name under which it was first imported, whatever its file is called later. The sentence that says so
is written and read here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Self

from lineal.model.ids import EntrySeq
from lineal.model.publication import Origin
from lineal.store.protocol import Store

ACTION = "import mlmd"
"""What the ledger entries of an import are called."""

_ROUNDED = "ML Metadata kept six decimals of each double"
_EXACT = "an export of Lineal, whose doubles are exact"

_PAGE = 10_000

_SAID = re.compile(r"from (?P<name>.+?)(?:, known here as (?P<first>.+?))? \(schema \d+\)")


def origin(name: str, version: int, *, first: str, actor: str, exact: bool = False) -> Origin:
    """Return who writes and from where; `first` is the name under which the source is known here.

    `exact`: the doubles are as Lineal wrote them, or there are none that are not.
    """
    known = "" if first == name else f", known here as {first}"
    said = f"from {name}{known} (schema {version}); {_EXACT if exact else _ROUNDED}"
    return Origin(actor=actor, action=ACTION, reason=said)


class Provenance:
    """Which entries of a store are imports, and of which source."""

    def __init__(self, names: Mapping[EntrySeq, str], exact: Collection[EntrySeq]) -> None:
        self._names = names
        self._exact = exact

    @classmethod
    def of(cls, store: Store) -> Self:
        """Read a store's ledger."""
        names: dict[EntrySeq, str] = {}
        exact: set[EntrySeq] = set()
        after = 0
        while entries := store.entries(after=after, limit=_PAGE):
            for entry in entries:
                if entry.action == ACTION and (said := _SAID.match(entry.reason or "")):
                    names[entry.seq] = said["first"] or said["name"]
                    if (entry.reason or "").endswith(_EXACT):
                        exact.add(entry.seq)
            after = entries[-1].seq
        return cls(names, exact)

    def sources(self, entries: Collection[EntrySeq]) -> list[str]:
        """Return the sources of those entries that are imports, the one imported first in front."""
        return list(dict.fromkeys(self._names[entry] for entry in sorted(entries) if entry in self._names))

    def entries(self, sources: Collection[str]) -> frozenset[EntrySeq]:
        """Return the entries of these sources."""
        return frozenset(entry for entry, name in self._names.items() if name in sources)

    @property
    def rounds(self) -> bool:
        """Whether any import brought doubles of which ML Metadata had kept six decimals."""
        return len(self._exact) < len(self._names)

    def rounds_of(self, entry: EntrySeq | None) -> bool | None:
        """Return whether an import brought such doubles with this entry; None where it is no import."""
        return None if entry not in self._names else entry not in self._exact
