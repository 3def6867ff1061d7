"""Wording: what standard SQL leaves open, as SQLite says it. One object for each database, passed to `compile`.

On SQLite, UPPER and LOWER change the letters A to Z only, and LIKE and LENGTH see a text up to its first NUL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lineal.model.ids import NodeKind
from lineal.model.values import INT64_MAX, INT64_MIN
from lineal.store.filter.fragment import Fragment, bind, chain, sql
from lineal.store.filter.pattern import Wild, read
from lineal.store.tables import MAP_BITS

_GLOB = {"*": "[*]", "?": "[?]", "[": "[[]", Wild.ONE: "?", Wild.MANY: "*"}


@dataclass(frozen=True, slots=True)
class Operand:
    """A number in a calculation. `double`: it is a double and no integer; `operator` stands before it."""

    value: Fragment
    double: bool
    operator: str = ""


class Wording(Protocol):
    """How one database says what standard SQL leaves open. A text that is none, or NULL, gives NULL throughout.

    An integer that leaves 64 bits goes on as a double, or exactly; a double that grows too large is infinite.
    """

    holds_nul: bool
    """Whether a text may hold the character NUL."""

    def __hash__(self) -> int: ...

    def in_map(self, kind: NodeKind, number: int) -> Fragment:
        """Return whether the row `p` of the property index is of the map with this number, of this kind of node."""

    def calculated(self, operands: Sequence[Operand]) -> Fragment:
        """Return `first operator second operator third …`, read from the left; a division by zero gives NULL."""

    def negative(self, number: Fragment, *, double: bool) -> Fragment:
        """Return a number with the other sign."""

    def compared(self, left: Operand, operator: str, right: Operand) -> Fragment:
        """Return whether two numbers compare so, an integer and a double exactly."""

    def upper(self, text: Fragment) -> Fragment:
        """Return a text with its letters A to Z, and no others, made large."""

    def lower(self, text: Fragment) -> Fragment:
        """Return a text with its letters A to Z, and no others, made small."""

    def joined(self, first: Fragment, second: Fragment) -> Fragment:
        """Return two texts as one."""

    def like(self, text: Fragment, pattern: str, *, negated: bool) -> Fragment:
        """Return whether a text matches a pattern of LIKE, every letter as it is."""

    def floor(self, column: str, unit: int) -> Fragment:
        """Return how many whole units a column holds, rounded down; the database cuts toward zero."""

    def length(self, text: Fragment) -> Fragment:
        """Return how many characters a text has."""

    def text_of(self, number: Fragment) -> Fragment:
        """Return a number as text."""

    def double_of(self, number: Fragment) -> Fragment:
        """Return a number as a double."""

    def rounded(self, double: Fragment) -> Fragment:
        """Return the integer nearest to a double, half away from zero; NULL outside 64 bits."""

    def integer_in(self, text: Fragment) -> Fragment:
        """Return the decimal integer a text spells (the nearest one within 64 bits), NULL for any other text."""

    def double_in(self, text: Fragment) -> Fragment:
        """Return the number a text spells as JSON would, NULL for any other text."""


class OneBlock:
    """The property index of a server: it has no blocks."""

    holds_nul: bool = True

    def in_map(self, kind: NodeKind, number: int) -> Fragment:  # noqa: ARG002
        """Return whether the row `p` of the property index is of the map with this number."""
        return sql("p.map = ", bind(number))


class SqliteWording:
    """Expressions of SQLite 3.40 and later."""

    holds_nul: bool = True

    def in_map(self, kind: NodeKind, number: int) -> Fragment:
        """Return whether the row `p` of the property index is of the map with this number, in any block."""
        return sql(f"p.map IN (SELECT b.number << {MAP_BITS} | ", bind(number), f" FROM {kind.value}_block AS b)")

    def calculated(self, operands: Sequence[Operand]) -> Fragment:
        """Return the calculation as it was written: this database reads it from the left, and never fails at it."""
        first = operands[0]
        steps = [first.value]
        text, parameters, double, cast = first.value.text, first.value.parameters, first.double, 0
        for operand in operands[1:]:
            step = operand.value
            if operand.operator == "/":
                step = sql("NULLIF(", step, ", 0)")
                if not double:
                    # Between integers a database would cut the quotient.
                    text, cast = self.double_of(Fragment(text)).text, 3
            double = double or operand.operator == "/" or operand.double
            text += f" {operand.operator} {step.text}"
            parameters += step.parameters
            steps.append(step)
        size = chain(", ", steps)
        return Fragment(text, parameters, size.stack + cast, size.height + len(steps) + 1)

    def negative(self, number: Fragment, *, double: bool) -> Fragment:  # noqa: ARG002
        """Return a number with the other sign."""
        return sql("-(", number, ")")

    def compared(self, left: Operand, operator: str, right: Operand) -> Fragment:
        """Return a comparison, which is exact here."""
        return sql("(", left.value, f") {operator} (", right.value, ")")

    def upper(self, text: Fragment) -> Fragment:
        """Return a text with its letters A to Z made large."""
        return sql("UPPER(", text, ")")

    def lower(self, text: Fragment) -> Fragment:
        """Return a text with its letters A to Z made small."""
        return sql("LOWER(", text, ")")

    def joined(self, first: Fragment, second: Fragment) -> Fragment:
        """Return two texts as one."""
        return sql("(", first, " || ", second, ")")

    def like(self, text: Fragment, pattern: str, *, negated: bool) -> Fragment:
        """Return whether a text matches a pattern of LIKE, every letter as it is."""
        # SQLite's LIKE takes a for A; GLOB does not, and can say all that LIKE can.
        glob = "".join(_GLOB.get(part, str(part)) for part in read(pattern))
        return sql("(", text, ") NOT GLOB " if negated else ") GLOB ", bind(glob))

    def floor(self, column: str, unit: int) -> Fragment:
        """Return how many whole units a column holds, rounded down; the database cuts toward zero."""
        return Fragment(
            f"CASE WHEN {column} >= 0 THEN {column} / {unit} ELSE ({column} - {unit - 1}) / {unit} END",
            stack=8,
            height=4,
        )

    def length(self, text: Fragment) -> Fragment:
        """Return how many characters a text has."""
        return sql("LENGTH(", text, ")")

    def text_of(self, number: Fragment) -> Fragment:
        """Return a number as text."""
        return sql("CAST(", number, " AS TEXT)")

    def double_of(self, number: Fragment) -> Fragment:
        """Return a number as a double."""
        return sql("CAST(", number, " AS REAL)")

    def rounded(self, double: Fragment) -> Fragment:
        """Return the integer nearest to a double, half away from zero; NULL outside 64 bits."""
        low, high = bind(float(INT64_MIN)), bind(float(INT64_MAX))
        within = sql("(", double, ") >= ", low, " AND (", double, ") < ", high)
        return sql("CASE WHEN ", within, " THEN CAST(ROUND(", double, ") AS INTEGER) END")

    def integer_in(self, text: Fragment) -> Fragment:
        """Return the decimal integer a text spells (the nearest one within 64 bits), NULL for any other text."""
        sign = sql("(", text, ") GLOB '[0-9]*' OR (", text, ") GLOB '[+-][0-9]*'")
        digits = sql("SUBSTR(", text, ", 2) NOT GLOB '*[^0-9]*'")
        return sql("CASE WHEN (", sign, ") AND ", digits, " THEN CAST(", text, " AS INTEGER) END")

    def double_in(self, text: Fragment) -> Fragment:
        """Return the number a text spells as JSON would, NULL for any other text."""
        number = sql("json_type(", text, ") IN ('integer', 'real')")
        cast = sql("CASE WHEN ", number, " THEN CAST(", text, " AS REAL) END")
        return sql("CASE WHEN json_valid(", text, ") THEN ", cast, " END")


SQLITE = SqliteWording()
