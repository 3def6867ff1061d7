"""The lexer: every spelling of a value, and the offset of whatever cannot be read."""

from __future__ import annotations

import pytest

from lineal.errors import FilterSyntaxError
from lineal.store.filter.lexer import MAX_LENGTH, Kind, tokens


def values(text):
    return [token.value for token in tokens(text)[:-1]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("007", 7),
        ("0x1F", 31),
        ("0Xff", 255),
        ("9223372036854775807", 2**63 - 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("2e3", 2000.0),
        ("2.5E-1", 0.25),
        ("'a'", "a"),
        ('"a"', "a"),
        ("'say \"hi\"'", 'say "hi"'),
        (r"'it\'s'", "it's"),
        (r"'a\\b\n\t\x41\u00e9\U0001F600\101'", "a\\b\n\tAé😀A"),
        ("''", ""),
        ("'two\nlines'", "two\nlines"),
        ("`a b:c`", "a b:c"),
        (r"`a\`b`", "a`b"),
    ],
)
def test_a_value_is_read_as_what_it_spells(text, value):
    (found,) = values(text)

    assert found == value
    assert type(found) is type(value)


def test_each_token_knows_its_offset():
    assert [token.position for token in tokens("id  >= 5")] == [0, 4, 7, 8]


def test_behind_a_name_and_a_dot_a_word_may_begin_with_a_digit():
    assert values("properties.0.int_value") == ["properties", ".", "0", ".", "int_value"]
    assert values("1 < .5") == [1, "<", 0.5]


def test_a_name_in_backquotes_is_no_keyword():
    assert tokens("`AND`")[0].kind is Kind.QUOTED


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("id = ?", 5),
        ("name = 'a", 7),
        ("name = 'a\\", 9),
        (r"name = '\q'", 8),
        (r"name = '\ud800'", 8),
        (r"name = '\U00110000'", 8),
        ("name = '\ud800'", 8),
        ("id = 12a", 5),
        ("id = 0x", 5),
        ("id = 0x1g", 5),
        ("id = 9223372036854775809", 5),
        ("id = 0xFFFFFFFFFFFFFFFF", 5),
        ("id = " + "9" * 5000, 5),
        ("id = 1e999", 5),
        ("id = 1 -- all", 7),
        ("id = /* 1 */ 1", 5),
        ("id = 1 # all", 7),
        ("id = 1; DROP TABLE artifact", 6),
        ("``.x = 1", 0),
        ("properties.0:b.int_value = 1", 12),
        ("näme = 'a'", 1),
        ("x" * (MAX_LENGTH + 1), MAX_LENGTH),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_offset(text, position):
    with pytest.raises(FilterSyntaxError) as caught:
        tokens(text)

    assert caught.value.position == position
    assert caught.value.message.startswith("Invalid `filter_query`: ")
