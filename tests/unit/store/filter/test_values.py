"""Values are compared exactly: texts in full, times in whole milliseconds, letters as they are."""

from __future__ import annotations

import pytest

from lineal.model.ids import NodeKind
from lineal.store import index
from lineal.store.filter import conditions
from lineal.store.filter.columns import Scalar
from lineal.store.filter.conditions import Spot
from lineal.store.filter.wording import SQLITE
from lineal.store.tables import BLOCK_BITS

LONG = "x" * 200
TEXTS = ["", "a", LONG[:-1], LONG, LONG + "x", LONG + "y", LONG[:-1] + "y", LONG[:-1] + "yy"]


def test_the_filter_splits_texts_where_the_index_does():
    rows = list(index.index_rows(NodeKind.ARTIFACT, 1, {"s": LONG + "rest"}, {}, block_bits=BLOCK_BITS))

    assert rows[0][1][2:] == (LONG, 1, "rest")
    assert conditions.PREFIX == index.PREFIX == len(LONG)


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("given", TEXTS)
def test_texts_are_compared_in_full(tables, operator, given):
    for number, text in enumerate(TEXTS, start=1):
        tables.artifact(number, properties={"s": text})
    holds = {
        "=": str.__eq__, "!=": str.__ne__, "<": str.__lt__, "<=": str.__le__, ">": str.__gt__, ">=": str.__ge__,
    }[operator]  # fmt: skip

    found = tables.find(f"properties.s.string_value {operator} '{given}'")

    assert found == [number for number, text in enumerate(TEXTS, start=1) if holds(text, given)]


def test_long_and_short_texts_may_stand_in_one_list(tables):
    for number, text in enumerate(TEXTS, start=1):
        tables.artifact(number, properties={"s": text})

    assert tables.find(f"properties.s.string_value IN ('a', '{LONG}', '{LONG}y')") == [2, 4, 6]
    assert tables.find(f"properties.s.string_value NOT IN ('a', '{LONG}', '{LONG}y')") == [1, 3, 5, 7, 8]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("= 5", [3, 4]),
        ("= 5.0", [3, 4]),
        ("= 5.5", []),
        ("!= 5", [1, 2, 5, 6]),
        ("!= 5.5", [1, 2, 3, 4, 5, 6]),
        ("< 5", [1, 2, 6]),
        ("< 5.5", [1, 2, 3, 4, 6]),
        ("<= 5", [1, 2, 3, 4, 6]),
        ("<= 4.9", [1, 2, 6]),
        ("> 5", [5]),
        ("> 4.9", [3, 4, 5]),
        (">= 5", [3, 4, 5]),
        (">= 5.1", [5]),
        ("= -1", [6]),
        ("BETWEEN 0 AND 5", [1, 2, 3, 4]),
        ("NOT BETWEEN 0 AND 5", [5, 6]),
        ("IN (0, 6, 4.5)", [1, 5]),
        ("NOT IN (0, 6)", [2, 3, 4, 6]),
        ("IN (4.5)", []),
        ("+ 1 = 6", [3, 4]),
        ("> 9223372036854775807", []),
        ("< 9223372036854775807", [1, 2, 3, 4, 5, 6]),
        (">= -9223372036854775808", [1, 2, 3, 4, 5, 6]),
        ("= 9223372036854775807", []),
        ("!= 9223372036854775807", [1, 2, 3, 4, 5, 6]),
        ("< 1e300", [1, 2, 3, 4, 5, 6]),
        ("> 1e300", []),
    ],
)
def test_a_time_in_milliseconds_is_the_microseconds_rounded_down(tables, condition, found):
    for number, micros in enumerate([0, 4_999, 5_000, 5_999, 6_000, -1], start=1):
        tables.artifact(number, created_at=micros)

    assert tables.find(f"create_time_since_epoch {condition}") == found
    assert tables.find(f"NOT create_time_since_epoch + 0 {condition}") == [n for n in range(1, 7) if n not in found]


def test_our_own_times_are_microseconds(tables):
    tables.artifact(1, created_at=5_001, updated_at=7)

    assert tables.find("created_at = 5001 AND updated_at = 7") == [1]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("int_value = 9007199254740993", [2]),
        ("int_value > 9007199254740992.0", [2]),
        ("int_value > 1.5", [1, 2]),
        ("int_value != 9007199254740992.0", [2]),
        ("int_value = 1.5", []),
        ("int_value IN (1.0, 9007199254740993)", [2]),
        ("double_value = 1", [3]),
        ("double_value < 2", [3]),
        ("int_value = 1", []),
        ("double_value IS NOT NULL", [3]),
        ("string_value = '1'", [4]),
        ("bool_value = true", [5]),
        ("bool_value", [5]),
        ("bool_value != true", []),
    ],
)
def test_a_value_is_seen_as_the_kind_it_was_put_as(tables, condition, found):
    for number, value in enumerate([2**53, 2**53 + 1, 1.0, "1", True], start=1):
        tables.artifact(number, properties={"x": value})

    assert tables.find(f"properties.x.{condition}") == found


