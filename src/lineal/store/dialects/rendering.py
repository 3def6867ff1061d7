"""Rendering: a statement of the store in the wording of a server's driver. Each text is rendered once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_INSERT = re.compile(r"\s*INSERT INTO (\w+)\s*\(([\w\s,]+)\)\s*VALUES\s*\([?,\s]+\)\s*")
_ASKS = re.compile(r"\s*(SELECT|WITH|VALUES)\b")


class Rendering:
    """How one database says what SQLite says; `rules` are patterns and what stands in their place, in order."""

    def __init__(self, rules: Sequence[tuple[str, str]]) -> None:
        self._rules = [(re.compile(pattern), instead) for pattern, instead in rules]
        # As many as the store's own statements and a good number of filters.
        self.render = lru_cache(maxsize=2048)(self._render)

    def _render(self, statement: str) -> str:
        for pattern, instead in self._rules:
            statement = pattern.sub(instead, statement)
        # No text of ours holds a question mark: each one is a placeholder.
        return statement.replace("%", "%%").replace("?", "%s")


@lru_cache(maxsize=2048)
def asks(statement: str) -> bool:
    """Return whether a statement has an answer worth waiting for; the others may be sent together with the next."""
    return _ASKS.match(statement) is not None


@lru_cache(maxsize=256)
def inserted(statement: str) -> tuple[str, tuple[str, ...]] | None:
    """Return table and columns of a plain INSERT of one row, None for any other statement."""
    found = _INSERT.fullmatch(statement)
    return None if found is None else (found[1], tuple(column.strip() for column in found[2].split(",")))
