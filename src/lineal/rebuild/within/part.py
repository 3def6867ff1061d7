"""A part of a file's content: a line, a key, a member; and what is raised where a content cannot be looked into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from lineal.model.values import Json

MOST_BYTES = 32 << 20
"""What is larger, also unpacked, is not looked into."""

MOST_PARTS = 200_000

LONGEST = 1_000
"""Longer names of parts are those of nothing that a person wrote."""


class Opaque(Exception):  # the caller then tells what is known of the bytes
    """This content is not what it was taken for, or is too much to be looked into."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its place in words and as data, its value, and what it is where it says nothing of the content."""

    place: str
    value: str | bytes
    where: Mapping[str, Json] = field(default_factory=dict)
    volatile: str = ""


Inner = Callable[[PurePath, bytes], Iterator[Part]]
"""Gives the parts of a content that is packed within another, by its name."""
