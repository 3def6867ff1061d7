"""Marks: two types of one name and version, which ML Metadata's races leave behind, as versions of one type."""

from __future__ import annotations

from collections.abc import Iterable

from lineal.model.ids import NodeKind
from lineal.model.types import NodeType

_MARK = "+duplicate."


def marked(version: str, id_: int) -> str:
    """Return the version under which the type of this id is kept beside an older one."""
    return f"{version}{_MARK}{id_}"


def unmarked(version: str, id_: int | None) -> str:
    """Return the version that ML Metadata knows."""
    return version.removesuffix(f"{_MARK}{id_}")


def base_id(types: Iterable[NodeType], kind: NodeKind, name: str) -> int | None:
    """Return the type that a base's name means: the one without a version, else the oldest."""
    named = [type_ for type_ in types if type_.kind is kind and type_.name == name and type_.id is not None]
    if not named:
        return None
    return min(named, key=lambda type_: (type_.version != "", type_.id or 0)).id
