"""Direct tests: those that compare one place with values written in the filter. An index can answer them."""

from __future__ import annotations

from lineal.store.filter import conditions
from lineal.store.filter.conditions import NEGATED, Spot
from lineal.store.filter.fragment import Bound, Fragment
from lineal.store.filter.tree import (
    Arithmetic,
    Between,
    Call,
    Cast,
    Column,
    Comparison,
    Expression,
    Like,
    Literal,
    Member,
    Membership,
    Negative,
    Property,
    parts,
    walk,
)
from lineal.store.filter.wording import Wording

Test = Comparison | Membership | Between | Like

_MIRRORED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def place_of(test: Test) -> Column | Property | None:
    """Return the place a direct test is about, None for a test that is not direct."""
    place, *given = parts(test)
    if isinstance(test, Comparison) and _is_given(place):
        place, given = given[0], [place]
    if isinstance(place, Column | Property) and all(_is_given(node) for node in given):
        return place
    return None


def property_of(test: Test) -> Property | None:
    """Return the only thing a test asks about, if that is one property without which the test is NULL."""
    # A choice of IN or a bound of BETWEEN may be NULL and the answer still be known.
    deciding = parts(test) if isinstance(test, Comparison) else parts(test)[:1]
    if not any(isinstance(node, Property) for part in deciding for node in walk(part)):
        return None
    nodes = [node for part in parts(test) for node in walk(part)]
    found = {(node.table, node.custom, node.name): node for node in nodes if isinstance(node, Property)}
    if len(found) > 1 or not all(_is_strict(node) for node in nodes):
        return None
    return next(iter(found.values()))


def write(test: Test, spot: Spot, wording: Wording, *, negated: bool) -> Fragment:
    """Return a direct test, or its negation, of a place that stands at `spot`."""
    match test:
        case Comparison():
            operator = NEGATED[test.operator] if negated else test.operator
            if _is_given(test.left):
                return conditions.compare(spot, _MIRRORED[operator], _value(test.left))
            return conditions.compare(spot, operator, _value(test.right))
        case Membership():
            choices = [_value(choice) for choice in test.choices]
            return conditions.member(spot, choices, negated=test.negated is not negated)
        case Between():
            low, high = _value(test.low), _value(test.high)
            return conditions.between(spot, low, high, negated=test.negated is not negated)
        case Like():
            pattern = str(_value(test.pattern))
            return conditions.like(spot, pattern, wording, negated=test.negated is not negated)


def _is_strict(node: Expression) -> bool:
    """Whether an expression is NULL if a part of it is."""
    if isinstance(node, Call):
        return node.function != "COALESCE"
    return isinstance(node, Property | Literal | Negative | Arithmetic | Cast)


def _is_given(node: Expression) -> bool:
    return isinstance(node, Member) or (isinstance(node, Literal) and node.value is not None)


def _value(node: Expression) -> Bound:
    if isinstance(node, Member):
        return node.number
    if not isinstance(node, Literal) or node.value is None:
        message = f"{type(node).__name__} is no given value"
        raise TypeError(message)
    return int(node.value) if isinstance(node.value, bool) else node.value
