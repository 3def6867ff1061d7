"""Provenance: what the ledger says of imports, and which of its entries came from which source.

A source keeps the name under which it was first imported, whatever its file is called later. The sentence that says so
is written and read here.
"""

from __future__ import annotations

import re
from collections.abc import Collection

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

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = 0
        self._names: dict[EntrySeq, str] = {}
        self._exact: set[EntrySeq] = set()
        self._known: dict[str, str] = {}
        self.read_on()

    def read_on(self) -> None:
        """Read what the ledger has gained since."""
        while entries := self._store.entries(after=self._last, limit=_PAGE):
            for entry in entries:
                if entry.action == ACTION and entry.reason and (said := _SAID.match(entry.reason)):
                    self._names[entry.seq] = self._known[said["name"]] = said["first"] or said["name"]
                    if entry.reason.endswith(_EXACT):
                        self._exact.add(entry.seq)
            self._last = entries[-1].seq

    def known_as(self, name: str) -> str | None:
        """Return under which name the source that is called so now was first imported."""
        return self._known.get(name)

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
