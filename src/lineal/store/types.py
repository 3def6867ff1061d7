"""Types in the store: registered once, never changed, remembered in memory.

A standard type is registered by itself when a node of it is first put.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from lineal.errors import AlreadyExists, InvalidArgument, PropertyTypeMismatch, UnknownType
from lineal.model.ids import Micros, NodeKind, TypeId
from lineal.model.types import NodeType
from lineal.model.values import PropertyType, Value, check, check_text
from lineal.model.vocabulary import STANDARD_TYPES
from lineal.store.codec import decode_json, encode_json
from lineal.store.connections import Cursor
from lineal.store.tables import KIND_NUMBERS, TYPE
from lineal.store.writer import Transaction

Identity = tuple[NodeKind, str, str]

_KINDS = {number: kind for kind, number in KIND_NUMBERS.items()}
_SELECT_NEWER = f"SELECT {TYPE.column_list} FROM type WHERE entry > ? ORDER BY id"


class Types(threading.local):
    """All types of a store. Rows never change, so what was read once stays true.

    Each thread remembers what its own connection saw: types of a transaction that is still open, or was undone,
    are no other thread's business.
    """

    def __init__(self) -> None:
        self._by_identity: dict[Identity, NodeType] = {}
        self._by_id: dict[TypeId, NodeType] = {}
        self._seen = 0

    def refresh(self, cursor: Cursor) -> None:
        """Read the types added since the last look; a restored one may have a smaller id than those known."""
        for row in cursor.execute(_SELECT_NEWER, (self._seen,)).fetchall():
            self._remember(_type_of_row(row))
            self._seen = max(self._seen, row[-1])

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
        wanted = {name.lower()}
        found: dict[TypeId, None] = {}
        # A base is older than what inherits from it, so one pass in id order sees bases first.
        for id_ in sorted(self._by_id):
            type_ = self._by_id[id_]
            if type_.kind is kind and (type_.name.lower() in wanted or (type_.base or "").lower() in wanted):
                wanted.add(type_.name.lower())
                found[id_] = None
        return list(found)

    def need(self, transaction: Transaction, kind: NodeKind, name: str, version: str) -> NodeType:
        """Return the type a node names, registering a standard one; raise UnknownType otherwise."""
        stored = self.find(transaction.cursor, kind, name, version)
        if stored is not None:
            return stored
        standard = STANDARD_TYPES.get((kind, name))
        if standard is None or version:
            raise self._unknown(kind, name, version)
        if standard.base is not None:
            self.need(transaction, kind, standard.base, "")
        return self.put(transaction, standard)

    def put(self, transaction: Transaction, type_: NodeType) -> NodeType:
        """Return the stored type equal to this one, inserting it where there is none."""
        _check_type(type_)
        stored = self.find(transaction.cursor, type_.kind, type_.name, type_.version)
        if stored is not None:
            _check_same(stored, type_)
            return stored
        standard = STANDARD_TYPES.get((type_.kind, type_.name))
        if standard is not None and not type_.version:
            _check_same(standard, type_)
        if type_.base is not None and not self.family(transaction.cursor, type_.kind, type_.base):
            self.need(transaction, type_.kind, type_.base, "")
        (id_,) = transaction.new_ids(TYPE, 1)
        new = replace(type_, id=TypeId(id_), created_at=transaction.now)
        transaction.insert(TYPE, [(*row_of_type(new), transaction.seq)])
        self._remember(new)
        return new

    def _remember(self, type_: NodeType) -> None:
        if type_.id is not None:
            self._by_id[type_.id] = type_
            self._by_identity[type_.kind, type_.name, type_.version] = type_

    def _unknown(self, kind: NodeKind, name: str, version: str) -> UnknownType:
        known = sorted({stored for stored_kind, stored, _ in self._by_identity if stored_kind is kind})
        standard = sorted({stored for stored_kind, stored in STANDARD_TYPES if stored_kind is kind})
        shown = f"{name!r}" + (f" version {version!r}" if version else "")
        return UnknownType(
            f"there is no {kind.value} type {shown}; there are {', '.join(sorted({*known, *standard}))}",
            hint="declare it first with put_types, or use one of these",
        )


def check_properties(type_: NodeType, properties: Mapping[str, Value], custom: Mapping[str, Value]) -> None:
    """Raise PropertyTypeMismatch unless every declared property has its declared kind."""
    for name, value in properties.items():
        kind = check(name, value)
        declared = type_.properties.get(name)
        if declared is kind:
            continue
        where = f"{type_.name} version {type_.version}" if type_.version else type_.name
        if declared is None:
            declares = ", ".join(sorted(type_.properties)) or "none"
            raise PropertyTypeMismatch(
                f"{where} declares no property {name!r}; it declares {declares}",
                hint="put it into custom_properties, or declare it in a new version of the type",
            )
        raise PropertyTypeMismatch(
            f"{where}.{name} is {declared.name}, got {value!r} ({kind.name})",
            hint=f"pass {_EXAMPLES[declared]}, or declare a new version of the type",
        )
    for name, value in custom.items():
        check(name, value)


_EXAMPLES = {
    PropertyType.INT: "an int",
    PropertyType.DOUBLE: "a float",
    PropertyType.STRING: "a str",
    PropertyType.STRUCT: "a dict or a list",
    PropertyType.PROTO: "a Proto",
    PropertyType.BOOLEAN: "a bool",
}


def _check_type(type_: NodeType) -> None:
    check_text("a type's name", type_.name)
    check_text("a type's version", type_.version)
    for what in ("base", "description", "external_id"):
        if getattr(type_, what) is not None:
            check_text(f"a type's {what}", getattr(type_, what))
    if not type_.name:
        raise InvalidArgument("a type needs a name")
    for name, kind in type_.properties.items():
        check_text("a property name", name)
        if not isinstance(kind, PropertyType):
            raise InvalidArgument(f"{type_.name}.{name} is declared as {kind!r}, which is not a PropertyType")


def _check_same(stored: NodeType, new: NodeType) -> None:
    if dict(stored.properties) == dict(new.properties) and stored.base == new.base:
        return
    before = ", ".join(f"{name}: {kind.name}" for name, kind in sorted(stored.properties.items())) or "no properties"
    after = ", ".join(f"{name}: {kind.name}" for name, kind in sorted(new.properties.items())) or "no properties"
    raise AlreadyExists(
        f"type {new.name!r} version {new.version!r} exists with ({before}; base {stored.base}), "
        f"not with ({after}; base {new.base})",
        hint="a schema never changes: declare the new one under another version",
    )


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
    )


def _type_of_row(row: tuple[int, int, str, str, str | None, str, str | None, str | None, int, int]) -> NodeType:
    id_, kind, name, version, base, schema, description, external_id, created_at, _ = row
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
        id=TypeId(id_),
        created_at=Micros(created_at),
    )
