"""Types in the store: registered once, later only widened, remembered in memory.

A standard type is registered by itself when a node of it is first put. Its name is free for users too: a type of that
name with other properties gains the standard ones when a node needs them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from lineal.errors import AlreadyExists, InvalidArgument, PropertyTypeMismatch, UnknownType
from lineal.model.ids import Micros, NodeKind, TypeId
from lineal.model.nodes import Node
from lineal.model.types import NodeType
from lineal.model.values import PropertyType, Value
from lineal.model.vocabulary import SIMPLE_TYPES, STANDARD_TYPES
from lineal.store.codec import decode_json, encode_json
from lineal.store.connections import Cursor
from lineal.store.evolution import May, check_type, merged
from lineal.store.properties import check_properties
from lineal.store.tables import KIND_NUMBERS, TYPE
from lineal.store.writer import Transaction

Identity = tuple[NodeKind, str, str]

_Text = str | None
_TypeRow = tuple[int, int, str, str, _Text, str, _Text, _Text, int, _Text, _Text, int]

_KINDS = {number: kind for kind, number in KIND_NUMBERS.items()}
# Entries are numbered in the order they commit, so nothing older than what was seen can appear later.
_SELECT_NEWER = f"SELECT {TYPE.column_list} FROM type WHERE entry > ? ORDER BY id"
_SELECT_ROW = f"SELECT {TYPE.column_list} FROM type WHERE id = ?"


class Types(threading.local):
    """All types of a store. Id, kind, name and version never change, so what was read once stays true of them.

    Each thread remembers what its own connection saw: types of a transaction that is still open, or was undone,
    are no other thread's business.
    """

    def __init__(self) -> None:
        self._by_identity: dict[Identity, NodeType] = {}
        self._by_id: dict[TypeId, NodeType] = {}
        self._seen = 0
        self._era = 0

    def remember_since(self, era: int) -> None:
        """Drop everything remembered from before: see `Writer.era`."""
        if self._era != era:
            self.forget()
            self._era = era

    def refresh(self, cursor: Cursor) -> None:
        """Read the types that were added or changed since the last look."""
        for row in cursor.execute(_SELECT_NEWER, (self._seen,)).fetchall():
            self._remember(_type_of_row(row), row[-1])

    def forget(self) -> None:
        """Drop everything remembered, because a transaction that added types was undone."""
        self._by_identity.clear()
        self._by_id.clear()
        self._seen = 0

    def all(self, cursor: Cursor, kind: NodeKind | None = None) -> list[NodeType]:
        """Return every type (of a kind), by id."""
        self.refresh(cursor)
        return [self._by_id[id_] for id_ in sorted(self._by_id) if kind in {None, self._by_id[id_].kind}]

    def by_id(self, cursor: Cursor, type_id: TypeId) -> NodeType:
        """Return the type of an id read from a node's row."""
        if type_id not in self._by_id:
            self.refresh(cursor)
        return self._by_id[type_id]

    def find(self, cursor: Cursor, kind: NodeKind, name: str, version: str) -> NodeType | None:
        """Return a stored type, or None."""
        identity = (kind, name, version)
        if identity not in self._by_identity:
            self.refresh(cursor)
        return self._by_identity.get(identity)

    def family(self, cursor: Cursor, kind: NodeKind, name: str) -> list[TypeId]:
        """Return the ids of all versions of a type and of every type that inherits from it; names ignore case."""
        self.refresh(cursor)
        # ML Metadata's `mlmd.Dataset` is a kind of Dataset.
        wanted = {name.lower(), f"mlmd.{name}".lower()}
        found: set[TypeId] = set()
        grown = True
        while grown:
            grown = False
            for id_, type_ in self._by_id.items():
                if id_ in found or type_.kind is not kind:
                    continue
                if type_.name.lower() in wanted or (type_.base or "").lower() in wanted:
                    wanted.add(type_.name.lower())
                    found.add(id_)
                    grown = True
        return sorted(found)

    def need(self, transaction: Transaction, kind: NodeKind, name: str, version: str) -> NodeType:
        """Return the type a node names, registering a standard one; raise UnknownType otherwise."""
        stored = self.find(transaction.cursor, kind, name, version)
        if stored is not None:
            return stored
        standard = STANDARD_TYPES.get((kind, name)) or SIMPLE_TYPES.get((kind, name))
        if standard is None or version:
            raise self._unknown(kind, name, version)
        (id_,) = self.put_all(transaction, [standard], May())
        return self._by_id[id_]

    def check(self, transaction: Transaction, type_: NodeType, node: Node) -> None:
        """Raise PropertyTypeMismatch unless a node's properties are what its stored type declares.

        A standard type that a user declared first gains what the standard declares when that is needed.
        """
        try:
            check_properties(type_, node.properties, node.custom_properties)
        except PropertyTypeMismatch:
            wider = self._wider(transaction, type_, node.properties)
            if wider == type_:
                raise
            check_properties(wider, node.properties, node.custom_properties)

    def _wider(self, transaction: Transaction, type_: NodeType, properties: Mapping[str, Value]) -> NodeType:
        """Return the type as it is stored by now, with the standard's properties where these are among them."""
        self.refresh(transaction.cursor)
        now = self._by_identity[type_.kind, type_.name, type_.version]
        standard = STANDARD_TYPES.get((type_.kind, type_.name))
        if standard is None or type_.version:
            return now
        asked = properties.keys() - now.properties.keys()
        gained = {name: kind for name, kind in standard.properties.items() if name not in now.properties}
        if not asked or not asked <= gained.keys():
            return now
        wider = replace(now, properties={**now.properties, **gained})
        self._change(transaction, now, wider)
        return wider

    def put_all(self, transaction: Transaction, types: Sequence[NodeType], may: May) -> list[TypeId]:
        """Return the ids these types have after putting them; one that is given twice is written once."""
        self.refresh(transaction.cursor)
        planned: dict[Identity, NodeType] = {}
        for given in types:
            check_type(given)
            identity = (given.kind, given.name, given.version)
            now = planned.get(identity) or self._by_identity.get(identity)
            planned[identity] = _fresh(given) if now is None else merged(now, given, may)
        for identity, type_ in planned.items():
            stored = self._by_identity.get(identity)
            if stored is None:
                self._insert(transaction, type_)
            elif stored != type_:
                self._change(transaction, stored, type_)
        return [cast("TypeId", self._by_identity[given.kind, given.name, given.version].id) for given in types]

    def _insert(self, transaction: Transaction, type_: NodeType) -> None:
        self._need_base(transaction, type_)
        self._check_external_id(type_)
        simple = None if type_.version else SIMPLE_TYPES.get((type_.kind, type_.name))
        if simple is not None and simple.id is not None and simple.id not in self._by_id:
            id_ = simple.id
        else:
            id_ = TypeId(transaction.new_ids(TYPE, 1)[0])
        new = replace(type_, id=id_, created_at=transaction.now)
        transaction.insert(TYPE, [(*row_of_type(new), transaction.seq)])
        self._remember(new, transaction.seq)

    def _change(self, transaction: Transaction, stored: NodeType, new: NodeType) -> None:
        if new.base != stored.base:
            self._need_base(transaction, new)
            self._check_base(transaction.cursor, new)
        self._check_external_id(new)
        row = transaction.cursor.execute(_SELECT_ROW, (stored.id,)).fetchone()
        transaction.replace(TYPE, row, (*row_of_type(new), transaction.seq))
        self._remember(new, transaction.seq)

    def _need_base(self, transaction: Transaction, type_: NodeType) -> None:
        base = type_.base
        if base is None:
            return
        named = (known for known in self._by_id.values() if known.kind is type_.kind)
        if not any(known.name.lower() == base.lower() for known in named):
            self.need(transaction, type_.kind, base, "")

    def _check_base(self, cursor: Cursor, type_: NodeType) -> None:
        below = {self._by_id[id_].name.lower() for id_ in self.family(cursor, type_.kind, type_.name)}
        if (type_.base or "").lower() in below:
            raise InvalidArgument(f"{type_.base} inherits from {type_.name}, so it cannot be its base")

    def _check_external_id(self, type_: NodeType) -> None:
        if type_.external_id is None:
            return
        for known in self._by_id.values():
            if known.external_id == type_.external_id and known.id != type_.id:
                raise AlreadyExists(f"external id {type_.external_id!r} belongs to the type {known.name!r}")

    def _remember(self, type_: NodeType, entry: int) -> None:
        if type_.id is not None:
            self._by_id[type_.id] = type_
            self._by_identity[type_.kind, type_.name, type_.version] = type_
        self._seen = max(self._seen, entry)

    def _unknown(self, kind: NodeKind, name: str, version: str) -> UnknownType:
        known = sorted({stored for stored_kind, stored, _ in self._by_identity if stored_kind is kind})
        standard = sorted({stored for stored_kind, stored in STANDARD_TYPES if stored_kind is kind})
        shown = f"{name!r}" + (f" version {version!r}" if version else "")
        return UnknownType(
            f"there is no {kind.value} type {shown}; there are {', '.join(sorted({*known, *standard}))}",
            hint="declare it first with put_types, or use one of these",
        )