def test_a_double_is_found_by_its_own_value(tables):
    tables.artifact(1, properties={"x": 1 / 3, "rate": 1e-7})

    assert tables.find("properties.x.double_value = 0.3333333333333333 AND properties.rate.double_value = 1e-7") == [1]
    assert tables.find("properties.x.double_value = 0.333333") == []


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a%", [1, 3, 4]),
        ("A%", [2]),
        ("%c", [1]),
        ("a_c", [1]),
        ("a\\\\%d", [3]),
        ("a\\\\_b", [4]),
        ("a\\\\bc", [1]),
        ("[abc]%", [5]),
        ("%*?", [5]),
        ("é_", [6]),
        ("_____", []),
        ("%", [1, 2, 3, 4, 5, 6]),
        ("", []),
    ],
)
def test_like_takes_every_letter_as_it_is(tables, pattern, found):
    for number, text in enumerate(["abc", "ABC", "a%d", "a_b", "[abc]*?", "é😀"], start=1):
        tables.artifact(number, name=text, properties={"s": text})
    others = [number for number in range(1, 7) if number not in found]

    assert tables.find(f"name LIKE '{pattern}'") == found
    assert tables.find(f"properties.s.string_value LIKE '{pattern}'") == found
    assert tables.find(f"name NOT LIKE '{pattern}'") == others
    assert tables.find(f"NOT properties.s.string_value LIKE '{pattern}'") == others


def test_like_sees_beyond_the_part_of_a_text_that_is_indexed(tables):
    tables.artifact(1, properties={"s": LONG + "end"})

    assert tables.find(f"properties.s.string_value LIKE '{LONG}e%d'") == [1]
    assert tables.find(f"properties.s.string_value LIKE '{LONG}f%'") == []


@pytest.mark.parametrize(
    ("start", "behind"),
    [("a", "b"), ("a\ud7ff", "a\ue000"), ("a\U0010ffff", "b"), ("\U0010ffff", None)],
)
def test_the_range_of_a_beginning_ends_at_the_next_text(start, behind):
    written = conditions.like(Spot("c", Scalar.STRING), start + "%", SQLITE, negated=False)

    assert [value for value in written.parameters if value == behind] == ([] if behind is None else [behind])
    assert len(written.parameters) == (2 if behind is None else 3)


@pytest.mark.parametrize(
    "true",
    [
        "1 / 2 = 0.5",
        "7 / 2 / 2 = 1.75",
        "2 * 3 / 4 = 1.5",
        "10 - (4 - 3) = 9",
        "2 * (3 + 4) = 14",
        "-(1 + 2) = -3",
        "1 / 0 IS NULL",
        "1.0 / 0.0 IS NULL",
        "ABS(-5) = 5 AND ABS(-1.5) = 1.5",
        "ABS(-9223372036854775808) IS NULL",
        "UPPER('aB') = 'AB' AND LOWER('aB') = 'ab'",
        "LENGTH('é😀') = 2",
        "COALESCE(NULL, NULL, 3) = 3",
        "COALESCE(NULL) IS NULL",
        "CASE WHEN NULL THEN 1 WHEN true THEN 2 END = 2",
        "CASE 3 WHEN 1 THEN 'a' WHEN 3 THEN 'b' END = 'b'",
        "CASE WHEN false THEN 1 END IS NULL",
        "CAST('42' AS INT64) = 42 AND CAST('-007' AS INT64) = -7",
        "CAST('4x' AS INT64) IS NULL AND CAST('' AS INT64) IS NULL",
        "CAST(2.5 AS INT64) = 3 AND CAST(-2.5 AS INT64) = -3",
        "CAST(1e300 AS INT64) IS NULL",
        "CAST(5 / 2 AS INT64) = 3",
        "CAST(1 + 1.5 AS INT64) = 3",
        "CAST(true AS INT64) = 1",
        "CAST('1e3' AS FLOAT64) = 1000 AND CAST('x' AS FLOAT64) IS NULL",
        "CAST(7 AS FLOAT64) / 2 = 3.5",
        "CAST(12 AS STRING) = '12' AND CAST(false AS STRING) = 'false'",
        "CAST('TRUE' AS BOOL) AND NOT CAST(0 AS BOOL)",
        "CAST('yes' AS BOOL) IS NULL",
        "CAST(NULL AS STRING) IS NULL",
        "0x10 = 16",
        "'a\\\\' LIKE 'a\\\\\\\\'",
        "(NULL AND false) = false",
        "(NULL OR true) = true",
        "(NULL AND true) IS NULL",
        "(NOT 1 IN (2, NULL)) IS NULL",
        "1 IN (1, NULL)",
        "(true = (1 = 1)) AND true > false",
    ],
)
def test_an_expression_has_the_value_sql_gives_it(tables, true):
    tables.artifact(1)

    assert tables.find(true) == [1]
    assert tables.find(f"NOT ({true})") == []
