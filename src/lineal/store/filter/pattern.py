"""Patterns of LIKE: `%` is any text, `_` one character, a backslash takes what follows as it is."""

from __future__ import annotations

from enum import Enum

MAX_PATTERN = 10_000
"""Characters a pattern may have: SQLite reads 50,000 bytes after translation."""


class Wild(Enum):
    """A part of a pattern that is not text."""

    ONE = "_"
    MANY = "%"


def fault(pattern: str) -> str | None:
    """Return what is wrong with a pattern, None where it can be used."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern has {len(pattern)} characters, at most {MAX_PATTERN} are read"
    if "\0" in pattern:
        return "a pattern cannot hold the character NUL"
    backslashes = len(pattern) - len(pattern.rstrip("\\"))
    return "the pattern ends in a backslash" if backslashes % 2 else None


def read(pattern: str) -> list[str | Wild]:
    """Return the characters and wildcards of a faultless pattern."""
    found: list[str | Wild] = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            found.append(next(characters))
        elif character in "_%":
            found.append(Wild(character))
        else:
            found.append(character)
    return found


def prefix(pattern: str) -> str:
    """Return the text every match begins with."""
    found: list[str] = []
    for part in read(pattern):
        if isinstance(part, Wild):
            break
        found.append(part)
    return "".join(found)