def _fresh(type_: NodeType) -> NodeType:
    """Return a type to insert; one that is named like a standard type inherits from what that inherits from."""
    standard = STANDARD_TYPES.get((type_.kind, type_.name))
    base = standard.base if type_.base is None and standard is not None else type_.base
    return replace(type_, base=base, id=None, created_at=None)


def row_of_type(type_: NodeType) -> tuple[int | str | None, ...]:
    """Return the cells of a type, without its entry."""
    schema = {name: kind.value for name, kind in type_.properties.items()}
    return (
        type_.id,
        KIND_NUMBERS[type_.kind],
        type_.name,
        type_.version,
        type_.base,
        encode_json(schema),
        type_.description,
        type_.external_id,
        type_.created_at,
        type_.input_type,
        type_.output_type,
    )


def _type_of_row(row: _TypeRow) -> NodeType:
    id_, kind, name, version, base, schema, description, external_id, created_at, input_type, output_type, _ = row
    stored = decode_json(schema)
    properties = {key: PropertyType(number) for key, number in stored.items()} if isinstance(stored, dict) else {}
    return NodeType(
        kind=_KINDS[kind],
        name=name,
        version=version,
        base=base,
        properties=properties,
        description=description,
        external_id=external_id,
        input_type=input_type,
        output_type=output_type,
        id=TypeId(id_),
        created_at=Micros(created_at),
    )
