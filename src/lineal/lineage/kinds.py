"""Kinds: the words for types in references and filters, and which types inherit from which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from lineal.errors import InvalidArgument
from lineal.model.ids import NodeKind
from lineal.model.types import NodeType
from lineal.model.vocabulary import STANDARD_TYPES
from lineal.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Kinds:
    """The types of a store together with the standard ones, by kind of node and name."""

    bases: dict[tuple[NodeKind, str], str | None]

    @classmethod
    def of(cls, store: Store) -> Kinds:
        """Return the types this store knows, and the standard ones it has not used yet."""
        return cls(_bases([*STANDARD_TYPES.values(), *store.list_types()]))

    def find(self, word: str) -> list[tuple[NodeKind, str]]:
        """Return the types that `word` names, case and `_`/`-` aside; [] if none."""
        wanted = _plain(word)
        return [key for key in self.bases if _plain(key[1]) == wanted]

    def below(self, kind: NodeKind, *names: str) -> frozenset[str]:
        """Return these types and all that inherit from them; names ignore case, as in the store."""
        found = set(names)
        # ML Metadata's `mlmd.Dataset` is a kind of Dataset.
        wanted = {word for name in names for word in (name.lower(), f"mlmd.{name}".lower())}
        grown = True
        while grown:
            more = {
                name
                for (of, name), base in self.bases.items()
                if of is kind and (name.lower() in wanted or (base or "").lower() in wanted)
            }
            grown = not more <= found
            found |= more
            wanted |= {name.lower() for name in more}
        return frozenset(found)

    def words(self, kind: NodeKind | None = None) -> list[str]:
        """Return the words that name types, in the form references use."""
        return sorted({_plain(name) for of, name in self.bases if kind in (None, of)})

    def chosen(self, words: Iterable[str]) -> frozenset[tuple[NodeKind, str]]:
        """Return the artifact and execution types that these words name, with those inheriting from them.

        Raises InvalidArgument for a word that names none, with the words that do.
        """
        found: set[tuple[NodeKind, str]] = set()
        for word in words:
            named = [key for key in self.find(word) if key[0] is not NodeKind.CONTEXT]
            if not named:
                raise InvalidArgument(f"there is no type {word!r} of artifacts or executions", hint=self.hint(word))
            for kind, name in named:
                found |= {(kind, below) for below in self.below(kind, name)}
        return frozenset(found)

    def hint(self, word: str) -> str:
        """Return a did-you-mean for a word that names no type."""
        words = self.words()
        close = get_close_matches(_plain(word), words, n=3, cutoff=0.6)
        return f"did you mean {' or '.join(close)}?" if close else "known: " + ", ".join(words)


def _bases(types: Iterable[NodeType]) -> dict[tuple[NodeKind, str], str | None]:
    return {(type_.kind, type_.name): type_.base for type_ in types}


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
