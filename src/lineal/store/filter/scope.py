"""Scope: puts "there is a row" around the part of a filter that speaks of a neighbour. Called by `compile`.

An alias is one row within the smallest condition that holds all its uses; of an AND or OR only the operands that use
it count. So `contexts_a.name = 'x' OR uri = 'y'` finds nodes without any context, and `NOT contexts_a.name = 'x'`
nodes in no such context; `contexts_a.name != 'x'` finds nodes in some other context. "There is" is never NULL.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from lineal.store.filter.columns import Scalar
from lineal.store.filter.refusal import refusal
from lineal.store.filter.tree import And, Column, Exists, Expression, Neighbour, Or, parts, walk, with_parts

MAX_NEIGHBOURS = 16
"""Different aliases a condition may speak of together: three tables each, and databases join about sixty."""

MAX_ALIASES = 100
"""Different aliases a filter may have in all."""


def quantify(expression: Expression) -> Expression:
    """Return the resolved tree with an Exists around every part that needs neighbours."""
    totals: Counter[Neighbour] = Counter()
    for node in walk(expression):
        if isinstance(node, Column) and node.neighbour is not None:
            totals[node.neighbour] += 1
            if len(totals) > MAX_ALIASES:
                raise refusal(f"more than {MAX_ALIASES} different neighbours", node.position)
    return _visit(expression, totals).node if totals else expression


class _Seen(NamedTuple):
    """A rewritten part, and how often it uses each neighbour that has no Exists yet."""

    node: Expression
    uses: Counter[Neighbour]


def _visit(node: Expression, totals: Counter[Neighbour]) -> _Seen:
    if isinstance(node, Column):
        return _Seen(node, Counter() if node.neighbour is None else Counter({node.neighbour: 1}))
    inside = [_visit(part, totals) for part in parts(node)]
    uses: Counter[Neighbour] = Counter()
    for seen in inside:
        uses.update(seen.uses)
    whole = [neighbour for neighbour in uses if uses[neighbour] == totals[neighbour]]
    if node.type is not Scalar.BOOL or not whole:
        return _Seen(with_parts(node, [seen.node for seen in inside]), uses)
    for neighbour in whole:
        del uses[neighbour]
    if isinstance(node, And | Or):
        return _Seen(_grouped(node, inside, whole), uses)
    return _Seen(_exists(whole, with_parts(node, [seen.node for seen in inside])), uses)


def _grouped(node: And | Or, inside: list[_Seen], whole: list[Neighbour]) -> Expression:
    # Operands that share a neighbour, directly or through a third one, stand together; the others stay outside.
    groups: list[tuple[list[Neighbour], list[Expression]]] = []
    for seen in inside:
        shared = [neighbour for neighbour in whole if neighbour in seen.uses]
        near = [group for group in groups if any(neighbour in group[0] for neighbour in shared)]
        rows = [neighbour for group in near for neighbour in group[0]]
        rows += [neighbour for neighbour in shared if neighbour not in rows]
        operands = [operand for group in near for operand in group[1]]
        groups = [group for group in groups if group not in near]
        groups.append((rows, [*operands, seen.node]))
    found = tuple(_group(node, rows, operands) for rows, operands in groups)
    return found[0] if len(found) == 1 else with_parts(node, found)


def _group(node: And | Or, rows: list[Neighbour], operands: list[Expression]) -> Expression:
    if not rows:
        return operands[0]
    return _exists(rows, with_parts(node, operands))


def _exists(rows: list[Neighbour], operand: Expression) -> Exists:
    if len(rows) > MAX_NEIGHBOURS:
        first = {
            node.neighbour: node.position
            for node in reversed([*walk(operand)])
            if isinstance(node, Column) and node.neighbour in rows
        }
        one_more = sorted(first.values())[MAX_NEIGHBOURS]
        raise refusal(f"more than {MAX_NEIGHBOURS} different neighbours in one condition", one_more)
    return Exists(tuple(rows), operand, operand.position)
