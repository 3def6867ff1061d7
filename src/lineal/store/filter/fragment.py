"""Fragments: pieces of SQL text with the values bound in them, and how much of a database's parser they take.

SQLite before 3.46 reads at most 100 open symbols, and every version 1,000 levels of expression: what a filter needs
of both is counted here, a little too high, so that one too many is an error with a position and not a crash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_STACK = 80
MAX_HEIGHT = 900
MAX_TEXT = 2_000_000
MAX_PARAMETERS = 30_000
_GROUP = 64

Bound = int | float | str


@dataclass(frozen=True, slots=True)
class Fragment:
    """SQL text in which each `?` is one of `parameters`."""

    text: str
    parameters: tuple[Bound, ...] = ()
    stack: int = 1
    height: int = 1

    @property
    def excess(self) -> str | None:
        """What of it is too much for a database, None for a fragment within all limits."""
        if self.stack > MAX_STACK or self.height > MAX_HEIGHT:
            return "this part is nested too deeply"
        if len(self.text) > MAX_TEXT:
            return "this part is too long"
        if len(self.parameters) > MAX_PARAMETERS:
            return f"this part has {len(self.parameters)} values, at most {MAX_PARAMETERS} can be sent"
        return None


def bind(value: Bound) -> Fragment:
    """Return a placeholder and its value."""
    return Fragment("?", (value,))


def sql(*pieces: str | Fragment) -> Fragment:
    """Return the pieces one after the other; the strings are our own text."""
    text: list[str] = []
    parameters: list[Bound] = []
    height = 0
    reader = _Reader()
    for piece in pieces:
        if isinstance(piece, str):
            text.append(piece)
            reader.read(_symbols(piece))
        else:
            text.append(piece.text)
            parameters += piece.parameters
            reader.put(piece.stack)
            height = max(height, piece.height)
    return Fragment("".join(text), tuple(parameters), reader.most, height + 1)


def select(head: str, source: Fragment, condition: Fragment) -> Fragment:
    """Return `head` (up to what is selected) FROM source WHERE condition, with the parenthesis that `head` opens."""
    whole = sql(head, " FROM ", source, " WHERE ", condition, ")")
    # Read to its end, each clause is one symbol.
    stack = len(_symbols(head)) + 3 + max(source.stack, condition.stack)
    return Fragment(whole.text, whole.parameters, stack, whole.height + source.height)


def chain(separator: str, items: Sequence[Fragment]) -> Fragment:
    """Return the items with an operator or comma between them, which a parser reads from the left."""
    text = separator.join(item.text for item in items)
    parameters = tuple(value for item in items for value in item.parameters)
    stack = 2 + max(item.stack for item in items)
    height = max(item.height for item in items)
    return Fragment(text, parameters, stack, height + (1 if separator == ", " else len(items)))


def logical(word: str, items: Sequence[Fragment]) -> Fragment:
    """Return the conditions joined by AND or OR, in groups: the expression of a long chain is not deep."""
    if len(items) == 1:
        return items[0]
    level = [sql("(", item, ")") for item in items]
    while len(level) > _GROUP:
        groups = [level[start : start + _GROUP] for start in range(0, len(level), _GROUP)]
        level = [sql("(", chain(f" {word} ", group), ")") for group in groups]
    return chain(f" {word} ", level)


class _Reader:
    """A parser that knows nothing but parentheses: what stands in a closed pair is one symbol, all else is open."""

    def __init__(self) -> None:
        self._open = [0]
        self._depth = 0
        self.most = 1

    def read(self, symbols: tuple[str, ...]) -> None:
        """Count our own text."""
        before = ""
        for symbol in symbols:
            if symbol == ")" and len(self._open) > 1:
                self._depth -= self._open.pop()
            elif symbol == "(":
                self._open.append(0)
                if before.isidentifier():
                    # Behind the name of a function the parser keeps a place for DISTINCT.
                    self.put(1)
            self.put(1)
            before = symbol

    def put(self, stack: int) -> None:
        """Count a piece that takes `stack` symbols while it is read, and one from then on."""
        self.most = max(self.most, self._depth + stack)
        self._depth += 1
        self._open[-1] += 1


@lru_cache(maxsize=512)
def _symbols(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w.]+|[^\s\w.]", text))
