"""No name can steer the terminal it is printed on."""

from __future__ import annotations

import json

import pytest

from lineal.cli.text import safe_json, safe_lines

HOSTILE = ["\x1b[31mred", "\x9b2J", "a\rb", "bell\x07", "\u202eright", "del\x7f", "osc\x1b]0;t\x07", "\u2028line"]


@pytest.mark.parametrize("name", HOSTILE)
def test_control_characters_are_written_out_and_line_breaks_stay(name):
    shown = safe_lines(f"first\n{name}")
    assert shown.split("\n")[0] == "first"
    assert all(character.isprintable() for character in shown.replace("\n", ""))


@pytest.mark.parametrize("name", HOSTILE)
def test_json_stays_the_same_document_without_one_control_character(name):
    text = safe_json(json.dumps({name: [name]}, ensure_ascii=False, indent=2))
    assert json.loads(text) == {name: [name]}
    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_plain_text_of_any_script_is_left_alone():
    assert safe_lines("größe 大小 [red]x[/red]\nd") == "größe 大小 [red]x[/red]\nd"
    assert safe_json('"größe 大小"') == '"größe 大小"'
