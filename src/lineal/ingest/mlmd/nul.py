"""NUL: ML Metadata's texts end at one, and PostgreSQL holds none."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from lineal.model.nodes import Node
from lineal.model.values import Value

N = TypeVar("N", bound=Node)

NUL = "\0"

STAND_IN = "␀"
"""What is written where a NUL cannot be."""

PropertyKey = tuple[int, int, str]
"""A property of a node: the node's id, whether it is a custom one, its name."""


def holds_nul(name: str, value: Value) -> bool:
    """Return whether a property holds a NUL; in a struct or a message it is encoded, and harmless."""
    return NUL in name or (isinstance(value, str) and NUL in value)


def without_nul(node: N) -> tuple[N, list[PropertyKey]]:
    """Return a node without the properties that hold a NUL, and the keys of these."""
    maps = (node.properties, node.custom_properties)
    lost = [
        (node.id or 0, custom, name)
        for custom, properties in enumerate(maps)
        for name in properties
        if holds_nul(name, properties[name])
    ]
    if not lost:
        return node, lost
    declared, custom_ = (
        {name: value for name, value in properties.items() if not holds_nul(name, value)} for properties in maps
    )
    return replace(node, properties=declared, custom_properties=custom_), lost


def visible(text: str) -> str:
    """Return a text with every NUL as a character that is seen."""
    return text.replace(NUL, STAND_IN)
