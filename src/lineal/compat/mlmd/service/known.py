"""The types a service knows: between the ids that messages carry and the names that records have.

Id, kind, name and version of a stored type never change, so what was read once stays true; what a write that failed
had added is forgotten with it. The nine simple types count as there before they are stored.
"""

from __future__ import annotations

from collections.abc import Mapping

from lineal.compat.mlmd.errors import NotFoundError
from lineal.model.ids import NodeKind, TypeId
from lineal.model.types import NodeType
from lineal.model.values import PropertyType
from lineal.model.vocabulary import SIMPLE_TYPES
from lineal.store.protocol import Store

SIMPLE_NAMES = frozenset(name for _, name in SIMPLE_TYPES)


class Known:
    """Types by id and by identity."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_id: dict[int, NodeType] = {}
        self._ids: dict[tuple[NodeKind, str, str], TypeId] = {}

    def forget(self) -> None:
        """Drop everything, because a write was undone."""
        self._by_id, self._ids = {}, {}

    def all(self, kind: NodeKind | None = None) -> list[NodeType]:
        """Return the types (of a kind) as they are now, simple ones included, by id."""
        return [type_ for type_ in self._read() if kind in {None, type_.kind}]

    def by_id(self, kind: NodeKind, type_id: int) -> NodeType:
        """Return the type of an id. NOT_FOUND for an id that no type of this kind has."""
        found = self._by_id.get(type_id)
        if found is None:
            found = next((type_ for type_ in self._read() if type_.id == type_id), None)
        if found is None or found.kind is not kind:
            raise NotFoundError(f"Cannot find type for type_id: {type_id}. No type found for query, type_id: {type_id}")
        return found

    def id_of(self, kind: NodeKind, name: str, version: str) -> TypeId:
        """Return the id of the type that a node read from the store has."""
        found = self._ids.get((kind, name, version))
        if found is None:  # looked up in what was read, not in what is kept: another thread may forget that meanwhile
            key = (kind, name, version)
            found = next(
                type_.id for type_ in self._read() if type_.id and (type_.kind, type_.name, type_.version) == key
            )
        return found

    def properties(self, kind: NodeKind, name: str, version: str) -> Mapping[str, PropertyType]:
        """Return what a type declares as it is now."""
        self._read()
        return self.by_id(kind, self.id_of(kind, name, version)).properties

    def find(self, kind: NodeKind, name: str, version: str) -> NodeType | None:
        """Return a type as it is now, or None."""
        return next((type_ for type_ in self.all(kind) if (type_.name, type_.version) == (name, version)), None)

    def _read(self) -> list[NodeType]:
        stored = list(self._store.list_types())
        taken = {type_.id for type_ in stored} | {(type_.kind, type_.name) for type_ in stored if not type_.version}
        simple = [type_ for key, type_ in SIMPLE_TYPES.items() if type_.id not in taken and key not in taken]
        types = sorted([*simple, *stored], key=lambda type_: type_.id or 0)
        self._by_id = {type_.id: type_ for type_ in types if type_.id is not None}
        self._ids = {(type_.kind, type_.name, type_.version): type_.id for type_ in types if type_.id is not None}
        return types
