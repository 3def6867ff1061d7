"""Compile: a filter as SQL text with bound values. Every name in the text comes from `columns`.

A condition is written for what is asked of it: to be true, to be false, or its verdict (true, false or NULL).
Negation is pushed down to single tests, so that the property index, whose rows are values and never NULL, can answer
a test and its negation alike: `node.id IN (…)` is never negated where a missing value would then count as true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from lineal.model.ids import NodeKind
from lineal.store.filter import conditions, direct
from lineal.store.filter.columns import Scalar
from lineal.store.filter.conditions import Spot
from lineal.store.filter.direct import Test
from lineal.store.filter.fragment import Bound, Fragment, chain, logical, sql
from lineal.store.filter.grammar import parse
from lineal.store.filter.refusal import refusal
from lineal.store.filter.resolve import resolve
from lineal.store.filter.rows import Rows, index_spot
from lineal.store.filter.scope import quantify
from lineal.store.filter.tree import (
    And,
    Between,
    Column,
    Comparison,
    Exists,
    Expression,
    IsNull,
    Like,
    Literal,
    Membership,
    Not,
    Or,
    Property,
    parts,
    walk,
)
from lineal.store.filter.values import Values
from lineal.store.filter.wording import SQLITE, Operand, Wording


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A condition to stand behind WHERE, and the values of its placeholders in order.

    `parts`: conditions that all hold exactly where the whole does; none where it is not made of such.
    """

    sql: str
    parameters: tuple[Bound, ...]
    parts: tuple[Fragment, ...] = ()


def compile_filter(
    text: str,
    kind: NodeKind,
    *,
    alias: str = "node",
    placeholder: str = "?",
    wording: Wording = SQLITE,
) -> CompiledFilter:
    """Return the SQL of a filter over nodes of a kind, whose table the statement calls `alias`.

    Raises FilterSyntaxError with the position of the first wrong word; the filter's own text never enters the SQL.
    """
    return _compiled(text, kind, alias, placeholder, wording)


@lru_cache(maxsize=64)
def _compiled(text: str, kind: NodeKind, alias: str, placeholder: str, wording: Wording) -> CompiledFilter:
    # Each page of a listing asks for the same filter again.
    resolved = resolve(parse(text), kind)
    if not wording.holds_nul:
        _refuse_nul(resolved)
    tree = quantify(resolved)
    written, parts = _Conditions(Rows(kind, alias, wording), wording).whole(tree)
    # No text of ours holds a question mark: each one is a placeholder.
    return CompiledFilter(written.text.replace("?", placeholder), written.parameters, parts)


def _refuse_nul(tree: Expression) -> None:
    for node in walk(tree):
        text = node.value if isinstance(node, Literal) else node.name if isinstance(node, Property) else None
        if isinstance(text, str) and "\0" in text:
            raise refusal("PostgreSQL holds no text with the character NUL", node.position)


class _Asked(Enum):
    """What the SQL of a condition must be true for."""

    TRUE = "true exactly where the condition is true"
    FALSE = "true exactly where the condition is false"
    VERDICT = "true, false and NULL as the condition is"


