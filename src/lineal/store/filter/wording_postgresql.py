"""How PostgreSQL says what standard SQL leaves open.

It casts and calculates strictly: what does not fit is an error there. So the store brings functions of its own, which
its migrations make (`migrations/postgresql.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from lineal.store.filter.fragment import Fragment, bind, sql
from lineal.store.filter.pattern import Wild, read
from lineal.store.filter.wording import OneBlock, Operand

_FUNCTIONS = {"+": "lineal_sum", "-": "lineal_difference", "*": "lineal_product", "/": "lineal_quotient"}


class PostgresqlWording(OneBlock):
    """Expressions of PostgreSQL 13 and later, over columns that compare by their bytes (collation C)."""

    holds_nul = False

    def calculated(self, operands: Sequence[Operand]) -> Fragment:
        """Return the calculation; integers are NUMERIC in it, which knows no limit."""
        found, double = operands[0].value, operands[0].double
        if not double:
            found = _numeric(found)
        for operand in operands[1:]:
            if operand.operator == "/" or operand.double or double:
                name = _FUNCTIONS[operand.operator]
                # Doubles that leave their range are an error in PostgreSQL, but not in these functions of ours.
                found = sql(f"{name}(", self.double_of(found), ", ", self.double_of(operand.value), ")")
                double = True
            else:
                found = sql("(", found, f" {operand.operator} ", _numeric(operand.value), ")")
        return _flat(found)

    def negative(self, number: Fragment, *, double: bool) -> Fragment:
        """Return a number with the other sign."""
        return sql("-(", number if double else _numeric(number), ")")

    def compared(self, left: Operand, operator: str, right: Operand) -> Fragment:
        """Return a comparison; the double becomes a NUMERIC that lies to every integer as the double does."""
        sides = [
            sql("lineal_beside_integers(", side.value, ")") if side.double else side.value for side in (left, right)
        ]
        return sql("(", sides[0], f") {operator} (", sides[1], ")")

    def upper(self, text: Fragment) -> Fragment:
        """Return a text with its letters A to Z made large."""
        return sql("UPPER((", text, ') COLLATE "C")')

    def lower(self, text: Fragment) -> Fragment:
        """Return a text with its letters A to Z made small."""
        return sql("LOWER((", text, ') COLLATE "C")')

    def joined(self, first: Fragment, second: Fragment) -> Fragment:
        """Return two texts as one."""
        return sql("(", first, " || ", second, ")")

    def like(self, text: Fragment, pattern: str, *, negated: bool) -> Fragment:
        """Return whether a text matches a pattern of LIKE."""
        # Written anew, so that a backslash stands only where it takes something as it is.
        like = "".join(part.value if isinstance(part, Wild) else _as_it_is(part) for part in read(pattern))
        return sql("(", text, ") NOT LIKE " if negated else ") LIKE ", bind(like))

    def floor(self, column: str, unit: int) -> Fragment:
        """Return how many whole units a column holds, rounded down; the database cuts toward zero."""
        return Fragment(
            f"CASE WHEN {column} >= 0 THEN {column} / {unit} ELSE -1 - (-1 - {column}) / {unit} END", stack=8, height=4
        )

    def length(self, text: Fragment) -> Fragment:
        """Return how many characters a text has."""
        return sql("LENGTH(", text, ")")

    def text_of(self, number: Fragment) -> Fragment:
        """Return a number as text."""
        return sql("CAST(", number, " AS TEXT)")

    def double_of(self, number: Fragment) -> Fragment:
        """Return a number as a double."""
        return sql("CAST(", number, " AS DOUBLE PRECISION)")

    def rounded(self, double: Fragment) -> Fragment:
        """Return the integer nearest to a double, half away from zero; NULL outside 64 bits."""
        return sql("lineal_rounded(", double, ")")

    def integer_in(self, text: Fragment) -> Fragment:
        """Return the decimal integer a text spells (the nearest one within 64 bits), NULL for any other text."""
        return sql("lineal_integer(", text, ")")

    def double_in(self, text: Fragment) -> Fragment:
        """Return the number a text spells as JSON would, NULL for any other text."""
        return sql("lineal_double(", text, ")")


def _numeric(number: Fragment) -> Fragment:
    return sql("CAST(", number, " AS NUMERIC)")


def _flat(found: Fragment) -> Fragment:
    """Return a fragment as what it is to this database's parser, which takes parentheses as they come."""
    return Fragment(found.text, found.parameters, 1, found.height)


def _as_it_is(part: str) -> str:
    return f"\\{part}" if part in "\\%_" else part
