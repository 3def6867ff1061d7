"""The grammar: precedence, every form of the language, and the offset of the first word that cannot stand."""

from __future__ import annotations

import pytest

from lineal.errors import FilterSyntaxError
from lineal.store.filter import parse, tree
from lineal.store.filter.columns import Scalar


def shown(node):
    """Write a tree with all its parentheses."""
    match node:
        case tree.Literal():
            return repr(node.value)
        case tree.Name():
            return ".".join(node.parts)
        case tree.And() | tree.Or():
            return "(" + f" {type(node).__name__} ".join(map(shown, node.operands)) + ")"
        case tree.Comparison():
            return f"({shown(node.left)} {node.operator} {shown(node.right)})"
        case tree.Arithmetic():
            rest = "".join(f" {operator} {shown(operand)}" for operator, operand in node.rest)
            return f"({shown(node.first)}{rest})"
    negated = "not " if getattr(node, "negated", False) else ""
    return f"{negated}{type(node).__name__}({', '.join(map(shown, tree.parts(node)))})"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a = 1 OR b = 2 AND c = 3", "((a = 1) Or ((b = 2) And (c = 3)))"),
        ("a = 1 and b = 2 And c = 3", "((a = 1) And (b = 2) And (c = 3))"),
        ("(a = 1 AND b = 2) AND c = 3", "((a = 1) And (b = 2) And (c = 3))"),
        ("NOT a = 1 AND b = 2", "(Not((a = 1)) And (b = 2))"),
        ("NOT NOT a = 1", "Not(Not((a = 1)))"),
        ("a + 1 * 2 - 3 < b / 2", "((a + (1 * 2) - 3) < (b / 2))"),
        ("a - (b - c) = 1", "((a - (b - c)) = 1)"),
        ("- a = -1", "(Negative(a) = -1)"),
        ("a = - - 1", "(a = Negative(-1))"),
        ("a = -9223372036854775808", "(a = -9223372036854775808)"),
        ("a = +1", "(a = 1)"),
        ("a <> 1", "(a != 1)"),
        ("a IN (1, 2)", "Membership(a, 1, 2)"),
        ("a NOT IN (1)", "not Membership(a, 1)"),
        ("a BETWEEN 1 AND 2 AND b = 1", "(Between(a, 1, 2) And (b = 1))"),
        ("a NOT BETWEEN b + 1 AND 2", "not Between(a, (b + 1), 2)"),
        ("a like 'x%'", "Like(a, 'x%')"),
        ("a NOT LIKE 'x'", "not Like(a, 'x')"),
        ("a IS NULL", "IsNull(a)"),
        ("a + 1 IS NOT NULL", "not IsNull((a + 1))"),
        ("CASE WHEN a = 1 THEN true ELSE FALSE END", "Case((a = 1), True, False)"),
        ("CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 END = NULL", "(Case(a, 1, 2, 3, 4) = None)"),
        ("CAST(a AS INT64) = 1", "(Cast(a) = 1)"),
        ("coalesce(a, b, 1) = abs(1)", "(Call(a, b, 1) = Call(1))"),
        ("`a`.`b c`.d = properties.0.int_value", "(a.b c.d = properties.0.int_value)"),
        ("properties.`and`.x = properties.and.x", "(properties.and.x = properties.and.x)"),
        ("(" * 60 + "a" + ")" * 60, "a"),
    ],
)
def test_a_filter_is_read_by_precedence(text, read):
    assert shown(parse(text)) == read


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("INT64", Scalar.INT),
        ("float64", Scalar.DOUBLE),
        ("DOUBLE", Scalar.DOUBLE),
        ("String", Scalar.STRING),
        ("BOOL", Scalar.BOOL),
    ],
)
def test_a_cast_names_one_of_four_types(name, type_):
    assert parse(f"CAST(a AS {name})").type is type_


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("   ", 3),
        ("a == 'a'", 3),
        ("a = ", 4),
        ("a = 1 b", 6),
        ("a = 1)", 5),
        ("(a = 1", 6),
        ("a = b = c", 6),
        ("a = 1 IS NULL", 6),
        ("a IS 1", 5),
        ("a IS TRUE", 5),
        ("a NOT = 1", 6),
        ("a IN 1", 5),
        ("a IN ()", 6),
        ("a IN (1,)", 8),
        ("a BETWEEN 1", 11),
        ("a BETWEEN 1 OR 2", 12),
        ("1 + NOT a", 4),
        ("a..b = 1", 2),
        ("a. = 1", 3),
        ("a.'b' = 1", 2),
        ("a = 9223372036854775808", 4),
        ("a = 1 - 9223372036854775808", 8),
        ("CASE END", 5),
        ("CASE WHEN a THEN 1", 18),
        ("CAST(a, INT64)", 6),
        ("CAST(a AS 'x')", 10),
        ("CAST(a AS INT32)", 10),
        ("ABS() = 1", 4),
        ("ABS(1, 2) = 1", 0),
        ("MOD(1, 2) = 1", 0),
        ("REGEXP_CONTAINS(name, 'x')", 0),
        ("AND = 1", 0),
        ("name = 'it''s'", 11),
        ("r'a' = 1", 1),
        ("a IN (SELECT 1)", 13),
        ("a = @b", 4),
    ],
)
def test_a_word_that_cannot_stand_is_refused_at_its_offset(text, position):
    with pytest.raises(FilterSyntaxError) as caught:
        parse(text)

    assert caught.value.position == position
    assert caught.value.message.startswith("Invalid `filter_query`: ")
    assert f"(at position {position})" in caught.value.message


@pytest.mark.parametrize(
    "opening", ["(", "NOT ", "- ", "ABS(", "CASE WHEN ", "CASE ", "COALESCE(1, ", "a IN (", "1 = ("]
)
def test_endless_nesting_is_refused_with_a_position(opening):
    with pytest.raises(FilterSyntaxError, match="nested more than 64 levels deep") as caught:
        parse(opening * (10_000 // len(opening)))

    assert 0 < caught.value.position <= 64 * len(opening)


def test_long_chains_are_not_nesting():
    assert len(parse(" OR ".join(["a = 1"] * 5_000)).operands) == 5_000
    assert len(parse(" + ".join(["a"] * 5_000)).rest) == 4_999


def test_an_unknown_function_is_answered_with_the_nearest_one():
    with pytest.raises(FilterSyntaxError) as caught:
        parse("LENGHT(name) = 1")

    assert caught.value.hint == "did you mean LENGTH?"
