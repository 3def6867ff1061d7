"""Suggest: the NotFound of a reference that names nothing, with what is near and what is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from lineal.errors import NotFound
from lineal.model.ids import Micros, NodeKind
from lineal.model.listing import ListOptions
from lineal.model.nodes import Execution, family_of
from lineal.model.references import Reference
from lineal.store.protocol import Store

_READ = 20_000
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Missing:
    """Builds the error for a reference that names nothing."""

    store: Store
    reference: Reference
    as_of: Micros | None

    def name(self, kind: NodeKind, types: frozenset[str]) -> NotFound:
        """Return the error where no name (or family) is the wanted one."""
        names = self._names(kind, types)
        # Only artifacts have versions in their names.
        versioned = kind is NodeKind.ARTIFACT
        known = list(dict.fromkeys(family_of(name)[0] for name in names)) if versioned else names
        word = self.reference.kind
        near = _near(self.reference.name if versioned else self.reference.text.partition(":")[2], known)
        if near:
            return self._error("did you mean " + _texts(word, near) + "?")
        elsewhere = _near(self.reference.name, self._others(kind, types), cutoff=0.9)
        if elsewhere:
            return self._error("of another kind there is " + _texts("", elsewhere))
        if known:
            return self._error(f"there is {_texts(word, known[:_SHOWN])}" + (" …" if len(known) > _SHOWN else ""))
        return self._error(f"there is no {word} in this workspace yet")

    def version(self, type_: str, types: frozenset[str]) -> NotFound:
        """Return the error where the family is there but not this version or alias."""
        name = self.reference.name
        versions = [family_of(node.name or "")[1] or "" for node in self.store.versions(type_, name, as_of=self.as_of)]
        if not versions:
            return self.name(NodeKind.ARTIFACT, types)
        moves = self.store.aliases(family=name, as_of=self.as_of)
        aliases = [move.alias for move in moves if move.type in types]
        there = [*reversed(versions), *aliases]
        near = _near(self.reference.version or "", there)
        start = f"did you mean {_texts(f'{self.reference.kind}:{name}@', near, colon=False)}? " if near else ""
        shown = ", ".join(there[:_SHOWN]) + (" …" if len(there) > _SHOWN else "")
        return self._error(f"{start}versions and aliases of {name}: {shown}")

    def run(self, types: frozenset[str] | None) -> NotFound:
        """Return the error where no run is the wanted one."""
        page = self.store.list(Execution, ListOptions(ascending=False, limit=500, as_of=self.as_of))
        runs = [run for run in page.items if types is None or run.type in types]
        if not runs:
            return self._error(f"there is no {self.reference.kind} in this workspace yet")
        labels = list(dict.fromkeys(str(run.properties.get("label") or run.name or "") for run in runs))
        known = [label for label in labels if label]
        near = _near(self.reference.name, known)
        if near:
            return self._error("did you mean " + _texts(self.reference.kind, near) + "?")
        newest = runs[0].external_id or str(runs[0].id)
        return self._error(
            f"the newest is {self.reference.kind}:{newest}"
            + (f"; labels: {', '.join(known[:_SHOWN])}" if known else "")
        )

    def _error(self, hint: str) -> NotFound:
        when = "" if self.as_of is None else " at that time"
        return NotFound(f"nothing is called {self.reference}{when}", hint=hint)

    def _names(self, kind: NodeKind, types: frozenset[str]) -> list[str]:
        return [name for type_, name in islice(self.store.names(kind), _READ) if type_ in types]

    def _others(self, kind: NodeKind, types: frozenset[str]) -> list[str]:
        named = [(type_, name) for type_, name in islice(self.store.names(kind), _READ) if type_ not in types]
        return list(dict.fromkeys(f"{type_.lower()}:{family_of(name)[0]}" for type_, name in named))


def _near(wanted: str, known: Iterable[str], *, cutoff: float = 0.6) -> list[str]:
    by_lower = {text.rpartition(":")[2].lower() if cutoff > 0.6 else text.lower(): text for text in known}  # noqa: PLR2004
    close = get_close_matches(wanted.lower(), list(by_lower), n=3, cutoff=cutoff)
    return [by_lower[text] for text in close]


def _texts(word: str, names: list[str], *, colon: bool = True) -> str:
    prefix = f"{word}:" if word and colon else word
    return " or ".join(f"{prefix}{name}" for name in names)
