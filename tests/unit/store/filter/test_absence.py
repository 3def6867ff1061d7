"""What is absent is NULL: neither a test nor its negation finds it, and IS NULL does. ML Metadata's joins lost this."""

from __future__ import annotations

import re

import pytest

from lineal.model.ids import NodeKind


@pytest.fixture
def three(tables):
    """Artifact 1 has a = 1, artifact 2 has b = 1, artifact 3 has neither."""
    tables.artifact(1, properties={"a": 1}, uri="y")
    tables.artifact(2, properties={"b": 1})
    tables.artifact(3)
    return tables


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a = 1 OR b = 1", [1, 2]),
        ("a = 1 AND b = 1", []),
        ("a != 1", []),
        ("a != 2", [1]),
        ("NOT a = 1", []),
        ("NOT a = 2", [1]),
        ("NOT (a = 2 AND b = 2)", [1, 2]),
        ("NOT (a = 2 OR b = 2)", []),
        ("a NOT IN (2, 3)", [1]),
        ("NOT a IN (1, 3)", []),
        ("a NOT IN (2, NULL)", []),
        ("a IN (1, NULL)", [1]),
        ("a NOT BETWEEN 5 AND 9", [1]),
        ("NOT a BETWEEN 5 AND b", [1]),
        ("a NOT BETWEEN 5 AND b", [1]),
        ("1 < a", []),
        ("1 <= a", [1]),
        ("2 > a", [1]),
        ("NOT 2 > a", []),
        ("1 IN (1, a)", [1, 2, 3]),
        ("5 IN (1, a)", []),
        ("7 NOT BETWEEN 8 AND a", [1, 2, 3]),
        ("a >= 1 AND a < 5", [1]),
        ("NOT (a < 1 OR a >= 5)", [1]),
        ("NOT (a < 5 OR a >= 9)", []),
        ("a IS NULL", [2, 3]),
        ("NOT a IS NULL", [1]),
        ("a IS NOT NULL", [1]),
        ("NOT a IS NOT NULL", [2, 3]),
        ("(a = 1) IS NULL", [2, 3]),
        ("a = b", []),
        ("COALESCE(a, b) = 1", [1, 2]),
        ("COALESCE(a, 7) = 7", [2, 3]),
        ("COALESCE(a = 1, true)", [1, 2, 3]),
        ("CASE WHEN a = 1 THEN 'x' ELSE 'y' END = 'y'", [2, 3]),
        ("a + 1 = 2", [1]),
        ("NOT a + 1 = 3", [1]),
        ("a = NULL OR b = 1", [2]),
    ],
)
def test_a_missing_property_is_null(three, text, found):
    text = re.sub(r"\b([ab])\b", r"properties.\1.int_value", text)

    assert three.find(text) == found


def test_a_missing_column_is_null(three):
    assert three.find("uri = 'y'") == [1]
    assert three.find("uri != 'z'") == [1]
    assert three.find("NOT uri LIKE 'z%'") == [1]
    assert three.find("uri IS NULL") == [2, 3]


def test_a_state_that_was_never_set_is_unknown_and_null(tables):
    tables.artifact(1, state=2)
    tables.artifact(2, state=0)

    assert tables.find("state IS NULL") == tables.find("state = UNKNOWN") == tables.find("state != LIVE") == [2]
    assert tables.find("state IS NOT NULL") == tables.find("NOT state IS NULL") == [1]
    assert tables.find("state NOT IN (PENDING)") == [1, 2]


def test_declared_and_custom_properties_of_one_name_are_two(tables):
    for kind in NodeKind:
        tables.node(kind, 1, properties={"a": 1}, custom={"a": 2})

        assert tables.find("properties.a.int_value = 1 AND custom_properties.a.int_value = 2", kind) == [1]
        assert tables.find("properties.a.int_value = 2 OR custom_properties.a.int_value = 1", kind) == []
