"""Bearing: whether a difference can have changed a result. A package nobody loads and a comment in the code have not.

What is set aside is told all the same, behind everything that can be a cause.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from lineal.lineage.capture_record import Item, item
from lineal.rebuild.verdict import Difference

NOT_LOADED = "the program does not load it"
ADDED = "it came in addition"
SAME_CODE = "only comments or layout: the code is the same"

_CODE = (".py", ".pyw")


def loaded_in(*records: Mapping[str, Item]) -> frozenset[str] | None:
    """Return the packages that some runs loaded; None where a record does not tell."""
    found: set[str] = set()
    for record in records:
        value = item(record, "modules").value
        named = value.get("packages") if isinstance(value, Mapping) else None
        if not isinstance(named, list | tuple):
            return None
        found.update(str(name) for name in named)
    return frozenset(found)


def of_package(difference: Difference, loaded: frozenset[str] | None) -> Difference:
    """Return a difference of a package, set aside where the program did not load it.

    Where that is not known, one that came in addition is set aside: what ran then ran without it.
    """
    if loaded is not None and difference.what in loaded:
        return difference
    if loaded is not None:
        return replace(difference, aside=NOT_LOADED)
    return replace(difference, aside=ADDED) if difference.recorded is None else difference


def of_code(difference: Difference, before: bytes | None, after: bytes | None) -> Difference:
    """Return a difference of a file of code, set aside where only comments or the layout differ."""
    if difference.what.endswith(_CODE) and before is not None and after is not None and _tree(before) == _tree(after):
        return replace(difference, aside=SAME_CODE)
    return difference


def _tree(text: bytes) -> str | bytes:
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
