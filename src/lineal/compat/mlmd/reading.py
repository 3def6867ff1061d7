"""A store opened with connection_mode READONLY: a put of what is there gives what it would, and no put writes.

So it is in ML Metadata, where the database itself refuses what would change it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn, cast

from lineal.compat.mlmd.errors import InternalError
from lineal.compat.mlmd.service.kinds import OF
from lineal.model.edges import Edge
from lineal.model.ids import NodeKey, NodeKind, TypeId
from lineal.model.nodes import Node, kind_of
from lineal.model.types import NodeType
from lineal.store.evolution import May, merged
from lineal.store.protocol import Store


def reading_only(store: Store) -> Store:
    """Return a store that reads as this one does and refuses whatever would change it, with INTERNAL."""
    return cast("Store", _ReadingOnly(store))


class _ReadingOnly:
    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        """Return a verb that reads."""
        return getattr(self._store, name)

    def batch(self, **_by: object) -> AbstractContextManager[None]:
        """Do nothing: there are no writes to be together."""
        return nullcontext()

    def put_types(
        self, types: Sequence[NodeType], *, can_add_fields: bool, can_omit_fields: bool, **_by: object
    ) -> Sequence[TypeId]:
        """Return the ids of types that are there. Raises AlreadyExists as the store does."""
        may = May(add=can_add_fields, omit=can_omit_fields)
        known = {(type_.kind, type_.name, type_.version): type_ for type_ in self._store.list_types()}
        ids: list[TypeId] = []
        for given in types:
            there = known.get((given.kind, given.name, given.version))
            if there is None or there.id is None or merged(there, given, may) != there:
                _refuse(f"the type {given.name!r}")
            ids.append(there.id)
        return ids

    def put(self, nodes: Sequence[Node], *, touch: Collection[NodeKey] = (), **_by: object) -> Sequence[NodeKey]:
        """Return the keys of nodes that are there as they are given."""
        keys: list[NodeKey] = []
        for node in nodes:
            key = NodeKey(kind_of(node), node.id or 0)
            if key in touch or node != self._stored(key):
                _refuse(f"the {key.kind.value}" + ("" if node.name is None else f" {node.name!r}"))
            keys.append(key)
        return keys

    def _stored(self, key: NodeKey) -> Node | None:
        return next(iter(self._store.get(OF[key.kind].model, [key.id], existing=True)), None)

    def put_edges(self, edges: Sequence[Edge], **_how: object) -> None:
        """Take no edge."""
        if edges:
            _refuse(f"{len(edges)} edges")

    def publish(self, *_publication: object, **_by: object) -> NoReturn:
        """Refuse, for every publication has an execution that is new."""
        _refuse(f"an {NodeKind.EXECUTION.value}")


def _refuse(what: str) -> NoReturn:
    raise InternalError(
        f"attempt to write a readonly database: {what} would be written, and this store was opened with "
        "connection_mode READONLY, which only reads"
    )
