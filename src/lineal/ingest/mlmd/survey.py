"""The survey: what a source meets in a store, before anything is written, and whether it may be imported there.

A source is known by what is in it. A node of one id, type and time of creation is one node, whatever the database is
called today; then what the source brought earlier is its own to change. Anything else under its ids is in the way.
"""

from __future__ import annotations

from lineal.errors import AlreadyExists
from lineal.ingest.mlmd.provenance import Provenance
from lineal.model.ids import EntrySeq
from lineal.model.restoration import Clash, Restored, Standing

_SHOWN = 3


class _Clashes:
    """How many, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Clash] = []

    def add(self, clash: Clash) -> None:
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(clash)


class Survey:
    """Gathers what every part of a source meets. `provenance` is what the ledger says."""

    def __init__(self, source: str, provenance: Provenance) -> None:
        self._source = source
        self._provenance = provenance
        self._met: set[EntrySeq] = set()
        self._other = _Clashes()
        self._changed = _Clashes()
        self._taken: dict[EntrySeq, _Clashes] = {}

    def add(self, outcome: Restored) -> None:
        """Add what one part met."""
        self._met |= outcome.met
        for clash in outcome.clashes:
            if clash.standing is Standing.OTHER:
                self._other.add(clash)
            elif clash.standing is Standing.CHANGED:
                self._changed.add(clash)
            elif clash.entry is not None:
                # Without an entry two rows of the source itself want one name.
                self._taken.setdefault(clash.entry, _Clashes()).add(clash)

    def sources(self) -> list[str]:
        """Return under which names this source was imported before, the first one in front."""
        met = self._provenance.sources(self._met)
        # One that has lost all it had is met nowhere.
        own = self._provenance.known_as(self._source)
        return met if own is None or own in met else [*met, own]

    def check(self) -> None:
        """Raise AlreadyExists if anything in the way is not this source's own, or this source is new here."""
        ours = self._provenance.entries(self.sources())
        known = bool(ours or self._met)
        foreign = [self._other]
        if not known:
            foreign.append(self._changed)
        foreign += [clashes for entry, clashes in self._taken.items() if entry not in ours]
        count = sum(clashes.count for clashes in foreign)
        if not count:
            return
        first = [clash for clashes in foreign for clash in clashes.first][:_SHOWN]
        shown = "; ".join(f"{clash.record} {clash.message}" for clash in first)
        more = f" … and {count - len(first):,} more" if count > len(first) else ""
        raise AlreadyExists(
            f"the store holds other things under the ids or names of {self._source}: {shown}{more}",
            hint="nothing was written; import into a store of its own: --url NEW-DIRECTORY",
        )
