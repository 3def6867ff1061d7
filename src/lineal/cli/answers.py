"""Printing an answer about the graph in the format asked for; `lineage.render` knows how each looks."""

from __future__ import annotations

from lineal.cli.naming import short
from lineal.cli.options import GraphFormat, ReportFormat
from lineal.cli.output import (
    on_terminal,
    only_ascii,
    print_document,
    print_drawing,
    print_json_text,
    print_table,
    print_text,
    say,
)
from lineal.lineage.check import Check
from lineal.lineage.diff import Diff
from lineal.lineage.render.choose import Answer, render, table_of
from lineal.lineage.render.rows import Cell

_WIDE = {"decisions", "from", "created"}
_FOLD = 12
"""Siblings of one type shown on a terminal before the rest is counted; files and pipes get them all."""


def print_answer(answer: Answer, format_: GraphFormat | ReportFormat) -> None:
    """Print an answer on stdout; formats for machines also say on stderr what is left out."""
    if format_ == "table" and on_terminal():
        _draw_table(answer)
        return
    fold = _FOLD if on_terminal() else None
    text = render(answer, format_.value, ascii_only=only_ascii(), fold=fold)
    if format_ == "json":
        print_json_text(text)
    elif format_ in ("tree", "table"):
        print_drawing(text.rstrip("\n"))
    else:
        print_document(text)
        if not isinstance(answer, Diff | Check) and answer.truncated is not None:
            say(f"not complete: {answer.truncated.reason}")


def _draw_table(answer: Answer) -> None:
    """Draw a table as wide as the screen: without the columns that only a file has room for."""
    table = table_of(answer)
    places = [place for place, name in enumerate(table.columns) if name not in _WIDE]
    rows = [[_cell(table.columns[place], row[place]) for place in places] for row in table.rows]
    columns = [table.columns[place] for place in places]
    print_table(columns, rows, numbers=("hop", "hops"), whole=("id", "name"))
    for note in table.notes:
        print_text(note)


def _cell(column: str, content: Cell) -> str:
    text = "" if content is None else str(content)
    return short(text) if column == "fingerprint" and text else text
