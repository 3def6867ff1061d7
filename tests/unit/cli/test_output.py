"""Output off a terminal: plain, whole, one document."""

from __future__ import annotations

import io
import json
import sys

import pytest

from lineal.cli.cards import Card, Line, Mark, print_cards
from lineal.cli.naming import bytes_of, short, size_of
from lineal.cli.output import print_csv, print_json, print_json_text, print_table, say, width
from lineal.model.nodes import Artifact


def test_columns_of_a_plain_table_line_up_also_under_wide_characters(capsys):
    print_table(("name", "rows"), [("大小", "7"), ("flights", "336776")], numbers=("rows",))
    header, first, second = capsys.readouterr().out.splitlines()
    assert header == "name       rows"
    assert first == "大小          7"
    assert second == "flights  336776"
    assert width(first) == width(second)


def test_a_long_cell_is_neither_cut_nor_wrapped(capsys):
    print_table(("name",), [("x" * 500,)])
    assert capsys.readouterr().out.splitlines()[1] == "x" * 500


def test_markup_in_a_cell_is_text(capsys):
    print_table(("name",), [("[red]danger[/red]",)])
    assert "[red]danger[/red]" in capsys.readouterr().out


def test_csv_keeps_commas_quotes_and_line_breaks(capsys):
    print_csv(("a", "b"), [("1,2", 'say "x"\nthen')])
    assert capsys.readouterr().out == 'a,b\n"1,2","say ""x""\nthen"\n'


def test_json_is_one_document_with_the_characters_as_they_are(capsys):
    print_json({"name": "größe"})
    out = capsys.readouterr().out
    assert json.loads(out) == {"name": "größe"}
    assert "größe" in out


def test_json_is_ascii_where_the_stream_has_no_more(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    print_json_text('{"name": "größe"}')
    stream.flush()
    assert json.loads(stream.buffer.getvalue()) == {"name": "größe"}


def test_what_is_said_goes_to_stderr(capsys):
    say("working")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "working\n")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (31_200_000, "31.2 MB"), (10**16, "10000.0 TB")]
)
def test_bytes_read_well(count, text):
    assert bytes_of(count) == text


def test_a_short_fingerprint_keeps_its_algorithm():
    assert short("sha256:" + "4f3c2a91d0e7" + "0" * 52) == "sha256:4f3c2a91d0e7"
    assert short(None) == "no fingerprint"


def test_a_text_of_several_lines_in_a_card_is_shown_as_lines(capsys):
    print_cards([Card("run", "What?", [Line("boom\nat train.py:3", "error", aside="told", mark=Mark.BAD), Line("x")])])
    _, first, second, third = capsys.readouterr().out.splitlines()
    assert first.split() == ["✗", "error", "boom"]
    assert second.strip() == "at train.py:3  told"
    assert third.strip() == "x"


def test_one_row_is_a_row():
    assert size_of(Artifact(type="Dataset", properties={"rows": 1})) == "1 row"
    assert size_of(Artifact(type="Dataset", properties={"rows": 1200})) == "1,200 rows"
