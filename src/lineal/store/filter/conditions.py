"""Conditions on one place against values written in the filter, in the form an index can answer. Used by `compile`.

Each gives a predicate that is NULL where the place is NULL. Numbers are compared exactly: an integer place never
becomes a double, and a time in milliseconds is asked for as a range of microseconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lineal.model.values import INT64_MAX, INT64_MIN
from lineal.store.filter.columns import Scalar
from lineal.store.filter.fragment import Bound, Fragment, bind, chain, logical, sql
from lineal.store.filter.pattern import prefix
from lineal.store.filter.wording import Wording
from lineal.store.index import PREFIX

NEGATED = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_SYMBOLS = {"!=": "<>"}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a statement. `rest`: what follows the first 200 characters of a text stands there."""

    value: str
    type: Scalar
    unit: int = 1
    rest: str | None = None

    @property
    def never(self) -> Fragment:
        """False, or NULL where the place is NULL."""
        return sql(f"{self.value} <> {self.value}")

    @property
    def always(self) -> Fragment:
        """True, or NULL where the place is NULL."""
        return sql(f"{self.value} = {self.value}")


def compare(spot: Spot, operator: str, value: Bound) -> Fragment:
    """Return `spot operator value`."""
    if isinstance(value, str):
        return _compare_text(spot, operator, value)
    if spot.type is Scalar.INT and (spot.unit != 1 or isinstance(value, float)):
        return _compare_units(spot, operator, value)
    if _is_no_double(spot, value):
        return _compare_off_doubles(spot, operator, value)
    return _plain(spot.value, operator, value)


def member(spot: Spot, values: Sequence[Bound], *, negated: bool) -> Fragment:
    """Return `spot [NOT] IN (values)`."""
    plain = [value for value in values if _is_plain(spot, value)]
    tests = [compare(spot, "!=" if negated else "=", value) for value in values if not _is_plain(spot, value)]
    if plain:
        choices = chain(", ", [bind(value) for value in plain])
        tests.insert(0, sql(spot.value, " NOT IN (" if negated else " IN (", choices, ")"))
    return logical("AND" if negated else "OR", tests)


def between(spot: Spot, low: Bound, high: Bound, *, negated: bool) -> Fragment:
    """Return `spot [NOT] BETWEEN low AND high`."""
    if negated:
        return logical("OR", [compare(spot, "<", low), compare(spot, ">", high)])
    if _is_plain(spot, low) and _is_plain(spot, high):
        return sql(spot.value, " BETWEEN ", bind(low), " AND ", bind(high))
    return logical("AND", [compare(spot, ">=", low), compare(spot, "<=", high)])


def like(spot: Spot, pattern: str, wording: Wording, *, negated: bool) -> Fragment:
    """Return `spot [NOT] LIKE pattern`, with the range of its beginning in front."""
    text = Fragment(spot.value)
    if spot.rest is not None:
        text = wording.joined(text, Fragment(spot.rest))
    matches = wording.like(text, pattern, negated=negated)
    start = prefix(pattern)[:PREFIX]
    if negated or not start:
        return matches
    bounds = [_plain(spot.value, ">=", start)]
    if (end := _behind(start)) is not None:
        bounds.append(_plain(spot.value, "<", end))
    return logical("AND", [*bounds, matches])


def _is_plain(spot: Spot, value: Bound) -> bool:
    if isinstance(value, str):
        return spot.rest is None or len(value) < PREFIX
    return not _is_no_double(spot, value) and _is_whole(spot, value)


def _is_whole(spot: Spot, value: float) -> bool:
    return spot.type is not Scalar.INT or (spot.unit == 1 and isinstance(value, int))


def _is_no_double(spot: Spot, value: float) -> bool:
    """Whether an integer beside a double is none itself; a database might take the nearest one for it."""
    return spot.type is Scalar.DOUBLE and float(value) != value


def _compare_off_doubles(spot: Spot, operator: str, value: float) -> Fragment:
    """Compare a double with an integer that lies between two neighbouring doubles."""
    if operator in {"=", "!="}:
        return spot.never if operator == "=" else spot.always
    nearest = float(value)
    below = nearest if nearest < value else math.nextafter(nearest, -math.inf)
    return _plain(spot.value, "<=" if operator in {"<", "<="} else ">", below)


def _plain(place: str, operator: str, value: Bound) -> Fragment:
    return sql(f"{place} {_SYMBOLS.get(operator, operator)} ", bind(value))


def _compare_text(spot: Spot, operator: str, text: str) -> Fragment:
    if spot.rest is None or len(text) < PREFIX:
        # A text shorter than the key's part stands in it whole.
        return _plain(spot.value, operator, text)
    first, rest = text[:PREFIX], text[PREFIX:]
    if operator == "=":
        return logical("AND", [_plain(spot.value, "=", first), _plain(spot.rest, "=", rest)])
    if operator == "!=":
        return logical("OR", [_plain(spot.value, "!=", first), _plain(spot.rest, "!=", rest)])
    # The first condition is the range of the index, the second decides within it.
    range_ = _plain(spot.value, operator[0] + "=", first)
    inside = logical("OR", [_plain(spot.value, operator[0], first), _plain(spot.rest, operator, rest)])
    return logical("AND", [range_, inside])


def _compare_units(spot: Spot, operator: str, value: float) -> Fragment:
    """Compare floor(place / unit) with a number, as a range of the place itself."""
    if operator in {"=", "!="}:
        if value != math.floor(value):
            return spot.never if operator == "=" else spot.always
        low = math.floor(value) * spot.unit
        return _within(spot, low, low + spot.unit - 1, negated=operator == "!=")
    if operator in {"<", "<="}:
        # y < v is y <= ceil(v) - 1, and y <= v is y <= floor(v), for an integer y.
        last = math.ceil(value) - 1 if operator == "<" else math.floor(value)
        return _within(spot, INT64_MIN, last * spot.unit + spot.unit - 1, negated=False)
    first = math.floor(value) + 1 if operator == ">" else math.ceil(value)
    return _within(spot, first * spot.unit, INT64_MAX, negated=False)


def _within(spot: Spot, low: int, high: int, *, negated: bool) -> Fragment:
    low, high = max(low, INT64_MIN), min(high, INT64_MAX)
    if low > high:
        return spot.always if negated else spot.never
    if low == high:
        return _plain(spot.value, "!=" if negated else "=", low)
    if low == INT64_MIN:
        return _plain(spot.value, ">" if negated else "<=", high)
    if high == INT64_MAX:
        return _plain(spot.value, "<" if negated else ">=", low)
    return sql(spot.value, " NOT BETWEEN " if negated else " BETWEEN ", bind(low), " AND ", bind(high))


def _behind(start: str) -> str | None:
    """Return the first text behind all that begin with `start`, None where there is none."""
    for index in range(len(start) - 1, -1, -1):
        number = ord(start[index]) + 1
        if number <= 0x10FFFF:  # noqa: PLR2004 - the last character of Unicode has no next
            number = 0xE000 if 0xD800 <= number <= 0xDFFF else number  # noqa: PLR2004 - surrogates are no characters
            return start[:index] + chr(number)
    return None
