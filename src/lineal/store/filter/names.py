"""Names: what a dotted name of a filter stands for. Called by `resolve`.

Words are read in any case; names of properties and aliases exactly as written.
"""

from __future__ import annotations

from enum import Enum

from lineal.errors import FilterSyntaxError
from lineal.model.ids import NodeKind
from lineal.store.filter.columns import MAPS, NEIGHBOURHOODS, PLACES, VALUES
from lineal.store.filter.refusal import refusal, unknown
from lineal.store.filter.tree import Column, Expression, Name, Neighbour, Property

_ALIAS, _WHAT, _BEYOND = range(3)


def find(name: Name, kind: NodeKind) -> Column | Property:
    """Return the column or property a name stands for. Raises FilterSyntaxError at its first wrong part."""
    if name.parts[0].lower() in MAPS:
        return _property(name)
    if len(name.parts) > 1:
        return _neighbour(name, kind)
    place = PLACES[kind].get(name.parts[0].lower())
    if place is None:
        raise _unknown(name, kind)
    return Column(place, None, name.position)


def enumeration_of(node: Expression, kind: NodeKind) -> type[Enum] | None:
    """Return the enumeration of a name that stands for one, else None."""
    if not isinstance(node, Name):
        return None
    try:
        found = find(node, kind)
    except FilterSyntaxError:
        return None
    return found.place.names if isinstance(found, Column) else None


def _property(name: Name) -> Property:
    value = VALUES.get(name.parts[_BEYOND].lower()) if len(name.parts) > _BEYOND else None
    if value is None:
        written = ".".join((*name.parts, "NAME")[:_BEYOND])
        raise refusal(
            f"{'.'.join(name.parts)!r} is no value of a property",
            name.positions[min(_BEYOND, len(name.parts) - 1)],
            hint="write " + " or ".join(f"{written}.{value}" for value in VALUES) + "; a name with dots in backquotes",
        )
    if len(name.parts) > _BEYOND + 1:
        raise refusal(
            f"{name.parts[_BEYOND + 1]!r} cannot stand in a property",
            name.positions[_BEYOND + 1],
            hint="write a name with dots in backquotes: properties.`a.b`.int_value",
        )
    table, type_ = value
    return Property(name.parts[0].lower() == MAPS[1], name.parts[_WHAT], table, type_, name.position)


def _neighbour(name: Name, kind: NodeKind) -> Column:
    word = name.parts[_ALIAS]
    around = {prefix: what for prefix, what in NEIGHBOURHOODS[kind].items() if _is_alias(word, prefix)}
    if not around:
        raise _unknown(name, kind)
    ((prefix, neighbourhood),) = around.items()
    what = name.parts[_WHAT]
    if what.lower() in MAPS:
        raise refusal("properties of a neighbour cannot be asked for", name.positions[_WHAT])
    place = neighbourhood.places.get(what.lower())
    if place is None:
        raise unknown(f"{prefix} have no column", what, name.positions[_WHAT], neighbourhood.places)
    if len(name.parts) > _BEYOND:
        raise refusal(f"a column has no part {name.parts[_BEYOND]!r}", name.positions[_BEYOND])
    alias = prefix + word[len(prefix) :]
    return Column(place, Neighbour(alias, neighbourhood), name.position)


def _is_alias(word: str, prefix: str) -> bool:
    return len(word) > len(prefix) + 1 and word.lower().startswith(f"{prefix}_")


def _unknown(name: Name, kind: NodeKind) -> FilterSyntaxError:
    word = name.parts[0]
    prefixes = [prefix for prefix in NEIGHBOURHOODS[kind] if word.lower() == prefix or _is_alias(word, prefix)]
    if prefixes:
        example = f"{prefixes[0]}_a.{next(iter(NEIGHBOURHOODS[kind][prefixes[0]].places))}"
        return refusal(f"{word!r} is no column", name.position, hint=f"write an alias and a column: {example}")
    aliases = [f"{prefix}_x" for prefix in NEIGHBOURHOODS[kind]]
    return unknown(f"{kind.value}s have no column", word, name.position, [*PLACES[kind], *MAPS, *aliases])
