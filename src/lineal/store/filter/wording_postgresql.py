"""How PostgreSQL says what standard SQL leaves open.

It casts strictly: what does not fit is an error there, so that each expression first asks whether it fits.
"""

from __future__ import annotations

from lineal.model.values import INT64_MAX, INT64_MIN
from lineal.store.filter.fragment import Fragment, bind, sql
from lineal.store.filter.pattern import Wild, read

_JSON_NUMBER = r"'^[ \t\r\n]*-{0,1}(0|[1-9][0-9]*)(\.[0-9]+){0,1}([eE][+-]{0,1}[0-9]+){0,1}[ \t\r\n]*$'"
_HUGE = r"'[eE][+]{0,1}0*[0-9]{4}'"
_TINY = r"'[eE]-0*[0-9]{4}'"
_MOST = "1.7976931348623158e308"
_LEAST = "2.4703282292062328e-324"


class PostgresqlWording:
    """Expressions of PostgreSQL 13 and later, over columns that compare by their bytes (collation C)."""

    def upper(self, text: Fragment) -> Fragment:
        """Return a text with its letters A to Z made large."""
        return sql("UPPER((", text, ') COLLATE "C")')

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
        low, high = bind(float(INT64_MIN)), bind(float(INT64_MAX))
        within = sql("(", double, ") >= ", low, " AND (", double, ") < ", high)
        # ROUND of a double goes to the even neighbour; TRUNC and the difference to it are exact.
        rest = sql("ABS((", double, ") - TRUNC(", double, "))")
        away = sql("TRUNC(", double, ") + CASE WHEN ", rest, " >= 0.5 THEN SIGN(", double, ") ELSE 0 END")
        return sql("CASE WHEN ", within, " THEN CAST(", away, " AS BIGINT) END")

    def integer_in(self, text: Fragment) -> Fragment:
        """Return the decimal integer a text spells (the nearest one within 64 bits), NULL for any other text."""
        whole = sql("(", text, ") ~ '^[+-]{0,1}[0-9]+$'")
        nearest = sql("LEAST(GREATEST(CAST(", text, f" AS NUMERIC), {INT64_MIN}), {INT64_MAX})")
        return sql("CASE WHEN ", whole, " THEN CAST(", nearest, " AS BIGINT) END")

    def double_in(self, text: Fragment) -> Fragment:
        """Return the number a text spells as JSON would, NULL for any other text."""
        # A double out of range would be an error, a NUMERIC is not: it can say whether the double will be.
        number = sql("CAST(", text, " AS NUMERIC)")
        infinite = "CAST('Infinity' AS DOUBLE PRECISION)"
        return sql(
            "CASE WHEN (", text, f") !~ {_JSON_NUMBER} THEN NULL WHEN (", text, f") ~ {_TINY} THEN 0.0 ",
            "WHEN (", text, f") ~ {_HUGE} THEN CASE WHEN (", text, f") LIKE '-%' THEN -{infinite} ELSE {infinite} END ",
            "WHEN ", number, f" >= {_MOST} THEN {infinite} WHEN ", number, f" <= -{_MOST} THEN -{infinite} ",
            "WHEN ABS(", number, f") <= {_LEAST} THEN 0.0 ELSE CAST(", text, " AS DOUBLE PRECISION) END",
        )  # fmt: skip


def _as_it_is(part: str) -> str:
    return f"\\{part}" if part in "\\%_" else part
