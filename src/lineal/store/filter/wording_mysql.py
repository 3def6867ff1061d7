"""Wording of MySQL 8 and MariaDB 10.6, for a connection whose collation is binary and pads nothing.

A calculation that leaves the doubles is an error here, and infinity is the largest double.
"""

from __future__ import annotations

from collections.abc import Sequence

from lineal.model.values import INT64_MAX, INT64_MIN
from lineal.store.filter.fragment import Fragment, bind, sql
from lineal.store.filter.pattern import Wild, read
from lineal.store.filter.wording import OneBlock, Operand

_LIKE = {"%": "|%", "_": "|_", "|": "||", Wild.ONE: "_", Wild.MANY: "%"}

_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

# \A and \z: for both regular expression libraries $ also stands before a newline at the end.
_INTEGER = r"\A[+-]?[0-9]+\z"
_NUMBER = r"\A[ \t\r\n]*-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?[ \t\r\n]*\z"


class MysqlWording(OneBlock):
    """Expressions of MySQL and MariaDB."""

    def calculated(self, operands: Sequence[Operand]) -> Fragment:
        """Return the calculation; integers are decimals of 65 digits in it."""
        found, double = operands[0].value, operands[0].double
        if not double:
            found = _decimal(found)
        for operand in operands[1:]:
            if operand.operator == "/" or operand.double or double:
                right = self.double_of(operand.value)
                if operand.operator == "/":
                    right = sql("NULLIF(", right, ", 0)")
                found = sql("(", self.double_of(found), f" {operand.operator} ", right, ")")
                double = True
            else:
                found = sql("(", found, f" {operand.operator} ", _decimal(operand.value), ")")
        return Fragment(found.text, found.parameters, 1, found.height)

    def negative(self, number: Fragment, *, double: bool) -> Fragment:
        """Return a number with the other sign."""
        return sql("-(", number if double else _decimal(number), ")")

    def compared(self, left: Operand, operator: str, right: Operand) -> Fragment:
        """Return a comparison; the double is cut into an integer and what is left of it, both of them exact."""
        if left.double:
            return self.compared(right, _MIRRORED[operator], left)
        integer, double = left.value, right.value
        low, high = bind(float(INT64_MIN)), bind(float(INT64_MAX))
        within = sql("(", double, ") >= ", low, " AND (", double, ") < ", high)
        whole = sql("TRUNCATE(", double, ", 0)")
        distance = sql(_decimal(integer), " - CAST(", whole, " AS SIGNED)")
        exact = sql(distance, f" {operator} (", double, ") - ", whole)
        plain = sql("(", integer, f") {operator} (", double, ")")
        return sql("(CASE WHEN ", within, " THEN ", exact, " ELSE ", plain, " END)")

    def upper(self, text: Fragment) -> Fragment:
        """Return a text with its letters A to Z made large."""
        return _plain_letters("UPPER", text)

    def lower(self, text: Fragment) -> Fragment:
        """Return a text with its letters A to Z made small."""
        return _plain_letters("LOWER", text)

    def joined(self, first: Fragment, second: Fragment) -> Fragment:
        """Return two texts as one."""
        return sql("CONCAT(", first, ", ", second, ")")

    def like(self, text: Fragment, pattern: str, *, negated: bool) -> Fragment:
        """Return whether a text matches a pattern of LIKE, every letter as it is."""
        # A backslash means something in a literal as well, unless the server's mode says otherwise.
        escaped = "".join(_LIKE.get(part, str(part)) for part in read(pattern))
        return sql("(", text, ") NOT LIKE " if negated else ") LIKE ", bind(escaped), " ESCAPE '|'")

    def floor(self, column: str, unit: int) -> Fragment:
        """Return how many whole units a column holds, rounded down."""
        # A quotient of integers is a decimal with four digits, which is exact for thousands.
        return Fragment(f"FLOOR({column} / {unit})", stack=6, height=3)

    def length(self, text: Fragment) -> Fragment:
        """Return how many characters a text has."""
        return sql("CHAR_LENGTH(", text, ")")

    def text_of(self, number: Fragment) -> Fragment:
        """Return a number as text."""
        return sql("CAST(", number, " AS CHAR)")

    def double_of(self, number: Fragment) -> Fragment:
        """Return a number as a double."""
        return sql("CAST(", number, " AS DOUBLE)")

    def rounded(self, double: Fragment) -> Fragment:
        """Return the integer nearest to a double, half away from zero; NULL outside 64 bits."""
        low, high = bind(float(INT64_MIN)), bind(float(INT64_MAX))
        within = sql("(", double, ") >= ", low, " AND (", double, ") < ", high)
        # ROUND takes a half to the even side. What is left of a double after the cut is exact.
        whole = sql("TRUNCATE(", double, ", 0)")
        rest = sql("(", double, ") - ", whole)
        half = sql("CASE WHEN ", rest, " >= 0.5 THEN 1 WHEN ", rest, " <= -0.5 THEN -1 ELSE 0 END")
        return sql("CASE WHEN ", within, " THEN CAST(", whole, " AS SIGNED) + ", half, " END")

    def integer_in(self, text: Fragment) -> Fragment:
        """Return the decimal integer a text spells (the nearest one within 64 bits), NULL for any other text."""
        # 65 digits are the most; more become the largest number that has so many, and then of 64 bits.
        number = sql("CAST(", text, " AS DECIMAL(65))")
        near = sql("LEAST(GREATEST(", number, f", {INT64_MIN}), {INT64_MAX})")
        return sql("CASE WHEN (", text, ") REGEXP ", bind(_INTEGER), " THEN CAST(", near, " AS SIGNED) END")

    def double_in(self, text: Fragment) -> Fragment:
        """Return the number a text spells as JSON would, NULL for any other text."""
        return sql("CASE WHEN (", text, ") REGEXP ", bind(_NUMBER), " THEN CAST(", text, " AS DOUBLE) END")


def _plain_letters(function: str, text: Fragment) -> Fragment:
    # UPPER and LOWER know the letters of all languages. In this character set of one byte a letter only A to Z have
    # a large and a small form, and the other bytes of a text go through it unchanged.
    letters = sql(f"{function}(CONVERT(CAST(", text, " AS BINARY) USING tis620))")
    # AS CHAR, and not USING: the answer has then the connection's collation, which tells a from A.
    return sql("CAST(CAST(", letters, " AS BINARY) AS CHAR)")


def _decimal(number: Fragment) -> Fragment:
    return sql("CAST(", number, " AS DECIMAL(65))")