class _Conditions:
    def __init__(self, rows: Rows, wording: Wording) -> None:
        self._rows = rows
        self._wording = wording
        self._values = Values(
            rows,
            wording,
            truth=lambda node: self._write(node, _Asked.TRUE),
            verdict=lambda node: self._write(node, _Asked.VERDICT),
        )

    def whole(self, tree: Expression) -> tuple[Fragment, tuple[Fragment, ...]]:
        """Return the condition that is true for the nodes the filter finds, and the parts it is made of."""
        if isinstance(tree, And):
            parts = self._all(tree.operands, _Asked.TRUE)
            inside = logical("AND", parts)
        else:
            inside = self._write(tree, _Asked.TRUE)
            parts = [inside]
        found = self._rows.around(inside)
        if (excess := found.excess) is not None:
            raise refusal(excess, 0)
        return found, tuple(parts) if found is inside else ()

    def _write(self, node: Expression, asked: _Asked) -> Fragment:
        found = self._condition(node, asked)
        if (excess := found.excess) is not None:
            raise refusal(excess, node.position)
        return found

    def _condition(self, node: Expression, asked: _Asked) -> Fragment:
        match node:
            case And() | Or():
                # Not (a and b) is (not a) or (not b), in three values as in two.
                both = isinstance(node, And) is not (asked is _Asked.FALSE)
                if both and asked is not _Asked.VERDICT:
                    return logical("AND", self._all(node.operands, asked))
                return logical("AND" if both else "OR", [self._write(part, asked) for part in node.operands])
            case Not():
                return self._not(node, asked)
            case Exists():
                self._rows.enter(node.neighbours)
                inside = self._write(node.operand, _Asked.TRUE)
                return self._rows.exists(node.neighbours, node.operand, inside, negated=asked is _Asked.FALSE)
            case Comparison() | Membership() | Between() | Like():
                return self._test(node, asked)
            case IsNull():
                return self._is_null(node, asked)
            case Literal():
                return _constant(node, asked)
            case Property():
                wanted = int(asked is not _Asked.FALSE)
                return self._at(node, asked, lambda spot: conditions.compare(spot, "=", wanted))
            case _:
                return sql(self._values.write(node), " = 0" if asked is _Asked.FALSE else " = 1")

    def _all(self, parts: Sequence[Expression], asked: _Asked) -> list[Fragment]:
        """Return conditions that hold together; all tests of one property read one range of the index."""
        found: list[Fragment] = []
        tests: dict[tuple[str, bool, str], tuple[Property, list[Fragment]]] = {}
        for part in parts:
            place = direct.place_of(part) if isinstance(part, Test) else None
            if not isinstance(part, Test) or not isinstance(place, Property):
                found.append(self._write(part, asked))
                continue
            test = direct.write(part, index_spot(place), self._wording, negated=asked is _Asked.FALSE)
            tests.setdefault((place.table, place.custom, place.name), (place, []))[1].append(test)
        for place, several in tests.values():
            found.append(self._rows.having(place, logical("AND", several)))
        return found

    def _not(self, node: Not, asked: _Asked) -> Fragment:
        if asked is _Asked.VERDICT:
            return sql("NOT (", self._write(node.operand, asked), ")")
        return self._write(node.operand, _Asked.FALSE if asked is _Asked.TRUE else _Asked.TRUE)

    def _is_null(self, node: IsNull, asked: _Asked) -> Fragment:
        negated = node.negated is not (asked is _Asked.FALSE)
        operand = node.operand
        if isinstance(operand, Property) and asked is not _Asked.VERDICT:
            return self._rows.having(operand, None, negated=not negated)
        if operand.type is Scalar.STATE and isinstance(operand, Column):
            # What ML Metadata leaves unset is kept as UNKNOWN, number 0.
            return conditions.compare(self._rows.spot(operand), "!=" if negated else "=", 0)
        return sql("(", self._values.write(operand), ") IS NOT NULL" if negated else ") IS NULL")

    # tests ---------------------------------------------------------------------------------------

    def _test(self, node: Test, asked: _Asked) -> Fragment:
        negated = asked is _Asked.FALSE
        place = direct.place_of(node)
        if place is not None:
            return self._at(place, asked, lambda spot: direct.write(node, spot, self._wording, negated=negated))
        alone = None if asked is _Asked.VERDICT else direct.property_of(node)
        if alone is None:
            found = self._general(node)
            return sql("NOT (", found, ")") if negated else found
        with self._rows.within(alone):
            found = self._general(node)
        return self._rows.having(alone, sql("NOT (", found, ")") if negated else found)

    def _at(self, place: Column | Property, asked: _Asked, build: Callable[[Spot], Fragment]) -> Fragment:
        if isinstance(place, Column):
            if place.place.names_type:
                return self._rows.types(place, build(Spot("t.name", Scalar.STRING)))
            return build(self._rows.spot(place))
        if asked is _Asked.VERDICT:
            return build(self._rows.joined(place))
        return self._rows.having(place, build(index_spot(place)))

    def _general(self, node: Test) -> Fragment:
        write = self._values.write
        if not isinstance(node, Like | Comparison) and _mixed(parts(node)):
            return self._one_by_one(node)
        match node:
            case Comparison():
                return self._compared(node.left, "<>" if node.operator == "!=" else node.operator, node.right)
            case Membership():
                choices = chain(", ", [write(choice) for choice in node.choices])
                return sql("(", write(node.operand), ") NOT IN (" if node.negated else ") IN (", choices, ")")
            case Between():
                word = ") NOT BETWEEN (" if node.negated else ") BETWEEN ("
                return sql("(", write(node.operand), word, write(node.low), ") AND (", write(node.high), ")")
            case Like():
                pattern = node.pattern.value if isinstance(node.pattern, Literal) else None
                if pattern is None:
                    return Fragment("NULL")
                return self._wording.like(write(node.operand), str(pattern), negated=node.negated)

    def _compared(self, left: Expression, operator: str, right: Expression) -> Fragment:
        sides = (Operand(self._values.write(side), side.type is Scalar.DOUBLE) for side in (left, right))
        if _mixed((left, right)):
            first, second = sides
            return self._wording.compared(first, operator, second)
        return sql("(", next(sides).value, f") {operator} (", next(sides).value, ")")

    def _one_by_one(self, node: Membership | Between) -> Fragment:
        """Return a test as comparisons of two: a database would make integers beside a double doubles."""
        if isinstance(node, Membership):
            sign = "<>" if node.negated else "="
            tests = [self._compared(node.operand, sign, choice) for choice in node.choices]
            return logical("AND" if node.negated else "OR", tests)
        if node.negated:
            low, high = self._compared(node.operand, "<", node.low), self._compared(node.operand, ">", node.high)
            return logical("OR", [low, high])
        low, high = self._compared(node.operand, ">=", node.low), self._compared(node.operand, "<=", node.high)
        return logical("AND", [low, high])


def _mixed(values: Sequence[Expression]) -> bool:
    return {Scalar.INT, Scalar.DOUBLE} <= {value.type for value in values}


def _constant(node: Literal, asked: _Asked) -> Fragment:
    if asked is _Asked.VERDICT and node.value is None:
        return Fragment("NULL")
    holds = node.value is (asked is not _Asked.FALSE)
    return Fragment("1 = 1" if holds else "1 = 0", stack=3, height=2)
