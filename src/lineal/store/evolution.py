"""How a type may change: it gains properties, loses none, and no property changes its kind.

Pure rules over records; `types` reads and writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lineal.errors import AlreadyExists, InvalidArgument
from lineal.model.types import NodeType
from lineal.model.values import PropertyType, check_text


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """What a put of a stored type may do: add properties, and say nothing about some that are there."""

    add: bool = False
    omit: bool = False


def merged(stored: NodeType, given: NodeType, may: May) -> NodeType:
    """Return the stored type as it is after a put of the given one; raise AlreadyExists where that cannot be.

    A base is set once; an external id that is given replaces the stored one. Description, `input_type` and
    `output_type` stay.
    """
    added = given.properties.keys() - stored.properties.keys()
    changed = {
        name for name, kind in given.properties.items() if name not in added and stored.properties[name] is not kind
    }
    omitted = stored.properties.keys() - given.properties.keys()
    if changed or (added and not may.add) or (omitted and not may.omit):
        raise _refused(stored, given, can_help=not changed)
    if None not in {stored.base, given.base} and stored.base != given.base:
        raise _refused(stored, given, can_help=False)
    return replace(
        stored,
        properties={**stored.properties, **given.properties},
        base=given.base if stored.base is None else stored.base,
        external_id=stored.external_id if given.external_id is None else given.external_id,
    )


def _refused(stored: NodeType, given: NodeType, *, can_help: bool) -> AlreadyExists:
    another = "declare the new one under another version"
    return AlreadyExists(
        f"type {given.name!r} version {given.version!r} exists with ({_schema(stored)}; base {stored.base}), "
        f"not with ({_schema(given)}; base {given.base})",
        hint=f"pass can_add_fields or can_omit_fields, or {another}" if can_help else another,
    )


def _schema(type_: NodeType) -> str:
    return ", ".join(f"{name}: {kind.name}" for name, kind in sorted(type_.properties.items())) or "no properties"


def check_type(type_: NodeType) -> None:
    """Raise InvalidArgument unless a type can be stored."""
    check_text("a type's name", type_.name)
    check_text("a type's version", type_.version)
    for what in ("base", "description", "external_id", "input_type", "output_type"):
        if getattr(type_, what) is not None:
            check_text(f"a type's {what}", getattr(type_, what))
    if not type_.name:
        raise InvalidArgument("a type needs a name")
    for name, kind in type_.properties.items():
        check_text("a property name", name)
        if not isinstance(kind, PropertyType):
            raise InvalidArgument(f"{type_.name}.{name} is declared as {kind!r}, which is not a PropertyType")
