"""Narrowing: which part of a filter to begin with, where the database cannot tell.

SQLite keeps no statistics of our tables, so it takes the parts of an AND as they come, and lists all nodes that each of
them finds. Here each list is counted first, up to a bound; the shortest leads, and the other parts are asked only about
its nodes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lineal.store.connections import Cursor
from lineal.store.filter.compile import CompiledFilter
from lineal.store.filter.fragment import Bound, Fragment
from lineal.store.tables import BLOCK_BITS, MAP_BITS

MOST = 5_000
"""A list with more nodes than this leads no better than the table itself. So many are counted in a tenth of a ms."""

FEW = 250
"""A list with fewer nodes than this leads well enough: then the longer ones are not counted to their end."""

_LIST = re.compile(r"node\.id IN \(SELECT (\S+) FROM (.*?) WHERE (.*)\)", re.DOTALL)
_TIME = re.compile(r"node\.((?:created_at|updated_at) (?:<=|>=|BETWEEN) [^()]*)")
_NAME = re.compile(r"node\.(name (?:= \?|IN \([?, ]*\)))")
_IN_MAP = re.compile(rf"p\.map IN \(SELECT b\.number << {MAP_BITS} \| \? FROM \w+ AS b\)")
_POINTED = re.compile(r"\(p\.value = \?\)|\(p\.value IN \([?, ]*\)\)")


def narrowed(
    cursor: Cursor, compiled: CompiledFilter, table: str, *, most: int = MOST
) -> tuple[str, tuple[Bound, ...]]:
    """Return the condition and its values, in the order that reads least; `table` is the one of its nodes."""
    lists = {place: found for place, part in enumerate(compiled.parts) if (found := _list(part, table)) is not None}
    if not lists or (len(lists) == 1 and _LIST.fullmatch(compiled.parts[next(iter(lists))].text)):
        return compiled.sql, compiled.parameters
    values = [value for place in lists for value in compiled.parts[place].parameters]
    for bound in (min(FEW, most), most):
        counted = ", ".join(f"(SELECT count(*) FROM ({found} LIMIT {bound}))" for found in lists.values())
        counts = dict(zip(lists, cursor.execute(f"SELECT {counted}", values).fetchone(), strict=True))
        leader = min(counts, key=lambda place: int(counts[place]))
        if counts[leader] < bound:
            break
    else:
        return _together([_unled(part) for part in compiled.parts])
    leading = Fragment(f"node.id IN ({lists[leader]})", compiled.parts[leader].parameters)
    others = [_about(part) for place, part in enumerate(compiled.parts) if place != leader]
    return _together([leading, *others])


def _together(parts: Sequence[Fragment]) -> tuple[str, tuple[Bound, ...]]:
    text = " AND ".join(f"({part.text})" for part in parts)
    return text, tuple(value for part in parts for value in part.parameters)


def _list(part: Fragment, table: str) -> str | None:
    """Return the statement that lists the nodes of a part, None where only the nodes themselves can tell."""
    if (found := _LIST.fullmatch(part.text)) is not None and _is_whole(found[3]):
        return f"SELECT {found[1]} FROM {found[2]} WHERE {found[3]}"
    if (found := _TIME.fullmatch(part.text)) is not None:
        return f"SELECT id FROM {table} WHERE {found[1]}"
    if (found := _NAME.fullmatch(part.text)) is not None:
        # The index has the type in front of the name, and there are few types.
        return f"SELECT id FROM {table} WHERE type_id IN (SELECT id FROM type) AND {found[1]}"
    return None


def _is_whole(condition: str) -> bool:
    """Whether no parenthesis closes that was not opened in it. Texts are bound, so each parenthesis is our own."""
    depth = 0
    for mark in re.findall(r"[()]", condition):
        depth += 1 if mark == "(" else -1
        if depth < 0:
            return False
    return True


def _unled(part: Fragment) -> Fragment:
    """Return a part that leads nothing: the plus keeps SQLite from sorting all that the index of a time finds."""
    return Fragment(f"+{part.text}", part.parameters) if _TIME.fullmatch(part.text) else part


def _about(part: Fragment) -> Fragment:
    """Return a part as a question about one node where an index answers that, else as it is."""
    found = _LIST.fullmatch(part.text)
    if found is None or not _is_whole(found[3]):
        return _unled(part)
    column, source, condition = found.groups()
    if source.startswith("property_") and _POINTED.search(condition) is None:
        # The index stands in the order of values: within a range of them it does not know the node.
        return part
    # One node lies in one block.
    condition = _IN_MAP.sub(f"p.map = (node.id >> {BLOCK_BITS} << {MAP_BITS} | ?)", condition)
    text = f"EXISTS (SELECT 1 FROM {source} WHERE {column} = node.id AND ({condition}))"
    return Fragment(text, part.parameters)
