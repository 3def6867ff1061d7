"""The types a service knows: between the ids that messages carry and the names that records have.

Id, kind, name and version of a stored type never change, so what was read once stays true; what a write that failed
had added is forgotten with it. The nine simple types count as there before they are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lineal.compat.mlmd.errors import NotFoundError
from lineal.model.ids import NodeKind, TypeId
from lineal.model.types import NodeType
from lineal.model.values import PropertyType
from lineal.model.vocabulary import SIMPLE_TYPES
from lineal.store.protocol import Store

SIMPLE_NAMES = frozenset(name for _, name in SIMPLE_TYPES)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The types of one moment. Never changed, so that threads can share it."""

    types: tuple[NodeType, ...]
    by_id: dict[int, NodeType]
    ids: dict[tuple[NodeKind, str, str], TypeId]


_NOTHING = _Seen((), {}, {})


class Known:
    """Types by id and by identity. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = _NOTHING

    def forget(self) -> None:
        """Drop everything, because a write was undone."""
        self._seen = _NOTHING

    def all(self, kind: NodeKind | None = None) -> list[NodeType]:
        """Return the types (of a kind) as they are now, simple ones included, by id."""
        return [type_ for type_ in self._read().types if kind in {None, type_.kind}]

    def by_id(self, kind: NodeKind, type_id: int) -> NodeType:
        """Return the type of an id. NOT_FOUND for an id that no type of this kind has."""
        found = self._seen.by_id.get(type_id) or self._read().by_id.get(type_id)
        if found is None or found.kind is not kind:
            raise NotFoundError(f"Cannot find type for type_id: {type_id}. No type found for query, type_id: {type_id}")
        return found

    def id_of(self, kind: NodeKind, name: str, version: str) -> TypeId:
        """Return the id of the type that a node read from the store has."""
        identity = (kind, name, version)
        return self._seen.ids.get(identity) or self._read().ids[identity]

    def properties(self, kind: NodeKind, name: str, version: str) -> Mapping[str, PropertyType]:
        """Return what a type declares as it is now."""
        seen = self._read()
        return seen.by_id[seen.ids[kind, name, version]].properties

    def find(self, kind: NodeKind, name: str, version: str) -> NodeType | None:
        """Return a type as it is now, or None."""
        seen = self._read()
        id_ = seen.ids.get((kind, name, version))
        return None if id_ is None else seen.by_id[id_]

    def _read(self) -> _Seen:
        stored = list(self._store.list_types())
        taken = {type_.id for type_ in stored} | {(type_.kind, type_.name) for type_ in stored if not type_.version}
        simple = [type_ for key, type_ in SIMPLE_TYPES.items() if type_.id not in taken and key not in taken]
        types = sorted([*simple, *stored], key=lambda type_: type_.id or 0)
        seen = _Seen(
            tuple(types),
            {type_.id: type_ for type_ in types if type_.id is not None},
            {(type_.kind, type_.name, type_.version): type_.id for type_ in types if type_.id is not None},
        )
        self._seen = seen
        return seen
